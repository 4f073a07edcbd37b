"""A course version as pages need it: its frame and steps in one language, kept in the process.

A version never changes, so neither does its outline; a new translation raises the course's
`texts_number`, which is part of the key.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Select, Subquery, select
from sqlalchemy.orm import Session

from lms.core.shelf import Shelf
from lms.courses.models import (
    Course,
    CourseText,
    CourseVersion,
    Step,
    StepText,
    StepVersion,
    VersionStep,
)


@dataclass(frozen=True)
class Week:
    """One week's words."""

    title: str
    theme: str
    goal: str


@dataclass(frozen=True)
class OutlineStep:
    """A step of a version without its body. `week` and `day` count from 1."""

    id: int
    version_id: int
    slug: str
    kind: str
    ref: str | None
    title: str
    summary: str
    minutes: int
    required: bool
    week: int
    day: int
    position: int
    options: Mapping[str, Any] = field(hash=False)
    due: Mapping[str, Any] = field(hash=False)
    language: str = "en"
    """The language the words are in: the asked one if it is translated, else the source's."""


@dataclass(frozen=True)
class Outline:
    """A course version without bodies, in one language."""

    course_id: int
    course_slug: str
    version_id: int
    number: int
    title: str
    summary: str
    html: str
    weeks: tuple[Week, ...]
    days_per_week: int
    steps: tuple[OutlineStep, ...]
    language: str
    dates: dict[Hashable, Any] = field(default_factory=dict, compare=False, repr=False)
    """Kept by `queries`: the dates of the steps by frame, since whole intakes share them."""

    def step(self, step_id: int) -> OutlineStep | None:
        """Return the step with this id, or None when the version does not have it."""
        return next((step for step in self.steps if step.id == step_id), None)

    def by_slug(self, slug: str) -> OutlineStep | None:
        """Return the step with this slug, or None."""
        return next((step for step in self.steps if step.slug == slug), None)

    @cached_property
    def awaited(self) -> tuple[int, ...]:
        """Return the ids of the steps whose completion starts another step's time."""
        anchors = (str(step.due.get("anchor", "")) for step in self.steps)
        slugs = {a.partition(":")[2] for a in anchors if not a.startswith("session:")} - {""}
        return tuple(step.id for step in self.steps if step.slug in slugs)


_outlines: Shelf[Outline] = Shelf(200)


def outline(session: Session, version_id: int, language: str, texts_number: int) -> Outline:
    """Return the outline of a version in a language; no statements when warm, four when cold."""
    return _outlines.read(
        session,
        (version_id, language, texts_number),
        lambda: _load(session, version_id, language),
    )


def _load(session: Session, version_id: int, language: str) -> Outline:
    version, course = session.execute(
        select(CourseVersion, Course)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(CourseVersion.id == version_id)
    ).one()
    frame = session.scalars(
        select(CourseText)
        .join(CourseVersion, CourseVersion.id == CourseText.course_version_id)
        .where(
            CourseText.course_id == course.id,
            CourseText.language == language,
            CourseVersion.number <= version.number,
        )
        .order_by(CourseText.number.desc())
        .limit(1)
    ).first()
    if frame is not None and not frame.source:
        frame = None  # withdrawn
    words: CourseVersion | CourseText = frame if frame is not None else version
    return Outline(
        course_id=course.id,
        course_slug=course.slug,
        version_id=version.id,
        number=version.number,
        title=words.title,
        summary=words.summary,
        html=words.html,
        weeks=tuple(Week(w["title"], w["theme"], w["goal"]) for w in words.weeks),
        days_per_week=version.days_per_week,
        steps=_steps(session, version_id, language),
        language=language if frame is not None else "en",
    )


def _steps(session: Session, version_id: int, language: str) -> tuple[OutlineStep, ...]:
    texts = _texts(session, version_id, language)
    rows = session.execute(
        select(
            VersionStep.position,
            VersionStep.week,
            VersionStep.day,
            Step.id.label("step_id"),
            Step.slug,
            StepVersion.id,
            StepVersion.kind,
            StepVersion.ref,
            StepVersion.title,
            StepVersion.summary,
            StepVersion.minutes,
            StepVersion.required,
            StepVersion.options,
            StepVersion.due,
        )
        .join(StepVersion, StepVersion.id == VersionStep.step_version_id)
        .join(Step, Step.id == StepVersion.step_id)
        .where(VersionStep.course_version_id == version_id)
        .order_by(VersionStep.position)
    )
    steps = []
    for row in rows:
        text = texts.get(row.step_id)
        steps.append(
            OutlineStep(
                id=row.step_id,
                version_id=row.id,
                slug=row.slug,
                kind=row.kind,
                ref=row.ref,
                title=text.title if text else row.title,
                summary=text.summary if text else row.summary,
                minutes=row.minutes,
                required=row.required,
                week=row.week,
                day=row.day,
                position=row.position,
                options={**row.options, **(text.options if text else {})},
                due=row.due,
                language=language if text else "en",
            )
        )
    return tuple(steps)


@dataclass(frozen=True)
class _Words:
    title: str
    summary: str
    options: Mapping[str, Any]


def titles(session: Session, step_version_id: int) -> dict[str, str]:
    """Return the title of a step's version in each language that it has one in. Two statements.

    For words that are kept now and read later, by somebody whose language may change.
    """
    shown = (
        select(StepVersion.step_id, StepVersion.number, StepVersion.title)
        .where(StepVersion.id == step_version_id)
        .subquery()
    )
    found = {"en": session.execute(select(shown.c.title)).scalar_one()}
    rows = session.execute(_translations(shown))
    found.update({row.language: row.title for row in rows})
    return {language: title for language, title in found.items() if title}


def _texts(session: Session, version_id: int, language: str) -> dict[int, _Words]:
    """Return the translation of each step of a course version that has one."""
    if language == "en":
        return {}
    shown = (
        select(StepVersion.step_id, StepVersion.number)
        .join(VersionStep, VersionStep.step_version_id == StepVersion.id)
        .where(VersionStep.course_version_id == version_id)
        .subquery()
    )
    rows = session.execute(_translations(shown).where(StepText.language == language))
    newest = {row.step_id: _Words(row.title, row.summary, row.options) for row in rows}
    # A withdrawn translation is one without a title.
    return {step_id: words for step_id, words in newest.items() if words.title}


def _translations(shown: Subquery) -> Select[tuple[int, str, str, str, dict[str, Any]]]:
    """Return the translations written against the shown versions or earlier ones, newest last."""
    pinned = select(StepVersion.id, StepVersion.number).subquery()
    return (
        select(
            StepText.step_id, StepText.language, StepText.title, StepText.summary, StepText.options
        )
        .join(shown, shown.c.step_id == StepText.step_id)
        .join(pinned, pinned.c.id == StepText.step_version_id)
        .where(pinned.c.number <= shown.c.number)
        .order_by(StepText.number)
    )
