"""When a step opens, meets and is due: one resolver, at reading time. Pure.

A date is an anchor plus working days on the site's calendar, at a wall-clock time in the site's
zone. Exceptions shift, pause, unlock, waive or set it, each with a reason.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from lms.core.worktime import Calendar, moment
from lms.courses.outline import Outline, OutlineStep

DAY_ENDS = time(23, 59)


@dataclass(frozen=True)
class Adjustment:
    """One DateException in force; `step_id` None means every step."""

    id: int
    kind: str
    reason: str
    step_id: int | None = None
    days: int | None = None
    from_on: date | None = None
    until_on: date | None = None
    on_date: date | None = None
    at_time: time | None = None
    for_intake: bool = False


@dataclass(frozen=True)
class Appointment:
    """A set time and place of a meet step."""

    on_date: date
    at_time: time
    zone: str
    place: str
    host_id: int | None = None


@dataclass(frozen=True)
class Frame:
    """All that dates depend on besides the outline.

    `starts_on` is the start of the person's weeks: the intake's, or their own if later.
    `own_start` is their first day in the company. `done_on` has the local date on which a step
    was completed.
    """

    starts_on: date
    own_start: date
    calendar: Calendar
    exceptions: Sequence[Adjustment] = ()
    meetings: Mapping[int, Appointment] = field(default_factory=dict)
    done_on: Mapping[int, date] = field(default_factory=dict)
    shared: bool = False
    """Whether sessions are held with an intake: one person's pause or shift leaves them alone."""

    @cached_property
    def worked(self) -> Calendar:
        """Return the calendar without the days that a pause takes out."""
        return _without_pauses(self.calendar, self.exceptions)

    @cached_property
    def worked_together(self) -> Calendar:
        """Return the calendar by which sessions are held."""
        return _without_pauses(self.calendar, self.for_sessions)

    @cached_property
    def for_sessions(self) -> Sequence[Adjustment]:
        """Return the exceptions that move sessions: in an intake, only those of the intake."""
        if not self.shared:
            return self.exceptions
        return [e for e in self.exceptions if e.for_intake or e.step_id is not None]

    def key(self, awaited: Iterable[int]) -> Hashable:
        """Return what two frames share exactly when their dates are the same.

        `awaited` are the steps whose completion starts another's time (`Outline.awaited`).
        """
        return (
            self.starts_on,
            self.own_start,
            self.calendar,
            self.shared,
            tuple(self.exceptions),
            tuple(self.meetings.items()),
            tuple(self.done_on.get(step_id) for step_id in awaited),
        )


@dataclass(frozen=True)
class StepDates:
    """When a step opens, takes place and is due. Moments in UTC, dates in the site's zone.

    `due_at` is None while it waits for another step (`waits_for` names that step).
    """

    planned_on: date
    opens_on: date
    opens_at: datetime
    due_on: date | None
    due_at: datetime | None
    unlocked: bool = False
    waived: str | None = None
    """The reason, when the step is not asked for."""
    meets_at: datetime | None = None
    ends_at: datetime | None = None
    place: str = ""
    host_id: int | None = None
    waits_for: int | None = None

    def is_open(self, now: datetime) -> bool:
        """Whether the step may be done."""
        return self.unlocked or now >= self.opens_at

    def is_late(self, now: datetime) -> bool:
        """Whether its deadline has passed."""
        return self.due_at is not None and now > self.due_at


def resolve(outline: Outline, frame: Frame) -> dict[int, StepDates]:
    """Return the dates of every step, by step id."""
    resolver = _Resolver(outline, frame)
    return {step.id: resolver.dates(step) for step in outline.steps}


class _Resolver:
    """Keeps the day of each working-day index, since many steps share them."""

    def __init__(self, outline: Outline, frame: Frame) -> None:
        self._outline = outline
        self._frame = frame
        self._calendar = frame.worked
        self._shift = _shift_of_all(frame.exceptions)
        self._shift_together = _shift_of_all(frame.for_sessions)
        self._own: dict[int, list[Adjustment]] = {}
        for exception in frame.exceptions:
            if exception.step_id is not None:
                self._own.setdefault(exception.step_id, []).append(exception)
        self._all_unlocked = any(e.kind == "unlock" and e.step_id is None for e in frame.exceptions)
        self._days: dict[int, date] = {}

    def dates(self, step: OutlineStep) -> StepDates:
        """Return the dates of one step."""
        own = self._own.get(step.id, ())
        planned_on = self._planned(step)
        opens_on = self._day((step.week - 1) * self._outline.days_per_week + self._shift)
        zone = self._calendar.zone
        meets_at = ends_at = None
        place, host_id = "", None
        if step.kind == "meet":
            met = self._appointment(step, planned_on)
            meets_at = moment(met.on_date, met.at_time, met.zone)
            ends_at = meets_at + timedelta(minutes=step.minutes)
            place, host_id = met.place, met.host_id
        due_on, due_time, waits_for = self._due(step, planned_on)
        due_at = moment(due_on, due_time, zone, last=True) if due_on is not None else None
        if step.kind == "meet" and not step.due and not any(e.kind == "set" for e in own):
            due_at = ends_at
            due_on = self._met_on(step, planned_on)
        return StepDates(
            planned_on=planned_on,
            opens_on=opens_on,
            opens_at=moment(opens_on, time(0), zone),
            due_on=due_on,
            due_at=due_at,
            unlocked=self._all_unlocked or any(e.kind == "unlock" for e in own),
            waived=next((e.reason for e in own if e.kind == "waive"), None),
            meets_at=meets_at,
            ends_at=ends_at,
            place=place,
            host_id=host_id,
            waits_for=waits_for,
        )

    def _day(self, index: int) -> date:
        if index not in self._days:
            self._days[index] = self._calendar.day_at(self._frame.starts_on, index)
        return self._days[index]

    def _planned(self, step: OutlineStep) -> date:
        shift = sum(e.days or 0 for e in self._own.get(step.id, ()) if e.kind == "shift")
        index = (step.week - 1) * self._outline.days_per_week + step.day - 1 + shift
        if step.kind == "meet":
            together = self._frame.worked_together
            return together.day_at(self._frame.starts_on, index + self._shift_together)
        return self._day(index + self._shift)

    def _appointment(self, step: OutlineStep, planned_on: date) -> Appointment:
        found = self._frame.meetings.get(step.id)
        if found is not None:
            return found
        return Appointment(
            on_date=planned_on,
            at_time=clock_time(step.options.get("at"), time(9)),
            zone=self._calendar.zone,
            place=str(step.options.get("place", "")),
        )

    def _met_on(self, step: OutlineStep, planned_on: date) -> date:
        return self._appointment(step, planned_on).on_date

    def _due(self, step: OutlineStep, planned_on: date) -> tuple[date | None, time, int | None]:
        fixed = self._set(step)
        if fixed is not None and fixed.on_date is not None:
            return fixed.on_date, fixed.at_time or DAY_ENDS, None
        if not step.due:
            return planned_on, DAY_ENDS, None
        at = clock_time(step.due.get("at"), DAY_ENDS)
        start, waits_for = self._anchor(step.due)
        if start is None:
            return None, at, waits_for
        shift = sum(e.days or 0 for e in self._own.get(step.id, ()) if e.kind == "shift")
        offset = int(step.due.get("days", 0)) + shift
        if step.due.get("anchor", "intake") in ("intake", "own"):
            offset += self._shift
        return self._calendar.day_at(start, offset), at, None

    def _set(self, step: OutlineStep) -> Adjustment | None:
        """Return the date set for a step: a person's before their intake's, then the newest."""
        found = [e for e in self._own.get(step.id, ()) if e.kind == "set"]
        return max(found, key=lambda e: (not e.for_intake, e.id), default=None)

    def _anchor(self, due: Mapping[str, Any]) -> tuple[date | None, int | None]:
        """Return the day a due date counts from, or the step that it waits for."""
        anchor = str(due.get("anchor", "intake"))
        if anchor == "own":
            return self._frame.own_start, None
        kind, _, slug = anchor.partition(":")
        other = self._outline.by_slug(slug) if slug else None
        if other is None:
            return self._frame.starts_on, None
        if kind == "session":
            return self._met_on(other, self._planned(other)), None
        done_on = self._frame.done_on.get(other.id)
        return done_on, None if done_on else other.id


def _without_pauses(calendar: Calendar, exceptions: Sequence[Adjustment]) -> Calendar:
    pauses = [
        (e.from_on, e.until_on)
        for e in exceptions
        if e.kind == "pause" and e.from_on and e.until_on
    ]
    return calendar.paused(pauses) if pauses else calendar


def _shift_of_all(exceptions: Sequence[Adjustment]) -> int:
    return sum(e.days or 0 for e in exceptions if e.kind == "shift" and e.step_id is None)


def clock_time(text: object, default: time) -> time:
    """Return a wall-clock time from `HH:MM`; the default when there is none."""
    return time.fromisoformat(text) if isinstance(text, str) and text else default
