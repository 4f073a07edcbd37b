"""How a row of the board reads: its pace, its order among others. Pure."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from lms.courses.rules import Progress
from lms.courses.standing import Standing, StepStanding
from lms.people.sign_in import initials, photo_url


class Pace(StrEnum):
    """How somebody is doing against their own dates, in one word."""

    BEHIND = "behind"
    WAITING = "waiting"
    ON_TIME = "on_time"
    NOT_STARTED = "not_started"
    FINISHED = "finished"


def pace(standing: Standing) -> Pace:
    """Return the pace of somebody: what asks for attention comes first."""
    if standing.progress.complete:
        return Pace.FINISHED
    if standing.late_days:
        return Pace.BEHIND
    if standing.claimed:
        return Pace.WAITING
    return Pace.NOT_STARTED if standing.day == 0 else Pace.ON_TIME


@dataclass(frozen=True)
class Face:
    """A person as lists show them."""

    id: int
    name: str
    photo: str | None = None

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return initials(self.name)

    @property
    def photo_url(self) -> str | None:
        """Return the address of the person's picture, if there is one."""
        return photo_url(self.photo)


@dataclass(frozen=True)
class Row:
    """One person on one track at this moment."""

    assignment_id: int
    face: Face
    intake_name: str | None
    starts_on: date
    standing: Standing
    pace: Pace
    email: str

    @property
    def progress(self) -> Progress:
        """Return how far the person is with everything."""
        return self.standing.progress

    @property
    def weeks(self) -> list[Progress]:
        """Return how far the person is with each week."""
        numbers = range(1, len(self.standing.outline.weeks) + 1)
        return [self.standing.progress_of_week(number) for number in numbers]

    @property
    def waiting(self) -> int:
        """Return how many claims wait for a confirmation."""
        return len(self.standing.claimed)

    @property
    def next_step(self) -> StepStanding | None:
        """Return the step to do next."""
        return self.standing.next_step

    def matches(self, state: str) -> bool:
        """Whether a filter by state shows this row.

        Claims that wait are asked for whatever else is late, so `waiting` shows them all.
        """
        if state == Pace.WAITING:
            return self.waiting > 0
        return self.pace == state


SORTS: dict[str, Callable[[Row], Any]] = {
    "behind": lambda row: (-row.standing.late_days, row.face.name.casefold()),
    "name": lambda row: row.face.name.casefold(),
    "progress": lambda row: (row.progress.percent, row.face.name.casefold()),
    "start": lambda row: (row.starts_on, row.face.name.casefold()),
}
USUAL_SORT = "behind"


def in_order(rows: Iterable[Row], sort: str) -> list[Row]:
    """Return the rows in an order of SORTS, reversed with a leading hyphen."""
    key = SORTS.get(sort.removeprefix("-"), SORTS[USUAL_SORT])
    return sorted(rows, key=key, reverse=sort.startswith("-"))
