"""Reads of track and step pages. Each says how many statements it costs when caches are warm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Integer, ScalarSelect, String, and_, bindparam, cast, func, select
from sqlalchemy.orm import Session, aliased

from lms.core.models import StoredFile
from lms.core.permissions import Actor
from lms.courses import policy
from lms.courses.models import (
    Assignment,
    Course,
    CourseVersion,
    EffortScore,
    StepEvent,
    VersionMedium,
)
from lms.courses.outline import Outline, outline
from lms.courses.queries import OnCourse, on_course
from lms.courses.rules import Event
from lms.courses.standing import Standing, StepStanding
from lms.people.models import Coaching, Person, Reporting
from lms.people.ties import Other, Ties


@dataclass(frozen=True)
class Happened:
    """One event of a step, with the name of whoever made it."""

    id: int
    kind: Event
    at: datetime
    actor_id: int | None
    actor_name: str | None
    note: str | None
    has_photo: bool
    follow_up_on: date | None
    sequence: int


@dataclass(frozen=True)
class Around:
    """What a step page says beyond the standing: history, people beside, effort score."""

    history: tuple[Happened, ...]
    beside: Ties
    host_name: str | None
    effort: int | None
    effort_comment: str


def place_on(session: Session, *, person_id: int, course_slug: str) -> OnCourse | None:
    """Return a person's place on a course: the open one, else the one ended last. One statement."""
    row = session.execute(_PLACE_ON, {"person_id": person_id, "slug": course_slug}).first()
    return None if row is None else OnCourse(*row)


def track_of(session: Session, *, actor: Actor, person_id: int) -> OnCourse | None:
    """Return somebody's current track if the actor may see it, else None. One statement."""
    row = session.execute(
        on_course()
        .where(
            Assignment.person_id == person_id,
            Course.kind == "track",
            policy.visible_assignments(actor),
        )
        .order_by(Assignment.ended_at.is_(None).desc(), Assignment.id.desc())
        .limit(1)
    ).first()
    return None if row is None else OnCourse(*row)


@dataclass(frozen=True)
class Preview:
    """The newest version of a course, for those who read it without being on it."""

    outline: Outline
    texts_number: int


def preview(session: Session, *, course_slug: str, language: str) -> Preview | None:
    """Return the newest version of a course, or None when there is none. One statement."""
    row = session.execute(
        select(CourseVersion.id, Course.texts_number)
        .join(Course, Course.id == CourseVersion.course_id)
        .where(Course.slug == course_slug)
        .order_by(Course.kind.desc(), CourseVersion.number.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    version_id, texts_number = row
    return Preview(outline(session, version_id, language, texts_number), texts_number)


def around(session: Session, place: OnCourse, step: StepStanding) -> Around:
    """Return a step's history, who stands beside the trainee, and their effort. One statement."""
    rows = session.execute(
        _AROUND,
        {
            "assignment_id": place.assignment_id,
            "step_id": step.step.id,
            "step_version_id": step.step.version_id,
            "host_id": step.dates.host_id,
        },
    ).all()
    first = rows[0]
    return Around(
        history=tuple(
            Happened(
                row.id,
                Event(row.kind),
                row.at,
                row.actor_id,
                row.actor_name,
                row.note,
                row.file_id is not None,
                row.follow_up_on,
                row.sequence,
            )
            for row in rows
            if row.id is not None
        ),
        beside=Ties(
            coaches=tuple(sorted(_others(first.coaches), key=lambda other: other.name)),
            manager=next(iter(_others(first.manager)), None),
        ),
        host_name=first.host_name,
        effort=first.score,
        effort_comment=first.comment or "",
    )


_Coach, _Manager, _Host = aliased(Person), aliased(Person), aliased(Person)
_BETWEEN = "\n"
"""Parts people in an aggregated text; a name has no line breaks."""


def _coaches() -> ScalarSelect[str]:
    return (
        select(func.aggregate_strings(cast(_Coach.id, String) + ":" + _Coach.name, _BETWEEN))
        .join(Coaching, Coaching.coach_id == _Coach.id)
        .where(Coaching.person_id == Assignment.person_id, Coaching.until_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )


def _manager() -> ScalarSelect[str]:
    return (
        select(cast(_Manager.id, String) + ":" + _Manager.name)
        .join(Reporting, Reporting.manager_id == _Manager.id)
        .where(Reporting.person_id == Assignment.person_id, Reporting.until_at.is_(None))
        .correlate(Assignment)
        .scalar_subquery()
    )


_PLACE_ON = (
    on_course()
    .where(Assignment.person_id == bindparam("person_id"), Course.slug == bindparam("slug"))
    .order_by(Assignment.ended_at.is_(None).desc(), Course.kind.desc(), Assignment.id.desc())
    .limit(1)
)
_AROUND = (
    select(
        StepEvent.id,
        StepEvent.kind,
        StepEvent.at,
        StepEvent.actor_id,
        StepEvent.note,
        StepEvent.file_id,
        StepEvent.follow_up_on,
        StepEvent.sequence,
        Person.name.label("actor_name"),
        EffortScore.score,
        EffortScore.comment,
        _coaches().label("coaches"),
        _manager().label("manager"),
        select(_Host.name)
        .where(_Host.id == bindparam("host_id", type_=Integer))
        .scalar_subquery()
        .label("host_name"),
    )
    .select_from(Assignment)
    .outerjoin(
        StepEvent,
        and_(
            StepEvent.assignment_id == Assignment.id,
            StepEvent.step_id == bindparam("step_id"),
        ),
    )
    .outerjoin(Person, Person.id == StepEvent.actor_id)
    .outerjoin(
        EffortScore,
        and_(
            EffortScore.person_id == Assignment.person_id,
            EffortScore.step_version_id == bindparam("step_version_id"),
        ),
    )
    .where(Assignment.id == bindparam("assignment_id"))
    .order_by(StepEvent.sequence)
)
"""Made once: building it for each page would cost more than running it."""


def _others(text: str | None) -> Sequence[Other]:
    found = []
    for line in (text or "").split(_BETWEEN):
        id_, _, name = line.partition(":")
        if name:
            found.append(Other(int(id_), name, ""))
    return found


def following(standing: Standing, step_id: int) -> StepStanding | None:
    """Return what to go on to after a step: the next in order to do, else the first left over."""
    here = standing.by_id[step_id].step.position
    left = [s for s in standing.steps if s.todo and s.step.kind != "meet" and s.step.id != step_id]
    return min(left, key=lambda s: (s.step.position < here, s.step.position), default=None)


@dataclass(frozen=True)
class File:
    """A kept file that a page may show."""

    sha256: str
    media_type: str


def course_file(session: Session, *, sha256: str) -> File | None:
    """Return a file that belongs to some version of a course, or None. One statement."""
    row = session.execute(
        select(StoredFile.sha256, StoredFile.media_type)
        .where(
            StoredFile.sha256 == sha256,
            StoredFile.id.in_(select(VersionMedium.file_id)),
        )
        .limit(1)
    ).first()
    return None if row is None else File(*row)
