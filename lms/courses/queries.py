"""Reads of courses for screens. Each says how many statements it costs when caches are warm."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from lms.core.worktime import Calendar, local_date
from lms.courses.models import Assignment, Course, DateException, Meeting, StepEvent
from lms.courses.outline import Outline, outline
from lms.courses.rules import Event, LastEvent, State, state_after
from lms.courses.schedule import Adjustment, Appointment, Frame, StepDates, resolve
from lms.courses.standing import Standing, Timetable, stand, timetable
from lms.people.calendars import site_calendar
from lms.people.models import Company, Intake, Person, Site

_FRAMES_KEPT = 500
_ASSIGNMENTS: BindParameter[int] = bindparam("assignment_ids", expanding=True)
_INTAKES: BindParameter[int] = bindparam("intake_ids", expanding=True)
# Built once: making a statement anew costs more than running it.
_EVENTS = (
    select(
        StepEvent.assignment_id,
        StepEvent.step_id,
        StepEvent.kind,
        StepEvent.at,
        StepEvent.actor_id,
        StepEvent.note,
        StepEvent.follow_up_on,
        StepEvent.sequence,
    )
    .where(StepEvent.assignment_id.in_(_ASSIGNMENTS))
    .order_by(StepEvent.assignment_id, StepEvent.step_id, StepEvent.sequence)
)
_EXCEPTIONS = (
    select(
        DateException.assignment_id,
        DateException.intake_id,
        DateException.id,
        DateException.kind,
        DateException.reason,
        DateException.step_id,
        DateException.days,
        DateException.from_on,
        DateException.until_on,
        DateException.on_date,
        DateException.at_time,
    )
    .where(
        or_(
            DateException.assignment_id.in_(_ASSIGNMENTS),
            DateException.intake_id.in_(_INTAKES),
        ),
        DateException.withdrawn_at.is_(None),
    )
    .order_by(DateException.id)
)
_MEETINGS = select(
    Meeting.assignment_id,
    Meeting.intake_id,
    Meeting.step_id,
    Meeting.on_date,
    Meeting.at_time,
    Meeting.time_zone,
    Meeting.place,
    Meeting.host_id,
).where(
    or_(Meeting.assignment_id.in_(_ASSIGNMENTS), Meeting.intake_id.in_(_INTAKES)),
    Meeting.replaced_at.is_(None),
)


@dataclass(frozen=True)
class OnCourse:
    """A person's place on a course, without what they did there."""

    assignment_id: int
    person_id: int
    person_name: str
    person_email: str
    intake_id: int | None
    intake_name: str | None
    intake_starts_on: date | None
    course_id: int
    course_slug: str
    version_id: int
    texts_number: int
    site_id: int
    site_zone: str
    starts_on: date | None
    person_started_on: date | None
    assigned_at: datetime
    ended_at: datetime | None
    company_version: int

    @property
    def start(self) -> date:
        """Return the start of the person's weeks: the intake's, or their own where later.

        In an intake somebody's own start is their first day in the company, as it stands now.
        """
        if self.intake_starts_on is None:
            return self.starts_on or local_date(self.assigned_at, self.site_zone)
        own = [day for day in (self.starts_on, self.person_started_on) if day is not None]
        return max([self.intake_starts_on, *own])


def on_course() -> Select[*tuple[Any, ...]]:
    """Return the select behind OnCourse, to be narrowed; its rows fit `OnCourse(*row)`."""
    return (
        select(
            Assignment.id,
            Assignment.person_id,
            Person.name,
            Person.email,
            Assignment.intake_id,
            Intake.name,
            Intake.starts_on,
            Course.id,
            Course.slug,
            Assignment.course_version_id,
            Course.texts_number,
            Site.id,
            Site.time_zone,
            Assignment.starts_on,
            Person.started_on,
            Assignment.assigned_at,
            Assignment.ended_at,
            Company.version,
        )
        .join(Person, Person.id == Assignment.person_id)
        .join(Course, Course.id == Assignment.course_id)
        .join(Site, Site.id == Assignment.site_id)
        .join(Company, Company.id == 1)
        .outerjoin(Intake, Intake.id == Assignment.intake_id)
    )


def current_track(session: Session, *, person_id: int) -> OnCourse | None:
    """Return the person's open track, the newest if there are several, else the last ended one.

    One statement.
    """
    row = session.execute(
        on_course()
        .where(Assignment.person_id == person_id, Course.kind == "track")
        .order_by(Assignment.ended_at.is_(None).desc(), Assignment.id.desc())
        .limit(1)
    ).first()
    return None if row is None else OnCourse(*row)


def standing(session: Session, place: OnCourse, *, language: str, now: datetime) -> Standing:
    """Return how far one person is. Three statements."""
    return standings(session, [place], language=language, now=now)[place.assignment_id]


def standings(
    session: Session, places: Sequence[OnCourse], *, language: str, now: datetime
) -> dict[int, Standing]:
    """Return how far each is, by assignment id. Three statements, however many people.

    One each for events, exceptions and meetings; outlines and calendars come from the process.
    """
    tables: dict[Hashable, Timetable] = {}
    found = {}
    for assignment_id, one in situations(session, places, language=language).items():
        key = (one.outline.version_id, one.outline.language, one.frame.key(one.outline.awaited))
        if key not in tables:
            tables[key] = timetable(one.outline, one.frame, now, _dates(one))
        found[assignment_id] = stand(one.outline, one.frame, one.settled, now, tables[key])
    return found


def _dates(one: "Situation") -> Mapping[int, StepDates]:
    """Return the dates of a frame, kept with the outline that they belong to."""
    kept = one.outline.dates
    key = one.frame.key(one.outline.awaited)
    dates: Mapping[int, StepDates] | None = kept.get(key)
    if dates is None:
        if len(kept) >= _FRAMES_KEPT:
            kept.clear()
        dates = kept[key] = resolve(one.outline, one.frame)
    return dates


@dataclass(frozen=True)
class Situation:
    """All that decides how far somebody is, before the moment is asked."""

    outline: Outline
    frame: Frame
    settled: Mapping[int, tuple[State, LastEvent]]
    """Each step's state and newest event; steps without events are missing."""


def situations(
    session: Session, places: Sequence[OnCourse], *, language: str
) -> dict[int, Situation]:
    """Return what decides how far each is, by assignment id. Three statements."""
    if not places:
        return {}
    ids = [place.assignment_id for place in places]
    intake_ids = {place.intake_id for place in places if place.intake_id is not None}
    events = _events(session, ids)
    exceptions = _exceptions(session, ids, intake_ids)
    meetings = _meetings(session, ids, intake_ids)
    outlines: dict[int, Outline] = {}
    calendars: dict[int, Calendar] = {}
    found = {}
    for place in places:
        if place.version_id not in outlines:
            outlines[place.version_id] = outline(
                session, place.version_id, language, place.texts_number
            )
        if place.site_id not in calendars:
            calendars[place.site_id] = site_calendar(session, place.site_id, place.company_version)
        course, calendar = outlines[place.version_id], calendars[place.site_id]
        settled = _settle(course, events.get(place.assignment_id, ()))
        frame = Frame(
            starts_on=place.start,
            own_start=place.person_started_on or place.start,
            calendar=calendar,
            shared=place.intake_id is not None,
            exceptions=_for(place, exceptions),
            meetings={**meetings[None, place.intake_id], **meetings[place.assignment_id, None]},
            done_on=_done_on(settled, calendar),
        )
        found[place.assignment_id] = Situation(course, frame, settled)
    return found


def _settle(
    course: Outline, events: Iterable[tuple[int, LastEvent]]
) -> dict[int, tuple[State, LastEvent]]:
    """Return each step's state and newest event; steps that left the version are ignored."""
    kinds = {step.id: step.kind for step in course.steps}
    by_step: dict[int, list[LastEvent]] = defaultdict(list)
    for step_id, event in events:
        if step_id in kinds:
            by_step[step_id].append(event)
    return {
        step_id: (state_after(kinds[step_id], (e.kind for e in own)), own[-1])
        for step_id, own in by_step.items()
    }


def _done_on(done: Mapping[int, tuple[State, LastEvent]], calendar: Calendar) -> dict[int, date]:
    return {
        step_id: local_date(last.at, calendar.zone)
        for step_id, (state, last) in done.items()
        if state is State.DONE
    }


def _events(
    session: Session, assignment_ids: Sequence[int]
) -> dict[int, list[tuple[int, LastEvent]]]:
    rows = session.execute(_EVENTS, {"assignment_ids": assignment_ids})
    found: dict[int, list[tuple[int, LastEvent]]] = defaultdict(list)
    for row in rows:
        last = LastEvent(
            Event(row.kind), row.at, row.actor_id, row.note, row.follow_up_on, row.sequence
        )
        found[row.assignment_id].append((row.step_id, last))
    return found


def _exceptions(
    session: Session, assignment_ids: Sequence[int], intake_ids: Iterable[int]
) -> dict[tuple[int | None, int | None], list[Adjustment]]:
    """Return exceptions in force by (assignment, intake)."""
    rows = session.execute(
        _EXCEPTIONS, {"assignment_ids": assignment_ids, "intake_ids": list(intake_ids)}
    )
    found: dict[tuple[int | None, int | None], list[Adjustment]] = defaultdict(list)
    for row in rows:
        found[row.assignment_id, row.intake_id].append(
            Adjustment(
                id=row.id,
                kind=row.kind,
                reason=row.reason,
                step_id=row.step_id,
                days=row.days,
                from_on=row.from_on,
                until_on=row.until_on,
                on_date=row.on_date,
                at_time=row.at_time,
                for_intake=row.intake_id is not None,
            )
        )
    return found


def _for(
    place: OnCourse, exceptions: Mapping[tuple[int | None, int | None], list[Adjustment]]
) -> list[Adjustment]:
    """Return those that concern one person: their own first, so that it wins over the intake's."""
    own = exceptions.get((place.assignment_id, None), [])
    if place.intake_id is None:
        return own
    return [*own, *exceptions.get((None, place.intake_id), [])]


def _meetings(
    session: Session, assignment_ids: Sequence[int], intake_ids: Iterable[int]
) -> dict[tuple[int | None, int | None], dict[int, Appointment]]:
    rows = session.execute(
        _MEETINGS, {"assignment_ids": assignment_ids, "intake_ids": list(intake_ids)}
    )
    found: dict[tuple[int | None, int | None], dict[int, Appointment]] = defaultdict(dict)
    for row in rows:
        found[row.assignment_id, row.intake_id][row.step_id] = Appointment(
            row.on_date, row.at_time, row.time_zone, row.place, row.host_id
        )
    return found
