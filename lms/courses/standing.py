"""How far one person is on one course: outline, dates and events put together. Pure.

Every screen that says how far somebody is asks here, so they cannot disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property

from lms.core.worktime import local_date, moment
from lms.courses.outline import Outline, OutlineStep
from lms.courses.rules import Counted, LastEvent, Progress, State, progress
from lms.courses.schedule import DAY_ENDS, Frame, StepDates, resolve

STUCK_AFTER_WORKING_DAYS = 2
"""A step late by so many working days escalates from the trainee to the coach …"""
ESCALATE_AFTER_WORKING_DAYS = 4
"""… and after so many to the manager."""
OVER_AFTER_WORKING_DAYS = 5
"""So many working days after its last, a course with everything done is over."""
FARTHEST_BACK = 400
"""Days beyond which working days are no longer counted one by one: it is long ago."""


class Timing(StrEnum):
    """Where a step stands in time."""

    LOCKED = "locked"
    LATER = "later"
    TODAY = "today"
    LATE = "late"
    SETTLED = "settled"
    """Done, waived, or waiting for somebody else: time asks nothing of the trainee."""


@dataclass(frozen=True)
class StepStanding:
    """One step for one person at one moment."""

    step: OutlineStep
    state: State
    last: LastEvent | None
    dates: StepDates
    timing: Timing

    @property
    def waived(self) -> bool:
        """Whether the step is not asked for."""
        return self.dates.waived is not None

    @property
    def done(self) -> bool:
        """Whether the step is done."""
        return self.state is State.DONE

    @property
    def todo(self) -> bool:
        """Whether the trainee can do something about it now."""
        return (
            not self.waived
            and self.state in (State.OPEN, State.RETURNED, State.MISSED)
            and self.timing is not Timing.LOCKED
        )


@dataclass(frozen=True)
class Standing:
    """One person on one course at one moment. The same on every screen."""

    outline: Outline
    steps: tuple[StepStanding, ...]
    starts_on: date
    today: date
    week: int
    """The week that is going on: 1 to the number of weeks (also before and after them)."""
    day: int
    """The working day of the whole course, from 1 and without pauses; 0 before it starts."""
    last_day: int
    late_days: int
    """Working days since the oldest missed deadline of a required step; 0 when none is late."""
    works_on: date
    """The first working day from today on: today itself, unless it is a day off."""

    @cached_property
    def progress(self) -> Progress:
        """Return how far the person is with everything."""
        return progress(_counted(self.steps))

    def progress_of_week(self, week: int) -> Progress:
        """Return how far the person is with one week."""
        return progress(_counted([s for s in self.steps if s.step.week == week]))

    @property
    def is_day_off(self) -> bool:
        """Whether today is no working day of theirs, with more of the weeks to come."""
        return 0 < self.day < self.last_day and self.works_on != self.today

    @cached_property
    def by_id(self) -> Mapping[int, StepStanding]:
        """Return the steps by id."""
        return {s.step.id: s for s in self.steps}

    @property
    def late(self) -> list[StepStanding]:
        """Return the required steps whose deadline has passed, in order."""
        return [s for s in self.steps if s.timing is Timing.LATE and s.step.required]

    @property
    def claimed(self) -> list[StepStanding]:
        """Return the steps that wait for a confirmation."""
        return [s for s in self.steps if s.state is State.CLAIMED]

    @property
    def not_done(self) -> list[StepStanding]:
        """Return what progress still counts as open: the answer to "why not done"."""
        return [s for s in self.steps if s.step.required and not s.done and not s.waived]

    @property
    def is_over(self) -> bool:
        """Whether everything is done and the weeks have been over for a while."""
        return self.progress.complete and self.day > self.last_day + OVER_AFTER_WORKING_DAYS

    @cached_property
    def next_step(self) -> StepStanding | None:
        """Return the one thing to do next, or None when there is nothing to do now.

        A follow-up that is due comes first, then the required steps in their order, then the
        ones that are offered. A session counts on its day until it is over: then it is for
        whoever led it to say who came, and the trainee goes on.
        """
        candidates = [s for s in self.steps if s.todo and not self._is_session_of_another_day(s)]
        return min(candidates, key=self._urgency, default=None)

    def of_today(self) -> list[StepStanding]:
        """Return what belongs to today: planned or due now, late, or returned."""
        return [s for s in self.steps if self._belongs_to_today(s)]

    def next_session(self, now: datetime) -> StepStanding | None:
        """Return the next session that is not over, or None."""
        coming = [
            s
            for s in self.steps
            if s.dates.ends_at is not None and s.dates.ends_at > now and not s.done and not s.waived
        ]
        return min(coming, key=lambda s: s.dates.meets_at or now, default=None)

    def _is_session_of_another_day(self, step: StepStanding) -> bool:
        return step.step.kind == "meet" and (
            step.dates.meets_at is None or step.timing is not Timing.TODAY
        )

    def _urgency(self, step: StepStanding) -> tuple[bool, bool, int]:
        follow_up = step.last.follow_up_on if step.last else None
        due_again = step.state is State.RETURNED and (follow_up is None or follow_up <= self.today)
        return (not due_again, not step.step.required, step.step.position)

    def _belongs_to_today(self, step: StepStanding) -> bool:
        if step.waived:
            return False
        planned_today = step.dates.planned_on == self.today or step.dates.due_on == self.today
        if step.done:
            return planned_today
        return (
            planned_today or step.timing in (Timing.TODAY, Timing.LATE)
        ) and step.timing is not Timing.LOCKED


@dataclass(frozen=True)
class Timetable:
    """The dates of a course at one moment: the same for all who share a frame."""

    dates: Mapping[int, StepDates]
    today: date
    week: int
    day: int
    works_on: date


def timetable(
    outline: Outline,
    frame: Frame,
    now: datetime,
    dates: Mapping[int, StepDates] | None = None,
) -> Timetable:
    """Return the dates of every step and where the course is at this moment.

    `dates` is what `resolve` says of this frame, where the caller has it already.
    """
    today = local_date(now, frame.calendar.zone)
    dates = resolve(outline, frame) if dates is None else dates
    week, day = _week(outline, dates, today), _day_of_course(frame, today)
    return Timetable(dates, today, week, day, frame.worked.day_at(today, 0))


def stand(
    outline: Outline,
    frame: Frame,
    events: Mapping[int, tuple[State, LastEvent]],
    now: datetime,
    table: Timetable | None = None,
) -> Standing:
    """Put together how far a person is. `events` has the state and newest event by step id.

    `table` is the frame's timetable of this moment, where the caller has it already.
    """
    table = table or timetable(outline, frame, now)
    zone = frame.calendar.zone
    steps = tuple(
        _stand_step(step, table.dates[step.id], events.get(step.id), now, zone)
        for step in outline.steps
    )
    return Standing(
        outline=outline,
        steps=steps,
        starts_on=frame.starts_on,
        today=table.today,
        week=table.week,
        day=table.day,
        last_day=len(outline.weeks) * outline.days_per_week,
        late_days=_late_days(steps, frame, table.today),
        works_on=table.works_on,
    )


def _stand_step(
    step: OutlineStep,
    dates: StepDates,
    known: tuple[State, LastEvent] | None,
    now: datetime,
    zone: str,
) -> StepStanding:
    state, last = known if known is not None else (State.OPEN, None)
    if state is State.RETURNED and last is not None:
        dates = _due_again(dates, last.follow_up_on, zone)
    return StepStanding(step, state, last, dates, _timing(state, dates, now))


def _due_again(dates: StepDates, follow_up_on: date | None, zone: str) -> StepDates:
    """Return the dates of a returned task: due by the end of its follow-up day, never earlier."""
    if follow_up_on is None:
        return dates
    due_at = moment(follow_up_on, DAY_ENDS, zone, last=True)
    if dates.due_at is not None and dates.due_at >= due_at:
        return dates
    return replace(dates, due_on=follow_up_on, due_at=due_at)


def _timing(state: State, dates: StepDates, now: datetime) -> Timing:
    if state in (State.DONE, State.CLAIMED) or dates.waived is not None:
        return Timing.SETTLED
    if not dates.is_open(now):
        return Timing.LOCKED
    if dates.is_late(now):
        return Timing.LATE
    if dates.due_at is not None and (dates.due_at - now).total_seconds() < 24 * 3600:
        return Timing.TODAY
    return Timing.LATER


def _counted(steps: Sequence[StepStanding]) -> list[Counted]:
    return [Counted(s.step.required, s.waived, s.state) for s in steps]


def _week(outline: Outline, dates: Mapping[int, StepDates], today: date) -> int:
    opened = {s.week for s in outline.steps if dates[s.id].opens_on <= today}
    return max(opened, default=1)


def _day_of_course(frame: Frame, today: date) -> int:
    if today < frame.starts_on:
        return 0
    if (today - frame.starts_on).days >= FARTHEST_BACK:
        return FARTHEST_BACK
    return max(1, frame.worked.working_days(frame.starts_on, today))


def _late_days(steps: Sequence[StepStanding], frame: Frame, today: date) -> int:
    missed = [
        s.dates.due_on
        for s in steps
        if s.timing is Timing.LATE and s.step.required and s.dates.due_on is not None
    ]
    if not missed:
        return 0
    return days_late(frame, min(missed), today)


def days_late(frame: Frame, due_on: date, today: date) -> int:
    """Return how many working days a missed deadline lies back: at least 1, pauses left out."""
    if (today - due_on).days >= FARTHEST_BACK:
        return FARTHEST_BACK
    return max(1, frame.worked.working_days(due_on, today) - 1)
