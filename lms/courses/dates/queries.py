"""Reads of dates: whose they are, what makes them differ, when sessions take place."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from lms.core.errors import NotFound
from lms.core.permissions import Actor
from lms.courses import policy as course_policy
from lms.courses.dates import policy
from lms.courses.dates.rules import Move, moves
from lms.courses.models import (
    Assignment,
    Course,
    DateException,
    IntakeCourse,
    Step,
)
from lms.courses.queries import OnCourse, Situation, on_course, situations
from lms.courses.schedule import Adjustment, resolve
from lms.people.models import Company, Intake, Person, Site
from lms.people.policy import followed_people


def intake_place(session: Session, intake_id: int) -> OnCourse | None:
    """Return an intake's track as a place that nobody holds; None without a track.

    Its assignment id is 0, which no row has: only what is for the whole intake applies to it.
    One statement.
    """
    query: Select[*tuple[Any, ...]] = (
        select(
            literal(0),
            literal(0),
            literal(""),
            literal(""),
            Intake.id,
            Intake.name,
            Intake.starts_on,
            Course.id,
            Course.slug,
            IntakeCourse.course_version_id,
            Course.texts_number,
            Site.id,
            Site.time_zone,
            null(),
            null(),
            IntakeCourse.assigned_at,
            null(),
            Company.version,
        )
        .select_from(IntakeCourse)
        .join(Intake, Intake.id == IntakeCourse.intake_id)
        .join(Course, Course.id == IntakeCourse.course_id)
        .join(Site, Site.id == Intake.site_id)
        .join(Company, Company.id == 1)
        .where(IntakeCourse.intake_id == intake_id)
        .order_by(IntakeCourse.id)
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else OnCourse(*row)


def person_place(session: Session, actor: Actor, person_id: int) -> OnCourse:
    """Return the open track of somebody whom the actor follows; raise NotFound. One statement."""
    row = session.execute(
        on_course()
        .where(
            Assignment.person_id == person_id,
            Assignment.ended_at.is_(None),
            Course.kind == "track",
            followed_people(actor),
        )
        .order_by(Assignment.id.desc())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound
    return OnCourse(*row)


def attendees(
    session: Session,
    actor: Actor,
    *,
    intake_id: int,
    step_id: int,
    only: Collection[int] | None = None,
) -> list[OnCourse]:
    """Return whom the actor may mark at an intake's session, by name. One statement."""
    query = on_course().where(
        Assignment.intake_id == intake_id,
        Assignment.ended_at.is_(None),
        Person.deactivated_at.is_(None),
        policy.may_be_marked_by(actor, intake_id=intake_id, step_id=step_id),
    )
    if only is not None:
        query = query.where(Assignment.id.in_(only))
    rows = session.execute(query.order_by(Person.name, Assignment.id))
    return [OnCourse(*row) for row in rows]


@dataclass(frozen=True)
class Member:
    """Somebody on an intake's track, to be chosen for an exception."""

    assignment_id: int
    person_id: int
    name: str


def members(session: Session, actor: Actor, intake_id: int) -> list[Member]:
    """Return who is on the intake's track and visible to the actor, by name. One statement."""
    rows = session.execute(
        select(Assignment.id, Person.id, Person.name)
        .join(Person, Person.id == Assignment.person_id)
        .where(
            Assignment.intake_id == intake_id,
            Assignment.ended_at.is_(None),
            course_policy.visible_assignments(actor),
        )
        .order_by(Person.name, Assignment.id)
    )
    return [Member(*row) for row in rows]


@dataclass(frozen=True)
class ExceptionRow:
    """An exception as it is listed. `person_id` None means that it is for the whole intake."""

    id: int
    kind: str
    person_id: int | None
    person_name: str | None
    intake_name: str | None
    step_id: int | None
    days: int | None
    from_on: date | None
    until_on: date | None
    on_date: date | None
    at_time: time | None
    reason: str
    made_by: str | None
    made_at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


def exceptions(session: Session, actor: Actor, place: OnCourse) -> list[ExceptionRow]:
    """Return all exceptions that touch an intake and its people, or one person, newest first.

    With those taken back. One statement.
    """
    maker, withdrawer = aliased(Person), aliased(Person)
    query: Select[*tuple[Any, ...]] = (
        select(
            DateException.id,
            DateException.kind,
            Person.id,
            Person.name,
            Intake.name,
            DateException.step_id,
            DateException.days,
            DateException.from_on,
            DateException.until_on,
            DateException.on_date,
            DateException.at_time,
            DateException.reason,
            maker.name,
            DateException.made_at,
            withdrawer.name,
            DateException.withdrawn_at,
        )
        .outerjoin(Assignment, Assignment.id == DateException.assignment_id)
        .outerjoin(Person, Person.id == Assignment.person_id)
        .outerjoin(Intake, Intake.id == DateException.intake_id)
        .outerjoin(maker, maker.id == DateException.made_by)
        .outerjoin(withdrawer, withdrawer.id == DateException.withdrawn_by)
        .where(_touches(actor, place))
        .order_by(DateException.id.desc())
    )
    return [ExceptionRow(*row) for row in session.execute(query)]


def _touches(actor: Actor, place: OnCourse) -> ColumnElement[bool]:
    of_intake = DateException.intake_id == place.intake_id
    if place.assignment_id:
        own = DateException.assignment_id == place.assignment_id
        return or_(own, of_intake) if place.intake_id is not None else own
    of_members = Assignment.intake_id == place.intake_id
    seen = true() if actor.is_system else course_policy.visible_assignments(actor)
    return or_(of_intake, of_members & Assignment.ended_at.is_(None) & seen)


def situation(session: Session, place: OnCourse, *, language: str) -> Situation:
    """Return what decides the dates of an intake or a person. Three statements."""
    return situations(session, [place], language=language)[place.assignment_id]


def preview(one: Situation, added: Adjustment) -> list[Move]:
    """Return what moves when an exception is added. Pure, from what is loaded."""
    after = replace(one.frame, exceptions=[*one.frame.exceptions, added])
    return compare(one, replace(one, frame=after))


def compare(one: Situation, after: Situation) -> list[Move]:
    """Return the dates that differ between two situations, without what is done. Pure."""
    before = resolve(one.outline, one.frame)
    return moves(one.outline, before, resolve(one.outline, after.frame), one.frame.done_on)


def intake_name(session: Session, intake_id: int) -> str:
    """Return an intake's name; raise NotFound. One statement."""
    name = session.scalar(select(Intake.name).where(Intake.id == intake_id))
    if name is None:
        raise NotFound
    return name


def step_id_of(session: Session, course_id: int, slug: str) -> int:
    """Return the id of a step by its course and slug; raise NotFound. One statement."""
    found = session.scalar(select(Step.id).where(Step.course_id == course_id, Step.slug == slug))
    if found is None:
        raise NotFound
    return found
