"""When an intake runs, and what may be said of one, as pure rules."""

from datetime import date

import pytest

from lms.core.errors import Refused
from lms.core.worktime import Calendar
from lms.people.intakes.rules import (
    IntakePlan,
    Phase,
    check_plan,
    check_reason,
    check_start,
    first_day,
    last_day,
    phase,
)

BERLIN = Calendar("Europe/Berlin", days_off=frozenset({date(2026, 3, 9)}))
SATURDAY = date(2026, 3, 7)


def test_day_one_is_the_next_working_day_when_the_start_is_none() -> None:
    assert first_day(SATURDAY, BERLIN) == date(2026, 3, 10)
    assert last_day(SATURDAY, BERLIN) == date(2026, 3, 30)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 3, 9), Phase.UPCOMING),
        (date(2026, 3, 10), Phase.RUNNING),
        (date(2026, 3, 30), Phase.RUNNING),
        (date(2026, 3, 31), Phase.PAST),
        (date(2027, 3, 31), Phase.PAST),
    ],
)
def test_an_intake_runs_for_three_weeks_of_working_days(today: date, expected: Phase) -> None:
    assert phase(SATURDAY, today, BERLIN) is expected


def test_a_name_without_latin_letters_takes_its_short_name_from_the_start() -> None:
    plan = check_plan(IntakePlan("Весна", "", 1, ""), date(2026, 3, 2))
    assert (plan.slug, plan.language) == ("intake-2026-03-02", None)


@pytest.mark.parametrize("day", [date(1999, 12, 31), date(2100, 1, 1)])
def test_a_start_that_cannot_be_meant_is_refused(day: date) -> None:
    with pytest.raises(Refused, match="start_far"):
        check_start(day)


@pytest.mark.parametrize(("reason", "code"), [("  ", "why_missing"), ("x" * 501, "why_long")])
def test_a_reason_says_something_and_not_too_much(reason: str, code: str) -> None:
    with pytest.raises(Refused, match=code):
        check_reason(reason)
