"""The server's clock, an argument of `create_app` and of every operation. Never a global."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the moment."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""


class SystemClock:
    """The machine's own clock: the only one outside demo and tests."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        return datetime.now(UTC)


class ShiftedClock:
    """The machine's clock moved by a fixed span: for a demo that is set on another day."""

    def __init__(self, shift: timedelta) -> None:
        self._shift = shift

    def now(self) -> datetime:
        """Return the present moment moved by the shift, aware, in UTC."""
        return datetime.now(UTC) + self._shift


class FixedClock:
    """A clock that stands still until somebody moves it: for stories and seeding."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        """Return the moment that was set."""
        return self.moment
