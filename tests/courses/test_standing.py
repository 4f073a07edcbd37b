"""How far somebody is: next step, today, late, and the same number everywhere."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lms.core.worktime import Calendar
from lms.courses.outline import OutlineStep
from lms.courses.rules import Event, LastEvent, State
from lms.courses.schedule import Adjustment, Appointment, Frame
from lms.courses.standing import Standing, Timing, stand
from tests.courses.outlines import make_outline, make_step

START = date(2026, 3, 2)
MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def standing(
    steps: list[OutlineStep],
    events: dict[int, tuple[State, LastEvent]] | None = None,
    now: datetime = MONDAY,
    **frame: Any,
) -> Standing:
    frame.setdefault("calendar", Calendar("Europe/Berlin"))
    return stand(
        make_outline(steps), Frame(starts_on=START, own_start=START, **frame), events or {}, now
    )


def event(kind: Event, follow_up_on: date | None = None) -> LastEvent:
    return LastEvent(kind, MONDAY, 1, "because", follow_up_on, 1)


def test_the_next_step_is_the_first_required_one_that_is_open() -> None:
    steps = [make_step(1, required=False), make_step(2), make_step(3)]
    found = standing(steps).next_step
    assert found is not None
    assert found.step.id == 2
    done = {2: (State.DONE, event(Event.DONE))}
    after = standing(steps, done).next_step
    assert after is not None
    assert after.step.id == 3


def test_a_follow_up_comes_first_on_its_day_and_not_before() -> None:
    steps = [make_step(1), make_step(2, "do")]
    for follow_up, expected in ((START, 2), (START + timedelta(days=1), 1)):
        returned = {2: (State.RETURNED, event(Event.RETURNED, follow_up))}
        found = standing(steps, returned).next_step
        assert found is not None
        assert found.step.id == expected


def test_a_returned_task_is_due_by_the_end_of_its_follow_up_day() -> None:
    returned = {1: (State.RETURNED, event(Event.RETURNED, date(2026, 3, 5)))}
    day_ends = datetime(2026, 3, 5, 22, 59, tzinfo=UTC)
    before = standing([make_step(1, "do")], returned, day_ends - timedelta(minutes=1))
    assert before.late == []
    assert (before.late_days, before.steps[0].timing) == (0, Timing.TODAY)
    assert before.steps[0].dates.due_on == date(2026, 3, 5)
    after = standing([make_step(1, "do")], returned, day_ends + timedelta(minutes=1))
    assert [s.step.id for s in after.late] == [1]
    assert after.late_days == 1


def test_a_follow_up_before_the_deadline_does_not_make_it_earlier() -> None:
    returned = {1: (State.RETURNED, event(Event.RETURNED, START))}
    found = standing([make_step(1, "do", day=3)], returned, MONDAY + timedelta(days=1))
    assert found.steps[0].dates.due_on == START + timedelta(days=2)
    assert found.late == []


def test_a_pause_counts_no_days_of_the_course() -> None:
    pause = Adjustment(1, "pause", "ill", from_on=date(2026, 3, 3), until_on=date(2026, 3, 4))
    paused = [
        standing([make_step(1)], now=MONDAY + timedelta(days=n), exceptions=[pause])
        for n in range(5)
    ]
    assert [found.day for found in paused] == [1, 1, 1, 2, 3]


def test_a_course_that_has_begun_is_on_its_first_day_also_in_a_pause() -> None:
    pause = Adjustment(1, "pause", "ill", from_on=START, until_on=START + timedelta(days=1))
    days = [
        standing([make_step(1)], now=MONDAY + timedelta(days=n), exceptions=[pause]).day
        for n in (-1, 0, 1, 2, 3)
    ]
    assert days == [0, 1, 1, 1, 2]


def test_a_claim_waits_for_somebody_else_so_it_is_not_next_and_not_late() -> None:
    claimed = {1: (State.CLAIMED, event(Event.CLAIMED))}
    found = standing([make_step(1, "do")], claimed, MONDAY + timedelta(days=9))
    assert found.next_step is None
    assert found.late == []
    assert [s.step.id for s in found.claimed] == [1]


def test_a_session_is_the_next_step_on_its_day_and_only_until_it_is_over() -> None:
    steps = [make_step(1, "meet", day=2, options={"at": "10:00"}), make_step(2, day=3)]
    ten = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    for now, expected in (
        (MONDAY, 2),
        (ten - timedelta(hours=1), 1),
        (ten + timedelta(minutes=10), 1),
        (ten + timedelta(hours=2), 2),
        (ten + timedelta(days=3), 2),
    ):
        found = standing(steps, now=now).next_step
        assert found is not None
        assert found.step.id == expected, now


def test_a_missed_session_is_not_the_next_step_until_the_day_of_its_new_date() -> None:
    steps = [make_step(1, "meet", options={"at": "10:00"}), make_step(2, week=2)]
    missed = {1: (State.MISSED, event(Event.MISSED))}
    afternoon = MONDAY + timedelta(hours=6)
    assert standing(steps, missed, afternoon).next_step is None
    again = {1: Appointment(START + timedelta(days=3), time(10), "Europe/Berlin", "")}
    for days, expected in ((1, None), (3, 1), (4, None)):
        found = standing(steps, missed, MONDAY + timedelta(days=days), meetings=again).next_step
        assert (found.step.id if found else None) == expected, days


def test_weeks_open_by_themselves() -> None:
    steps = [make_step(1), make_step(2, week=2)]
    done = {1: (State.DONE, event(Event.DONE))}
    assert standing(steps, done).next_step is None
    later = standing(steps, done, MONDAY + timedelta(days=7))
    assert later.next_step is not None
    assert (later.week, later.day) == (2, 6)


def test_a_missed_date_is_late_but_still_open() -> None:
    found = standing([make_step(1)], now=MONDAY + timedelta(days=2))
    step = found.steps[0]
    assert step.timing is Timing.LATE
    assert step.todo
    assert found.late_days == 2


def test_a_waived_step_is_neither_asked_nor_counted() -> None:
    waived = [Adjustment(1, "waive", "knows it", step_id=1)]
    found = standing([make_step(1), make_step(2)], exceptions=waived)
    assert found.progress.total == 1
    assert [s.step.id for s in found.not_done] == [2]


@given(
    st.lists(
        st.tuples(st.booleans(), st.integers(1, 3), st.sampled_from(list(State))), max_size=30
    ),
    st.integers(-5, 40),
)
def test_weeks_add_up_to_the_whole_and_why_not_done_explains_it(
    plan: list[tuple[bool, int, State]], days: int
) -> None:
    steps = [
        make_step(n, "do", week=week, required=required)
        for n, (required, week, _) in enumerate(plan)
    ]
    events = {
        n: (state, event(Event.CLAIMED))
        for n, (_, _, state) in enumerate(plan)
        if state is not State.OPEN
    }
    found = standing(steps, events, MONDAY + timedelta(days=days))
    weeks = [found.progress_of_week(week) for week in (1, 2, 3)]
    assert sum(week.done for week in weeks) == found.progress.done
    assert sum(week.total for week in weeks) == found.progress.total
    assert len(found.not_done) == found.progress.total - found.progress.done
    assert 0 <= found.progress.percent <= 100
