"""When steps open, meet and are due, with every kind of exception."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.worktime import Calendar
from lms.courses.outline import OutlineStep
from lms.courses.schedule import Adjustment, Appointment, Frame, StepDates, resolve
from tests.courses.outlines import make_outline, make_step

START = date(2026, 3, 2)
BERLIN = Calendar("Europe/Berlin")


def dates_of(step: OutlineStep, *others: OutlineStep, **frame: Any) -> StepDates:
    outline = make_outline([step, *others])
    frame.setdefault("starts_on", START)
    frame.setdefault("own_start", frame["starts_on"])
    frame.setdefault("calendar", BERLIN)
    return resolve(outline, Frame(**frame))[step.id]


def test_a_step_is_due_at_the_end_of_its_own_day_and_opens_with_its_week() -> None:
    dates = dates_of(make_step(1, week=2, day=3))
    assert dates.due_on == date(2026, 3, 11)
    assert dates.due_at == datetime(2026, 3, 11, 22, 59, tzinfo=UTC)
    assert dates.opens_on == date(2026, 3, 9)
    assert dates.opens_at == datetime(2026, 3, 8, 23, 0, tzinfo=UTC)


def test_a_holiday_moves_everything_after_it() -> None:
    calendar = Calendar("Europe/Berlin", days_off=frozenset({date(2026, 3, 4)}))
    assert dates_of(make_step(1, day=3), calendar=calendar).due_on == date(2026, 3, 5)
    assert dates_of(make_step(1, week=2), calendar=calendar).opens_on == date(2026, 3, 10)


def test_the_whole_frame_follows_the_start() -> None:
    early = dates_of(make_step(1, week=3, day=5))
    late = dates_of(make_step(1, week=3, day=5), starts_on=START + timedelta(days=7))
    assert late.due_on == early.due_on + timedelta(days=7)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("due", "expected"),
    [
        ({"anchor": "intake", "days": 7, "at": "17:00"}, "2026-03-11 17:00"),
        ({"anchor": "own", "days": 0}, "2026-02-26 23:59"),
        ({"days": 1}, "2026-03-03 23:59"),
        ({"anchor": "session:step-2", "days": 2, "at": "12:00"}, "2026-03-06 12:00"),
        ({"anchor": "done:step-3", "days": 3}, "2026-03-10 23:59"),
    ],
)
def test_due_dates_count_from_their_anchor(due: dict[str, Any], expected: str) -> None:
    dates = dates_of(
        make_step(1, due=due),
        make_step(2, "meet", day=3, options={"at": "10:00", "place": "Room"}),
        make_step(3),
        own_start=date(2026, 2, 26),
        done_on={3: date(2026, 3, 5)},
    )
    assert dates.due_at is not None
    local = dates.due_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert f"{local:%Y-%m-%d %H:%M}" == expected


def test_a_date_that_waits_for_another_step_is_open_until_that_is_done() -> None:
    dates = dates_of(make_step(1, due={"anchor": "done:step-2", "days": 1}), make_step(2))
    assert dates.due_at is None
    assert dates.waits_for == 2
    assert not dates.is_late(datetime(2030, 1, 1, tzinfo=UTC))


def test_a_session_takes_place_at_its_wall_clock_time_and_may_be_set_elsewhere() -> None:
    meet = make_step(1, "meet", day=2, options={"at": "10:00", "place": "Training room"})
    dates = dates_of(meet)
    assert dates.meets_at == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
    assert dates.ends_at == dates.due_at == datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
    assert dates.place == "Training room"
    moved = Appointment(date(2026, 3, 5), time(14), "Asia/Jerusalem", "Online", 5)
    dates = dates_of(meet, meetings={1: moved})
    assert dates.meets_at == datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
    assert (dates.place, dates.host_id, dates.due_on) == ("Online", 5, date(2026, 3, 5))


@pytest.mark.parametrize(
    ("exception", "due_on"),
    [
        (Adjustment(1, "shift", "late", days=3), date(2026, 3, 6)),
        (Adjustment(1, "shift", "late", days=-1), date(2026, 3, 2)),
        (Adjustment(1, "shift", "late", step_id=1, days=5), date(2026, 3, 10)),
        (Adjustment(1, "shift", "other step", step_id=2, days=5), date(2026, 3, 3)),
        (
            Adjustment(1, "pause", "ill", from_on=date(2026, 3, 3), until_on=date(2026, 3, 5)),
            date(2026, 3, 6),
        ),
        (Adjustment(1, "set", "exam", step_id=1, on_date=date(2026, 4, 1)), date(2026, 4, 1)),
    ],
)
def test_exceptions_move_a_date(exception: Adjustment, due_on: date) -> None:
    steps = (make_step(1, day=2), make_step(2))
    assert dates_of(*steps, exceptions=[exception]).due_on == due_on


def test_a_session_of_an_intake_waits_for_nobody_but_moves_with_the_intake() -> None:
    meet = make_step(1, "meet", day=3, options={"at": "10:00", "place": "Room"})
    ill = Adjustment(1, "pause", "ill", from_on=date(2026, 3, 3), until_on=date(2026, 3, 6))
    late = Adjustment(2, "shift", "late", days=2)
    assert dates_of(meet, exceptions=[ill, late], shared=True).due_on == date(2026, 3, 4)
    assert dates_of(meet, exceptions=[late]).due_on == date(2026, 3, 6)
    all_late = Adjustment(2, "shift", "hall flooded", days=2, for_intake=True)
    assert dates_of(meet, exceptions=[all_late], shared=True).due_on == date(2026, 3, 6)
    own = Adjustment(3, "shift", "with the next group", step_id=1, days=1)
    assert dates_of(meet, exceptions=[own], shared=True).due_on == date(2026, 3, 5)


def test_unlock_opens_at_once_and_waive_keeps_its_reason() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    step = make_step(1, week=3)
    assert not dates_of(step).is_open(now)
    assert dates_of(step, exceptions=[Adjustment(1, "unlock", "keen")]).is_open(now)
    own = dates_of(step, exceptions=[Adjustment(1, "unlock", "keen", step_id=1)])
    assert own.is_open(now)
    waived = dates_of(step, exceptions=[Adjustment(1, "waive", "knows it", step_id=1)])
    assert waived.waived == "knows it"


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Jerusalem", "Asia/Shanghai"])
@given(start=st.dates(date(2025, 1, 1), date(2027, 12, 31)), day=st.integers(1, 5))
def test_a_deadline_is_at_the_same_wall_clock_time_all_year(
    zone: str, start: date, day: int
) -> None:
    dates = dates_of(make_step(1, week=2, day=day), starts_on=start, calendar=Calendar(zone))
    assert dates.due_at is not None
    local = dates.due_at.astimezone(ZoneInfo(zone))
    assert local.time() == time(23, 59)
    assert local.date() == dates.due_on
