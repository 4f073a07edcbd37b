"""Reads of tracks, their versions and languages, and of who walks them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound
from lms.core.permissions import Actor
from lms.courses.catalogue.rules import Translation
from lms.courses.models import (
    Assignment,
    Course,
    CourseVersion,
    Step,
    StepText,
    StepVersion,
    VersionStep,
)
from lms.courses.outline import Outline, outline
from lms.courses.queries import OnCourse, on_course
from lms.people.models import Person
from lms.people.policy import followed_people
from lms.people.rules import LANGUAGES

SOURCE = "en"
"""The language in which courses are written; the others are translations."""


@dataclass(frozen=True)
class Track:
    """A track at its newest version."""

    course_id: int
    slug: str
    version_id: int
    number: int
    texts_number: int
    title: str
    made_at: datetime


def tracks(session: Session, *, slug: str | None = None) -> list[Track]:
    """Return all tracks (or the one with this slug) at their newest version. One statement."""
    newest = (
        select(CourseVersion.course_id, func.max(CourseVersion.number).label("number"))
        .group_by(CourseVersion.course_id)
        .subquery()
    )
    query = (
        select(
            Course.id,
            Course.slug,
            CourseVersion.id,
            CourseVersion.number,
            Course.texts_number,
            CourseVersion.title,
            CourseVersion.made_at,
        )
        .join(newest, newest.c.course_id == Course.id)
        .join(
            CourseVersion,
            and_(CourseVersion.course_id == Course.id, CourseVersion.number == newest.c.number),
        )
        .where(Course.kind == "track")
        .order_by(Course.slug)
    )
    if slug is not None:
        query = query.where(Course.slug == slug)
    return [Track(*row) for row in session.execute(query)]


@dataclass(frozen=True)
class Version:
    """A version of a track and how many people walk it now."""

    number: int
    made_at: datetime
    made_by: str | None
    people: int


@dataclass(frozen=True)
class Entry:
    """A track in the catalogue."""

    track: Track
    outline: Outline
    people: int
    """How many walk it now, on any version."""
    behind: int
    """How many of them on an earlier version."""
    translations: Sequence[Translation]


def catalogue(session: Session, *, language: str) -> list[Entry]:
    """Return all tracks with who walks them and their languages. Three statements."""
    found = tracks(session)
    walking = _walking(session)
    spoken = _translations(session, found)
    return [_entry(session, track, walking, spoken, language) for track in found]


def _entry(
    session: Session,
    track: Track,
    walking: Mapping[tuple[int, int], int],
    spoken: Mapping[int, list[Translation]],
    language: str,
) -> Entry:
    people = {key[1]: number for key, number in walking.items() if key[0] == track.course_id}
    total = sum(people.values())
    return Entry(
        track=track,
        outline=outline(session, track.version_id, language, track.texts_number),
        people=total,
        behind=total - people.get(track.version_id, 0),
        translations=spoken[track.version_id],
    )


def _walking(session: Session) -> dict[tuple[int, int], int]:
    """Return how many people are on each course and version. One statement."""
    rows = session.execute(
        select(Assignment.course_id, Assignment.course_version_id, func.count())
        .where(Assignment.ended_at.is_(None))
        .group_by(Assignment.course_id, Assignment.course_version_id)
    )
    return {(course_id, version_id): number for course_id, version_id, number in rows}


def _translations(session: Session, found: Sequence[Track]) -> dict[int, list[Translation]]:
    """Return how far each language follows, by version id. One statement.

    A step counts as translated when a text was written against its version here or an earlier
    one, as pages show it; a text against an earlier one is stale.
    """
    shown = (
        select(
            VersionStep.course_version_id,
            VersionStep.position,
            Step.id.label("step_id"),
            Step.slug,
            StepVersion.number,
        )
        .join(StepVersion, StepVersion.id == VersionStep.step_version_id)
        .join(Step, Step.id == StepVersion.step_id)
        .where(VersionStep.course_version_id.in_([track.version_id for track in found]))
        .subquery()
    )
    texts = (
        select(StepText.step_id, StepText.language, StepVersion.number)
        .join(StepVersion, StepVersion.id == StepText.step_version_id)
        .subquery()
    )
    rows = session.execute(
        select(
            shown.c.course_version_id,
            shown.c.slug,
            shown.c.number,
            texts.c.language,
            func.max(texts.c.number),
        )
        .outerjoin(
            texts,
            and_(texts.c.step_id == shown.c.step_id, texts.c.number <= shown.c.number),
        )
        .group_by(
            shown.c.course_version_id,
            shown.c.position,
            shown.c.slug,
            shown.c.number,
            texts.c.language,
        )
        .order_by(shown.c.position)
    )
    steps: dict[int, set[str]] = defaultdict(set)
    translated: dict[tuple[int, str], int] = defaultdict(int)
    stale: dict[tuple[int, str], list[str]] = defaultdict(list)
    for version_id, slug, number, language, against in rows:
        steps[version_id].add(slug)
        if language is None:
            continue
        translated[version_id, language] += 1
        if against < number:
            stale[version_id, language].append(slug)
    return {
        track.version_id: [
            Translation(
                language,
                translated[track.version_id, language],
                len(steps[track.version_id]),
                tuple(stale[track.version_id, language]),
            )
            for language in LANGUAGES
            if language != SOURCE
        ]
        for track in found
    }


@dataclass(frozen=True)
class TrackPage:
    """One track with its outline and versions."""

    entry: Entry
    versions: Sequence[Version]


def track_page(session: Session, *, slug: str, language: str) -> TrackPage:
    """Return one track; raise NotFound. Four statements."""
    found = tracks(session, slug=slug)
    if not found:
        raise NotFound
    track = found[0]
    walking = _walking(session)
    entry = _entry(session, track, walking, _translations(session, found), language)
    rows = session.execute(
        select(CourseVersion.id, CourseVersion.number, CourseVersion.made_at, Person.name)
        .outerjoin(Person, Person.id == CourseVersion.made_by)
        .where(CourseVersion.course_id == track.course_id)
        .order_by(CourseVersion.number.desc())
    )
    versions = [
        Version(number, made_at, name, walking.get((track.course_id, version_id), 0))
        for version_id, number, made_at, name in rows
    ]
    return TrackPage(entry, versions)


@dataclass(frozen=True)
class Somebody:
    """A person to be put on a track."""

    id: int
    name: str
    started_on: date | None
    has_site: bool


def somebody(session: Session, actor: Actor, person_id: int) -> Somebody:
    """Return a person whom the actor follows; raise NotFound. One statement."""
    row = session.execute(
        select(Person.id, Person.name, Person.started_on, Person.site_id.is_not(None)).where(
            Person.id == person_id, Person.deactivated_at.is_(None), followed_people(actor)
        )
    ).first()
    if row is None:
        raise NotFound
    return Somebody(*row)


def open_tracks(session: Session, person_id: int) -> list[OnCourse]:
    """Return the tracks that a person walks now, the newest first. One statement."""
    rows = session.execute(
        on_course()
        .where(
            Assignment.person_id == person_id,
            Assignment.ended_at.is_(None),
            Course.kind == "track",
        )
        .order_by(Assignment.id.desc())
    )
    return [OnCourse(*row) for row in rows]


def on_other_versions(session: Session, *, intake_id: int, version_id: int) -> int:
    """Return how many of an intake's people are not on a version of its track. Two statements."""
    version = session.get(CourseVersion, version_id)
    if version is None:
        raise NotFound
    return (
        session.scalar(
            select(func.count(Assignment.id)).where(
                Assignment.intake_id == intake_id,
                Assignment.course_id == version.course_id,
                Assignment.ended_at.is_(None),
                Assignment.course_version_id != version_id,
            )
        )
        or 0
    )
