"""A site's working days, and wall-clock times as moments. Pure.

A deadline is kept as a date, a wall-clock time and a zone; it becomes a moment only here, so a
clock change never moves it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_HORIZON = 4000
"""Days to look for a working day before giving up on a calendar that has none."""


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. `weekdays` holds 0 for Monday to 6 for Sunday."""

    zone: str
    weekdays: frozenset[int] = frozenset(range(5))
    days_off: frozenset[date] = frozenset()
    pauses: tuple[tuple[date, date], ...] = field(default=())
    """Spans that do not count for one person or intake, both ends included."""

    def is_working(self, day: date) -> bool:
        """Whether this day is worked."""
        return (
            day.weekday() in self.weekdays
            and day not in self.days_off
            and not any(first <= day <= last for first, last in self.pauses)
        )

    def day_at(self, start: date, offset: int) -> date:
        """Return the working day `offset` working days from `start`.

        0 is the first working day on or after `start`; a negative offset counts back from it.
        Raises ValueError when the calendar has no such day.
        """
        day, left = start, offset
        for _ in range(_HORIZON):
            if self.is_working(day):
                break
            day += timedelta(days=1)
        else:
            raise ValueError("the calendar has no working day")
        step = timedelta(days=1 if left > 0 else -1)
        for _ in range(_HORIZON):
            if left == 0:
                return day
            day += step
            if self.is_working(day):
                left -= 1 if left > 0 else -1
        raise ValueError("the calendar has no such working day")

    def working_days(self, first: date, last: date) -> int:
        """Return how many working days lie from `first` to `last`, both included."""
        span = (last - first).days + 1
        return sum(self.is_working(first + timedelta(days=n)) for n in range(span))

    def paused(self, pauses: Iterable[tuple[date, date]]) -> "Calendar":
        """Return the same calendar with more spans that do not count."""
        return Calendar(self.zone, self.weekdays, self.days_off, (*self.pauses, *pauses))


def moment(day: date, at: time, zone: str, *, last: bool = False) -> datetime:
    """Return the UTC moment of a wall-clock time.

    A time that a clock change skips becomes the same span after the jump. A time that happens
    twice is the first of the two, or the second with `last` (deadlines are generous).
    """
    local = datetime.combine(day, at, tzinfo=_zone(zone)).replace(fold=1 if last else 0)
    if last and _is_skipped(local):
        local = local.replace(fold=0)
    return local.astimezone(UTC)


def local_date(at: datetime, zone: str) -> date:
    """Return the date that a moment has in a zone."""
    return at.astimezone(_zone(zone)).date()


def _is_skipped(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0)


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
