"""Compares a course's folder with what the database has. Reads only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import lms.people.models  # noqa: F401 - the foreign keys of courses point there
from lms.core.models import StoredFile
from lms.courses.addresses import medium_address
from lms.courses.material.source import CourseSource, FrameTranslation, StepSource, StepTranslation
from lms.courses.models import (
    Course,
    CourseText,
    CourseVersion,
    Step,
    StepText,
    StepVersion,
    VersionMedium,
    VersionStep,
)

TRACK = "track"


class Result(StrEnum):
    """What an import does with one file."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    CONFLICT = "conflict"


@dataclass(frozen=True)
class Item:
    """One file: its path from the folder of courses, what becomes of it, and why."""

    path: str
    result: Result
    reason: str = ""


@dataclass(frozen=True)
class Placed:
    """A step in the newest version."""

    slug: str
    path: str
    position: int
    version: StepVersion


@dataclass(frozen=True)
class Known:
    """What the database has of a course: its newest version and the latest translations."""

    course: Course | None = None
    version: CourseVersion | None = None
    steps: Mapping[str, Placed] = field(default_factory=dict)
    """By slug, those of the newest version."""
    all_steps: Mapping[str, tuple[int, str]] = field(default_factory=dict)
    """Id and kind of every step that the course ever had, by slug."""
    media: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 by path."""
    frame_texts: Mapping[str, CourseText] = field(default_factory=dict)
    step_texts: Mapping[tuple[str, str], StepText] = field(default_factory=dict)
    """By slug and language. One with an empty source was withdrawn."""


def known(session: Session, slug: str) -> Known:
    """Return what the database has of the track with this slug. At most six statements."""
    course = session.scalar(select(Course).where(Course.kind == TRACK, Course.slug == slug))
    if course is None:
        return Known()
    version = session.scalar(
        select(CourseVersion)
        .where(CourseVersion.course_id == course.id)
        .order_by(CourseVersion.number.desc())
        .limit(1)
    )
    if version is None:
        return Known(course)
    return Known(
        course=course,
        version=version,
        steps=_placed(session, version.id),
        all_steps=_all_steps(session, course.id),
        media=_media(session, version.id),
        frame_texts=_frame_texts(session, course.id),
        step_texts=_step_texts(session, course.id),
    )


def _placed(session: Session, version_id: int) -> dict[str, Placed]:
    rows = session.execute(
        select(Step.slug, VersionStep.path, VersionStep.position, StepVersion)
        .join(StepVersion, StepVersion.id == VersionStep.step_version_id)
        .join(Step, Step.id == StepVersion.step_id)
        .where(VersionStep.course_version_id == version_id)
        .order_by(VersionStep.position)
    )
    return {slug: Placed(slug, path, position, version) for slug, path, position, version in rows}


def _all_steps(session: Session, course_id: int) -> dict[str, tuple[int, str]]:
    rows = session.execute(
        select(Step.slug, Step.id, StepVersion.kind)
        .join(StepVersion, StepVersion.step_id == Step.id)
        .where(Step.course_id == course_id)
        .order_by(StepVersion.number)
    )
    return {slug: (step_id, kind) for slug, step_id, kind in rows}


def _media(session: Session, version_id: int) -> dict[str, str]:
    rows = session.execute(
        select(VersionMedium.path, StoredFile.sha256)
        .join(StoredFile, StoredFile.id == VersionMedium.file_id)
        .where(VersionMedium.course_version_id == version_id)
    )
    return dict(rows.all())


def _frame_texts(session: Session, course_id: int) -> dict[str, CourseText]:
    texts = session.scalars(
        select(CourseText).where(CourseText.course_id == course_id).order_by(CourseText.number)
    )
    return {text.language: text for text in texts}


def _step_texts(session: Session, course_id: int) -> dict[tuple[str, str], StepText]:
    latest = (
        select(StepText.step_id, StepText.language, func.max(StepText.number).label("number"))
        .join(Step, Step.id == StepText.step_id)
        .where(Step.course_id == course_id)
        .group_by(StepText.step_id, StepText.language)
        .subquery()
    )
    rows = session.execute(
        select(Step.slug, StepText)
        .join(Step, Step.id == StepText.step_id)
        .join(
            latest,
            (latest.c.step_id == StepText.step_id)
            & (latest.c.language == StepText.language)
            & (latest.c.number == StepText.number),
        )
    )
    return {(slug, text.language): text for slug, text in rows}


def plan(session: Session, source: CourseSource) -> list[Item]:
    """Return what an import of this course would do, file by file. At most six statements."""
    return compare(source, known(session, source.slug))


def compare(source: CourseSource, have: Known) -> list[Item]:
    """Return what an import would do, given what the database has."""
    items = [_frame_item(source, have)]
    items += (_frame_text_item(text, have) for text in source.translations)
    for step in source.steps:
        items.append(_step_item(step, have))
        items += (_step_text_item(step, text, have) for text in step.translations)
    items += (
        Item(path, _against(have.media.get(path), sha256))
        for path, sha256 in ((medium.path, medium.sha256) for medium in source.media)
    )
    items += (Item(path, Result.CHANGED, "removed") for path in _removed(source, have))
    return [Item(f"{source.slug}/{i.path}", i.result, i.reason) for i in items]


def text_changed(text: FrameTranslation | StepTranslation, last: CourseText | StepText) -> bool:
    """Whether a translation is another than the last one: its words, or a picture in it."""
    if text.source != last.source:
        return True
    return any(medium_address(medium.sha256) not in last.html for medium in text.media)


def _frame_item(source: CourseSource, have: Known) -> Item:
    before = have.version.source if have.version else None
    return Item("track.md", _against(before, source.source))


def _frame_text_item(text: FrameTranslation, have: Known) -> Item:
    last = have.frame_texts.get(text.language)
    if last is None or not last.source:
        return Item(text.path, Result.NEW)
    return Item(text.path, Result.CHANGED if text_changed(text, last) else Result.SAME)


def _step_item(step: StepSource, have: Known) -> Item:
    before = have.all_steps.get(step.slug)
    if before is not None and before[1] != step.kind:
        reason = (
            f"{step.slug} was a {before[1]} step: what people did would be misread; "
            "give the new one another name"
        )
        return Item(step.path, Result.CONFLICT, reason)
    placed = have.steps.get(step.slug)
    if placed is None:
        return Item(step.path, Result.NEW, "back in the course" if before else "")
    if placed.version.digest != step.digest:
        same_words = placed.version.source == step.source
        return Item(step.path, Result.CHANGED, "another picture" if same_words else "")
    if placed.path != step.path:
        return Item(step.path, Result.CHANGED, f"moved from {placed.path}")
    return Item(step.path, Result.SAME)


def _step_text_item(step: StepSource, text: StepTranslation, have: Known) -> Item:
    last = have.step_texts.get((step.slug, text.language))
    if last is None or not last.source:
        return Item(text.path, Result.NEW)
    if text_changed(text, last):
        return Item(text.path, Result.CHANGED)
    placed = have.steps.get(step.slug)
    fresh = placed is not None and placed.version.digest == step.digest
    fresh = fresh and placed is not None and placed.version.id == last.step_version_id
    return Item(text.path, Result.SAME, "" if fresh else "older than its source")


def _removed(source: CourseSource, have: Known) -> Iterator[str]:
    """Give the paths that the newest version has and the folder has not."""
    slugs = {step.slug for step in source.steps}
    yield from (placed.path for slug, placed in have.steps.items() if slug not in slugs)
    media = {medium.path for medium in source.media}
    yield from sorted(have.media.keys() - media)
    languages = {text.language for text in source.translations}
    for language, last in have.frame_texts.items():
        if last.source and language not in languages:
            yield f"track.{language}.md"
    translated = {(step.slug, text.language) for step in source.steps for text in step.translations}
    paths = {step.slug: step.path for step in source.steps}
    for (slug, language), text in have.step_texts.items():
        if text.source and slug in paths and (slug, language) not in translated:
            yield f"{paths[slug].removesuffix('.md')}.{language}.md"


def _against(before: str | None, now: str) -> Result:
    if before is None:
        return Result.NEW
    return Result.SAME if before == now else Result.CHANGED
