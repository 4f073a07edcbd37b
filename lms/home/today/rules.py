"""What Today decides by itself: the part of the day, and what stands first. Pure."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from lms.courses.rules import State
from lms.courses.standing import Standing, StepStanding, Timing

ROWS = 7
"""So many steps are listed on Today; the rest is on the track."""
COMING = 3
"""So many steps are shown of what comes next when the day is done."""
SELF_CHECK_DAYS = 5
"""Until this day a new hire is reminded of the questions of day one."""


class DayPart(StrEnum):
    """What one wishes each other."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"


def day_part(hour: int) -> DayPart:
    """Return the part of the day that an hour of the wall clock belongs to."""
    if 4 <= hour < 12:
        return DayPart.MORNING
    return DayPart.AFTERNOON if 12 <= hour < 18 else DayPart.EVENING


def first_name(name: str) -> str:
    """Return how one greets a person: the first word of the name."""
    return name.split(maxsplit=1)[0] if name.strip() else name


class Stage(StrEnum):
    """Where a trainee stands in the whole of the track."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"
    """The weeks are over and something is still open."""
    FINISHED = "finished"
    ENDED = "ended"
    """Somebody ended it before everything was done."""


def stage(standing: Standing, *, ended: bool) -> Stage:
    """Return where a trainee stands: everything done wins over the calendar."""
    if standing.progress.total and standing.progress.complete:
        return Stage.FINISHED
    if ended:
        return Stage.ENDED
    if standing.day == 0:
        return Stage.BEFORE
    return Stage.AFTER if standing.day > standing.last_day else Stage.DURING


def day_list(standing: Standing) -> list[StepStanding]:
    """Return what is on today's list, in the order to read it.

    What comes next, what came back, what is late, what is planned; then what waits for somebody
    else, and what is done.
    """
    of_today = standing.of_today()
    known = {s.step.id for s in of_today}
    others = [s for s in standing.steps if s.step.id not in known and _is_under_way(s)]
    return sorted([*of_today, *others], key=lambda s: _place(s, standing.next_step))


def _is_under_way(step: StepStanding) -> bool:
    """Whether a task was shown already, on whatever day it is due."""
    return not step.waived and step.state in (State.CLAIMED, State.RETURNED)


def _place(step: StepStanding, following: StepStanding | None) -> tuple[int, int]:
    if following is not None and step.step.id == following.step.id:
        rank = 0
    elif step.state is State.RETURNED:
        rank = 1
    elif step.done:
        rank = 5
    elif step.state is State.CLAIMED:
        rank = 4
    else:
        rank = 2 if step.timing is Timing.LATE else 3
    return rank, step.step.position


def minutes_left(steps: Iterable[StepStanding]) -> int:
    """Return how long what can still be done on a list takes."""
    return sum(s.step.minutes for s in steps if s.todo)


def coming(standing: Standing) -> list[StepStanding]:
    """Return the next required steps that nobody has begun and that are not for today.

    On a day off, those of the next working day.
    """
    of_today = {s.step.id for s in standing.of_today()}
    last_day = standing.works_on if standing.is_day_off else date.max
    return [
        s
        for s in standing.steps
        if s.step.required
        and not s.waived
        and s.state is State.OPEN
        and s.step.id not in of_today
        and standing.today < s.dates.planned_on <= last_day
    ][: ROWS if standing.is_day_off else COMING]
