"""Sessions: when and where they take place, who hosts them, what speaks against their time."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Date, Integer, Select, cast, func, null, select
from sqlalchemy.orm import Session

from lms.core.errors import NotFound
from lms.core.permissions import Role
from lms.core.worktime import moment
from lms.courses.dates.rules import Doubt, Shifts, Slot, doubts
from lms.courses.models import Meeting, StepVersion
from lms.courses.outline import Outline, OutlineStep
from lms.courses.queries import OnCourse, Situation
from lms.courses.schedule import Appointment, StepDates, resolve
from lms.people.models import Company, Person, PersonRole, Shift, ShiftException, Site

_Key = tuple[int | None, int | None, int]
"""Step, intake and assignment of a saved session; intake or 0 as in `intake_place`."""

HOSTS = (Role.COACH, Role.MENTOR, Role.TRAINER, Role.MANAGER)


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


def sessions(
    session: Session, place: OnCourse, one: Situation, *, without: int | None = None
) -> list[SessionRow]:
    """Return the sessions of a track by date, with what speaks against their time.

    What is saved for the step `without` is not held against the others, since it is about to
    change. Three statements; none when the track has no sessions with a host.
    """
    dates = resolve(one.outline, one.frame)
    slots = {step.id: _slot(step, dates[step.id]) for step in one.outline.steps if _meets(step)}
    host_ids = {slot.host_id for slot in slots.values() if slot.host_id is not None}
    names, shifts, saved = _hosts(session, host_ids, list(slots.values()))
    changing = (without, place.intake_id if not place.assignment_id else None, place.assignment_id)
    elsewhere = [slot for key, slot in saved if key != changing]
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
) -> tuple[dict[int, str], dict[int, Shifts], list[tuple[_Key, Slot]]]:
    """Return the hosts' names, shifts and other sessions around these. Three statements."""
    if not host_ids:
        return {}, {}, []
    people = session.execute(
        select(Person.id, Person.name, func.coalesce(Site.time_zone, Company.time_zone))
        .select_from(Person)
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


def _set_sessions(
    session: Session, host_ids: Collection[int], slots: Sequence[Slot]
) -> list[tuple[_Key, Slot]]:
    """Return what is saved for the hosts around these sessions. One statement."""
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
    found: list[tuple[_Key, Slot]] = []
    for row, title, minutes in rows:
        starts_at = moment(row.on_date, row.at_time, row.time_zone)
        ends_at = starts_at + timedelta(minutes=minutes)
        key = (row.step_id, row.intake_id, row.assignment_id or 0)
        found.append((key, Slot(row.step_id, title, starts_at, ends_at, row.host_id)))
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


def with_session(one: Situation, step_id: int, met: Appointment) -> Situation:
    """Return what would hold if a session were set so. Pure."""
    return replace(one, frame=replace(one.frame, meetings={**one.frame.meetings, step_id: met}))


def step_of(outline: Outline, slug: str) -> OutlineStep:
    """Return the session with this slug; raise NotFound for anything else."""
    step = outline.by_slug(slug)
    if step is None or not _meets(step):
        raise NotFound
    return step


def zones(session: Session) -> list[str]:
    """Return the zones of all sites. One statement."""
    return list(session.scalars(select(Site.time_zone).distinct().order_by(Site.time_zone)))
