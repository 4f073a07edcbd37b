"""Reads of dates: whose they are, what makes them differ, when sessions take place."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session, aliased

from lms.core.errors import NotFound
from lms.core.permissions import Actor, Role
from lms.core.worktime import moment
from lms.courses import policy as course_policy
from lms.courses.dates import policy
from lms.courses.dates.rules import Doubt, Move, Shifts, Slot, doubts, moves
from lms.courses.models import (
    Assignment,
    Course,
    DateException,
    IntakeCourse,
    Meeting,
    Step,
    StepVersion,
)
from lms.courses.outline import Outline, OutlineStep
from lms.courses.queries import OnCourse, Situation, on_course, situations
from lms.courses.schedule import Adjustment, Appointment, StepDates, resolve
from lms.people.models import Company, Intake, Person, PersonRole, Shift, ShiftException, Site
from lms.people.policy import followed_people

HOSTS = (Role.COACH, Role.MENTOR, Role.TRAINER, Role.MANAGER)


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


@dataclass(frozen=True)
class SessionRow:
    """A meet step as it takes place for an intake or a person. Moments in UTC."""

    step: OutlineStep
    starts_at: datetime
    ends_at: datetime
    zone: str
    place: str
    host_id: int | None
    host_name: str | None
    is_set: bool
    """Whether somebody set it, so that it no longer follows the plan."""
    doubts: tuple[tuple[Doubt, str], ...]


def sessions(session: Session, place: OnCourse, one: Situation) -> list[SessionRow]:
    """Return the sessions of a track by date, with what speaks against their time.

    Three statements; none when the track has no sessions with a host.
    """
    dates = resolve(one.outline, one.frame)
    slots = {step.id: _slot(step, dates[step.id]) for step in one.outline.steps if _meets(step)}
    host_ids = {slot.host_id for slot in slots.values() if slot.host_id is not None}
    names, shifts, elsewhere = _hosts(session, host_ids, list(slots.values()))
    rows = []
    for step in one.outline.steps:
        slot = slots.get(step.id)
        if slot is None:
            continue
        against = doubts(
            slot,
            [*slots.values(), *elsewhere],
            one.frame.calendar,
            shifts.get(slot.host_id) if slot.host_id is not None else None,
        )
        met = one.frame.meetings.get(step.id)
        rows.append(
            SessionRow(
                step=step,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                zone=met.zone if met else one.frame.calendar.zone,
                place=dates[step.id].place,
                host_id=slot.host_id,
                host_name=names.get(slot.host_id) if slot.host_id is not None else None,
                is_set=met is not None,
                doubts=tuple(against),
            )
        )
    return sorted(rows, key=lambda row: row.starts_at)


def _meets(step: OutlineStep) -> bool:
    return step.kind == "meet"


def _slot(step: OutlineStep, dates: StepDates) -> Slot:
    assert dates.meets_at is not None
    assert dates.ends_at is not None
    return Slot(step.id, step.title, dates.meets_at, dates.ends_at, dates.host_id)


def _hosts(
    session: Session, host_ids: Collection[int], slots: Sequence[Slot]
) -> tuple[dict[int, str], dict[int, Shifts], list[Slot]]:
    """Return the hosts' names, shifts and other sessions around these. Three statements."""
    if not host_ids:
        return {}, {}, []
    people = session.execute(
        select(Person.id, Person.name, func.coalesce(Site.time_zone, Company.time_zone))
        .join(Company, Company.id == 1)
        .outerjoin(Site, Site.id == Person.site_id)
        .where(Person.id.in_(host_ids))
    ).all()
    zones = {person_id: zone for person_id, _name, zone in people}
    return (
        {person_id: name for person_id, name, _zone in people},
        _shifts(session, zones),
        _set_sessions(session, host_ids, slots),
    )


def _shifts(session: Session, zones: Mapping[int, str]) -> dict[int, Shifts]:
    weekly: dict[int, dict[int, list[tuple[time, time]]]] = defaultdict(lambda: defaultdict(list))
    other: dict[int, dict[date, tuple[time, time] | None]] = defaultdict(dict)
    rows = session.execute(
        select(Shift.person_id, Shift.weekday, cast(null(), Date), Shift.starts_at, Shift.ends_at)
        .where(Shift.person_id.in_(zones))
        .union_all(
            select(
                ShiftException.person_id,
                cast(null(), Integer),
                ShiftException.on_date,
                ShiftException.starts_at,
                ShiftException.ends_at,
            ).where(ShiftException.person_id.in_(zones))
        )
    )
    for person_id, weekday, on_date, starts_at, ends_at in rows:
        if on_date is None:
            weekly[person_id][weekday].append((starts_at, ends_at))
        else:
            other[person_id][on_date] = (starts_at, ends_at) if starts_at and ends_at else None
    return {
        person_id: Shifts(zone, weekly.get(person_id, {}), other.get(person_id, {}))
        for person_id, zone in zones.items()
    }


def _set_sessions(session: Session, host_ids: Collection[int], slots: Sequence[Slot]) -> list[Slot]:
    """Return what the hosts have elsewhere around these sessions. One statement."""
    first = min(slot.starts_at for slot in slots).date() - timedelta(days=1)
    last = max(slot.ends_at for slot in slots).date() + timedelta(days=1)
    newest = (
        select(StepVersion.step_id, func.max(StepVersion.number).label("number"))
        .group_by(StepVersion.step_id)
        .subquery()
    )
    rows = session.execute(
        select(Meeting, StepVersion.title, StepVersion.minutes)
        .join(newest, newest.c.step_id == Meeting.step_id)
        .join(
            StepVersion,
            (StepVersion.step_id == newest.c.step_id) & (StepVersion.number == newest.c.number),
        )
        .where(
            Meeting.host_id.in_(host_ids),
            Meeting.replaced_at.is_(None),
            Meeting.on_date.between(first, last),
        )
    )
    found = []
    for row, title, minutes in rows:
        starts_at = moment(row.on_date, row.at_time, row.time_zone)
        found.append(
            Slot(row.step_id, title, starts_at, starts_at + timedelta(minutes=minutes), row.host_id)
        )
    return found


def hosts(session: Session) -> list[tuple[int, str]]:
    """Return who can host a session, by name. One statement."""
    rows = session.execute(
        select(Person.id, Person.name)
        .where(Person.deactivated_at.is_(None), Person.id.in_(_holders(HOSTS)))
        .order_by(Person.name, Person.id)
    )
    return [(person_id, name) for person_id, name in rows]


def _holders(roles: Sequence[Role]) -> Select[int]:
    return select(PersonRole.person_id).where(PersonRole.role.in_([r.value for r in roles]))


def situation(session: Session, place: OnCourse, *, language: str) -> Situation:
    """Return what decides the dates of an intake or a person. Three statements."""
    return situations(session, [place], language=language)[place.assignment_id]


def preview(one: Situation, added: Adjustment) -> list[Move]:
    """Return what moves when an exception is added. Pure, from what is loaded.

    What is done already is left out.
    """
    after = replace(one.frame, exceptions=[*one.frame.exceptions, added])
    return _moves(one, resolve(one.outline, after))


def preview_session(one: Situation, step_id: int, met: Appointment) -> list[Move]:
    """Return what moves when a session is set: itself and what counts from it. Pure."""
    after = replace(one.frame, meetings={**one.frame.meetings, step_id: met})
    return _moves(one, resolve(one.outline, after))


def _moves(one: Situation, after: Mapping[int, StepDates]) -> list[Move]:
    done = one.frame.done_on.keys()
    return moves(one.outline, resolve(one.outline, one.frame), after, done)


def step_of(outline: Outline, slug: str) -> OutlineStep:
    """Return the session with this slug; raise NotFound for anything else."""
    step = outline.by_slug(slug)
    if step is None or not _meets(step):
        raise NotFound
    return step


def intake_name(session: Session, intake_id: int) -> str:
    """Return an intake's name; raise NotFound. One statement."""
    name = session.scalar(select(Intake.name).where(Intake.id == intake_id))
    if name is None:
        raise NotFound
    return name


def assignment_of(session: Session, exception_id: int) -> tuple[int | None, int | None]:
    """Return the intake and person that an exception is for; raise NotFound. One statement."""
    row = session.execute(
        select(DateException.intake_id, Assignment.person_id)
        .outerjoin(Assignment, Assignment.id == DateException.assignment_id)
        .where(DateException.id == exception_id)
    ).first()
    if row is None:
        raise NotFound
    return row[0], row[1]


def step_id_of(session: Session, course_id: int, slug: str) -> int:
    """Return the id of a step by its course and slug; raise NotFound. One statement."""
    found = session.scalar(select(Step.id).where(Step.course_id == course_id, Step.slug == slug))
    if found is None:
        raise NotFound
    return found
