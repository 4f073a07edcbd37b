"""The state machine of steps and the plain rule of progress."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.errors import NotAllowed, Refused
from lms.core.permissions import SYSTEM, Actor, Role
from lms.courses.rules import (
    TRANSITIONS,
    Counted,
    Event,
    State,
    check_confirmer,
    next_state,
    progress,
    state_after,
)

KINDS = ("read", "watch", "do", "meet", "quiz")


@pytest.mark.parametrize("kind", KINDS)
def test_every_step_that_the_table_does_not_list_is_refused(kind: str) -> None:
    allowed = TRANSITIONS.get(kind, TRANSITIONS.get("read", {}))
    refused = 0
    for state, event in itertools.product(State, Event):
        if kind in TRANSITIONS and (state, event) in allowed:
            assert next_state(kind, state, event) is allowed[state, event]
            continue
        if kind not in TRANSITIONS and (state, event) in (
            (State.OPEN, Event.DONE),
            (State.DONE, Event.REOPENED),
        ):
            continue
        with pytest.raises(Refused, match="step_state"):
            next_state(kind, state, event)
        refused += 1
    assert refused > 25


def test_a_claim_goes_through_not_yet_to_confirmed() -> None:
    events = ["claimed", "returned", "claimed", "confirmed"]
    states = [state_after("do", events[:n]) for n in range(5)]
    assert states == [State.OPEN, State.CLAIMED, State.RETURNED, State.CLAIMED, State.DONE]


def test_an_impossible_event_of_the_past_changes_nothing() -> None:
    assert state_after("do", ["confirmed", "claimed", "done", "confirmed"]) is State.DONE
    assert state_after("read", ["attended"]) is State.OPEN


def test_nobody_confirms_their_own_task() -> None:
    everything = Actor(7, frozenset(Role))
    with pytest.raises(NotAllowed, match="own_task"):
        check_confirmer(everything, "coach", person_id=7, coaches={7}, manager=7)


@pytest.mark.parametrize(
    ("actor", "role", "error"),
    [
        (Actor(1, frozenset({Role.COACH})), "coach", None),
        (Actor(2, frozenset({Role.COACH})), "coach", "not_their_coach"),
        (Actor(3, frozenset({Role.TRAINER})), "coach", None),
        (Actor(3, frozenset({Role.TRAINER})), "mentor", None),
        (Actor(3, frozenset({Role.TRAINER})), "manager", "confirm_role"),
        (Actor(4, frozenset({Role.MANAGER})), "manager", None),
        (Actor(5, frozenset({Role.MANAGER})), "manager", "not_their_manager"),
        (Actor(4, frozenset({Role.MANAGER})), "coach", "confirm_role"),
        (Actor(6, frozenset({Role.MENTOR})), "mentor", None),
        (Actor(6, frozenset({Role.KEEPER})), "mentor", "confirm_role"),
        (SYSTEM, "manager", None),
    ],
)
def test_who_may_confirm(actor: Actor, role: str, error: str | None) -> None:
    ties = {"person_id": 9, "coaches": {1}, "manager": 4}
    if error is None:
        check_confirmer(actor, role, **ties)  # type: ignore[arg-type]
        return
    with pytest.raises(NotAllowed, match=error):
        check_confirmer(actor, role, **ties)  # type: ignore[arg-type]


def test_a_course_without_required_steps_is_complete() -> None:
    assert progress([]).percent == 100
    assert progress([Counted(False, False, State.OPEN)]).complete


counted = st.builds(Counted, st.booleans(), st.booleans(), st.sampled_from(State))


@given(st.lists(counted), st.randoms(use_true_random=False))
def test_progress_stays_between_0_and_100_and_order_does_not_matter(
    steps: list[Counted], random: object
) -> None:
    found = progress(steps)
    assert 0 <= found.percent <= 100
    assert 0 <= found.done <= found.total
    shuffled = steps[::-1]
    assert progress(shuffled) == found
    assert (found.percent == 100) == found.complete


@given(st.lists(counted, min_size=1), st.data())
def test_adding_removing_or_waiving_a_step_never_leaves_the_range(
    steps: list[Counted], data: st.DataObject
) -> None:
    removed = data.draw(st.sampled_from(steps))
    rest = list(steps)
    rest.remove(removed)
    waived = [Counted(s.required, True, s.state) for s in steps]
    for changed in (rest, [*steps, data.draw(counted)], waived):
        assert 0 <= progress(changed).percent <= 100
