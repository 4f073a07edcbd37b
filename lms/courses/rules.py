"""What happens to a step, and how far somebody is. Pure: no database, no clock.

The plain rule of progress: the required steps of the pinned version that are done, of all its
required steps that are not waived.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lms.core.errors import NotAllowed, Refused
from lms.core.permissions import Actor, Role


class State(StrEnum):
    """Where one step stands for one person. Derived from its events."""

    OPEN = "open"
    CLAIMED = "claimed"
    RETURNED = "returned"
    MISSED = "missed"
    DONE = "done"


class Event(StrEnum):
    """What can be done about a step. Stored in StepEvent.kind."""

    DONE = "done"
    CLAIMED = "claimed"
    WITHDRAWN = "withdrawn"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    ATTENDED = "attended"
    MISSED = "missed"
    REOPENED = "reopened"


_FINISH = {
    (State.OPEN, Event.DONE): State.DONE,
    (State.DONE, Event.REOPENED): State.OPEN,
}
_TASK = {
    (State.OPEN, Event.CLAIMED): State.CLAIMED,
    (State.RETURNED, Event.CLAIMED): State.CLAIMED,
    (State.CLAIMED, Event.WITHDRAWN): State.OPEN,
    (State.CLAIMED, Event.CONFIRMED): State.DONE,
    (State.CLAIMED, Event.RETURNED): State.RETURNED,
    (State.DONE, Event.REOPENED): State.OPEN,
}
_SESSION = {
    (State.OPEN, Event.ATTENDED): State.DONE,
    (State.MISSED, Event.ATTENDED): State.DONE,
    (State.OPEN, Event.MISSED): State.MISSED,
    (State.DONE, Event.REOPENED): State.OPEN,
}
TRANSITIONS: Mapping[str, Mapping[tuple[State, Event], State]] = {"do": _TASK, "meet": _SESSION}
"""By step kind; every other kind, registered ones included, is finished by its own rule."""


def next_state(kind: str, state: State, event: Event) -> State:
    """Return the state after an event; raise Refused `step_state` when it cannot happen now."""
    table = TRANSITIONS.get(kind, _FINISH)
    try:
        return table[state, event]
    except KeyError:
        raise Refused("step_state", state=state.value, event=event.value) from None


def state_after(kind: str, events: Iterable[str]) -> State:
    """Return the state after these events, oldest first.

    An event that cannot happen in its state changes nothing: operations never write one, and a
    reader of many people must not stumble over one of them.
    """
    table = TRANSITIONS.get(kind, _FINISH)
    state = State.OPEN
    for event in events:
        state = table.get((state, Event(event)), state)
    return state


@dataclass(frozen=True)
class Progress:
    """How many of the required steps are done. `done` never exceeds `total`."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """Return whole percents, rounded down: 100 only when everything is done."""
        return 100 if self.total == 0 else self.done * 100 // self.total

    @property
    def complete(self) -> bool:
        """Whether nothing required is left."""
        return self.done == self.total


@dataclass(frozen=True)
class Counted:
    """One step as progress sees it."""

    required: bool
    waived: bool
    state: State


def progress(steps: Iterable[Counted]) -> Progress:
    """Return progress by the plain rule at the top of this file."""
    asked = [step for step in steps if step.required and not step.waived]
    return Progress(done=sum(step.state is State.DONE for step in asked), total=len(asked))


def check_confirmer(
    actor: Actor, role: str, *, person_id: int, coaches: Collection[int], manager: int | None
) -> None:
    """Raise NotAllowed unless the actor may confirm this trainee's task for the named role.

    Nobody confirms their own. A coach or manager must be the trainee's own; a trainer or mentor
    confirms by role. A trainer may stand in for a coach or mentor.
    """
    if actor.person_id == person_id:
        raise NotAllowed("own_task")
    if actor.is_system or (actor.has(Role.TRAINER) and role != Role.MANAGER):
        return
    if not actor.has(Role(role)):
        raise NotAllowed("confirm_role")
    if role == Role.COACH and actor.person_id not in coaches:
        raise NotAllowed("not_their_coach")
    if role == Role.MANAGER and actor.person_id != manager:
        raise NotAllowed("not_their_manager")


def check_follow_up(follow_up_on: date | None, today: date) -> date:
    """Return the day of a follow-up; raise Refused unless it is within the next 30 days."""
    if follow_up_on is None:
        raise Refused("follow_up_missing", field="follow_up_on")
    if not 0 <= (follow_up_on - today).days <= 30:
        raise Refused("follow_up_range", field="follow_up_on")
    return follow_up_on


@dataclass(frozen=True)
class LastEvent:
    """The newest event of a step, for showing why it stands where it stands."""

    kind: Event
    at: datetime
    actor_id: int | None
    note: str | None
    follow_up_on: date | None
    sequence: int
