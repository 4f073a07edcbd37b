"""What moves when dates change, and what speaks against a session's time. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from lms.core.worktime import Calendar, local_date, moment
from lms.courses.outline import Outline, OutlineStep
from lms.courses.schedule import StepDates

DAY_BEGINS = time(7)
DAY_IS_OVER = time(20)
"""Sessions outside these hours, by the site's clock, are asked about."""


@dataclass(frozen=True)
class Move:
    """A step whose date changes. Moments in UTC; None where it waits for another step."""

    step: OutlineStep
    was: datetime | None
    becomes: datetime | None
    opens_was: date
    opens: date


def moves(
    outline: Outline,
    before: Mapping[int, StepDates],
    after: Mapping[int, StepDates],
    settled: Iterable[int] = (),
) -> list[Move]:
    """Return the steps whose date changes, in order, without those that are settled."""
    found = []
    skipped = set(settled)
    for step in outline.steps:
        was, becomes = before[step.id], after[step.id]
        move = Move(step, _takes_place(was), _takes_place(becomes), was.opens_on, becomes.opens_on)
        changed = move.was != move.becomes or move.opens_was != move.opens
        if changed and step.id not in skipped:
            found.append(move)
    return found


def _takes_place(dates: StepDates) -> datetime | None:
    return dates.meets_at or dates.due_at


class Doubt(StrEnum):
    """What speaks against a session's time. A warning, never a refusal."""

    HOST_BUSY = "host_busy"
    DAY_OFF = "day_off"
    HOURS = "hours"
    HOST_AWAY = "host_away"


@dataclass(frozen=True)
class Slot:
    """A session as its host's day sees it. Moments in UTC."""

    step_id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    host_id: int | None

    def clashes(self, other: "Slot") -> bool:
        """Whether one host would have to be in both at once; the same session is one."""
        return (
            self.host_id is not None
            and self.host_id == other.host_id
            and (self.step_id, self.starts_at) != (other.step_id, other.starts_at)
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
        )


@dataclass(frozen=True)
class Shifts:
    """When a host works, on their site's clock. Without any pattern nothing is known."""

    zone: str
    weekly: Mapping[int, Sequence[tuple[time, time]]]
    """By weekday, 0 for Monday; an end not after its start lies past midnight."""
    other_days: Mapping[date, tuple[time, time] | None]
    """Dates that differ; None is a day off."""

    def covers(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the host works all through this span, as far as is known."""
        if not self.weekly and not self.other_days:
            return True
        day = local_date(starts_at, self.zone)
        return any(
            first <= starts_at and ends_at <= last
            for on in (day - timedelta(days=1), day)
            for first, last in self._spans(on)
        ) or (not self.weekly and day not in self.other_days)

    def _spans(self, on: date) -> list[tuple[datetime, datetime]]:
        if on in self.other_days:
            one = self.other_days[on]
            spans: Sequence[tuple[time, time]] = [one] if one else []
        else:
            spans = self.weekly.get(on.weekday(), ())
        return [
            (
                moment(on, first, self.zone),
                moment(on if last > first else on + timedelta(days=1), last, self.zone),
            )
            for first, last in spans
        ]


def doubts(
    slot: Slot, others: Iterable[Slot], calendar: Calendar, shifts: Shifts | None
) -> list[tuple[Doubt, str]]:
    """Return what speaks against a session's time, each with the name that explains it."""
    found = [(Doubt.HOST_BUSY, other.title) for other in others if slot.clashes(other)][:1]
    day = local_date(slot.starts_at, calendar.zone)
    if not calendar.is_working(day):
        found.append((Doubt.DAY_OFF, ""))
    elif _outside_hours(slot, calendar.zone, day):
        found.append((Doubt.HOURS, ""))
    if shifts is not None and not shifts.covers(slot.starts_at, slot.ends_at):
        found.append((Doubt.HOST_AWAY, ""))
    return found


def _outside_hours(slot: Slot, zone: str, day: date) -> bool:
    return slot.starts_at < moment(day, DAY_BEGINS, zone) or slot.ends_at > moment(
        day, DAY_IS_OVER, zone
    )
