"""Working days and wall-clock moments."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.core.worktime import Calendar, local_date, moment

BERLIN = Calendar("Europe/Berlin")
JERUSALEM = Calendar("Asia/Jerusalem", frozenset({6, 0, 1, 2, 3}))
MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (0, date(2026, 3, 2)),
        (4, date(2026, 3, 6)),
        (5, date(2026, 3, 9)),
        (14, date(2026, 3, 20)),
        (-1, date(2026, 2, 27)),
        (-5, date(2026, 2, 23)),
    ],
)
def test_offsets_count_working_days(offset: int, expected: date) -> None:
    assert BERLIN.day_at(MONDAY, offset) == expected


def test_a_start_on_a_day_off_begins_on_the_next_working_day() -> None:
    assert BERLIN.day_at(date(2026, 2, 28), 0) == MONDAY


def test_a_week_from_sunday_to_thursday_is_worked_as_such() -> None:
    assert JERUSALEM.day_at(date(2026, 3, 1), 4) == date(2026, 3, 5)
    assert JERUSALEM.day_at(date(2026, 3, 1), 5) == date(2026, 3, 8)


def test_holidays_and_pauses_are_skipped() -> None:
    calendar = Calendar("Europe/Berlin", days_off=frozenset({date(2026, 3, 3)}))
    assert calendar.day_at(MONDAY, 1) == date(2026, 3, 4)
    paused = calendar.paused([(date(2026, 3, 4), date(2026, 3, 10))])
    assert paused.day_at(MONDAY, 1) == date(2026, 3, 11)


def test_a_calendar_without_working_days_is_refused() -> None:
    with pytest.raises(ValueError, match="no working day"):
        Calendar("UTC", frozenset()).day_at(MONDAY, 0)


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(0, 60),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.dates(date(2024, 1, 1), date(2030, 6, 1)), max_size=30),
)
def test_the_nth_day_has_n_working_days_before_it(
    start: date, offset: int, weekdays: set[int], days_off: set[date]
) -> None:
    calendar = Calendar("UTC", frozenset(weekdays), frozenset(days_off))
    day = calendar.day_at(start, offset)
    assert calendar.is_working(day)
    assert calendar.working_days(start, day) == offset + 1


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("America/New_York", date(2026, 3, 7), date(2026, 3, 8)),
        ("America/New_York", date(2026, 10, 31), date(2026, 11, 1)),
        ("Asia/Jerusalem", date(2026, 3, 26), date(2026, 3, 27)),
        ("Asia/Jerusalem", date(2026, 10, 24), date(2026, 10, 25)),
        ("Asia/Shanghai", date(2026, 3, 7), date(2026, 3, 8)),
    ],
)
def test_one_minute_to_midnight_stays_so_across_clock_changes(
    zone: str, before: date, after: date
) -> None:
    for day in (before, after):
        at = moment(day, time(23, 59), zone, last=True)
        assert at.astimezone(ZoneInfo(zone)).time() == time(23, 59)
        assert local_date(at, zone) == day


def test_a_skipped_time_moves_over_the_jump() -> None:
    at = moment(date(2026, 3, 29), time(2, 30), "Europe/Berlin", last=True)
    assert at == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_of_a_time_that_happens_twice_a_deadline_takes_the_second() -> None:
    first = moment(date(2026, 10, 25), time(2, 30), "Europe/Berlin")
    last = moment(date(2026, 10, 25), time(2, 30), "Europe/Berlin", last=True)
    assert last - first == timedelta(hours=1)


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.times(),
    st.sampled_from(["America/New_York", "Asia/Jerusalem", "Asia/Shanghai", "Pacific/Apia"]),
)
def test_a_moment_has_its_wall_clock_time_unless_it_is_skipped(
    day: date, at: time, zone: str
) -> None:
    found = moment(day, at, zone, last=True).astimezone(ZoneInfo(zone))
    shown = datetime.combine(day, at)
    assert timedelta(0) <= found.replace(tzinfo=None, fold=0) - shown <= timedelta(days=1)
