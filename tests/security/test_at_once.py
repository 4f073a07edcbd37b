"""The same form many times at once, as double clicks, lost replies and impatience make them."""

import threading
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.courses.models import DateException, StepEvent
from lms.people.models import Holiday, Person, Site
from tests.security.conftest import World

TIMES = 20


def all_at_once(
    world: World, who: str, url: str, forms: list[dict[str, Any]]
) -> list[tuple[int, str | None]]:
    """Send each form from a thread of its own, all in one moment; return status and location."""
    senders = [world.browser(who) for _form in forms]
    tokens = [sender.csrf_token("/account/password") for sender in senders]
    barrier = threading.Barrier(len(forms))
    answers: list[tuple[int, str | None]] = []

    def send(number: int) -> None:
        barrier.wait()
        with senders[number].post(url, data={"csrf_token": tokens[number], **forms[number]}) as got:
            answers.append((got.status_code, got.location))

    threads = [threading.Thread(target=send, args=(n,)) for n in range(len(forms))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def person_form(**more: str) -> dict[str, str]:
    return {
        "name": "Nia Olsen",
        "email": "nia@northfold.com",
        "roles": "trainee",
        "intake_id": "0",
        "site_id": "0",
        "department_id": "0",
        "first_category": "0",
        "second_category": "0",
        "manager": "",
        "language": "",
        **more,
    }


CASES = {
    "a new person": ("ada", "/people/new", person_form(), Person, 1),
    "a new site": (
        "ada",
        "/settings/sites/new",
        {"name": "Fell", "time_zone": "UTC", "week_starts_on": "0", "working_weekdays": "1"},
        Site,
        1,
    ),
    "a day off": (
        "ada",
        "/settings/holidays",
        {"name": "A day", "on_date": "2026-06-01", "site": "0"},
        Holiday,
        1,
    ),
    "a shift of dates": (
        "ines",
        "/intakes/1/dates/shift",
        {"whom": "0", "step_id": "0", "days": "2", "reason": "Snow"},
        DateException,
        1,
    ),
    "a lesson finished": ("maya", "/steps/onboarding/orders/done", {}, StepEvent, 1),
    "a claim confirmed": (
        "ravi",
        "/claims/{assignment_id}/{step_id}/confirm",
        {"seen": "1", "note": "Good"},
        StepEvent,
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_one_form_sent_many_times_at_once_has_one_effect_and_one_answer(
    world: World, case: str
) -> None:
    who, url, form, table, more = CASES[case]
    url = url.format(**world.samples)
    before = count(world, table)
    answers = all_at_once(world, who, url, [{**form, "_key": "the same"}] * TIMES)
    assert len(set(answers)) == 1, Counter(answers)
    assert answers[0][0] == 303
    assert count(world, table) == before + more


ONE_EACH = [case for case in CASES if case != "a shift of dates"]
"""Two shifts asked for are two shifts; of the others there can be only one."""


@pytest.mark.parametrize("case", ONE_EACH)
def test_the_same_act_from_many_pages_at_once_has_one_effect_and_no_accident(
    world: World, case: str
) -> None:
    who, url, form, table, more = CASES[case]
    forms = [{**form, "_key": f"page {n}"} for n in range(TIMES)]
    before = count(world, table)
    answers = Counter(
        status for status, _ in all_at_once(world, who, url.format(**world.samples), forms)
    )
    assert set(answers) <= {303, 409, 422}, answers
    assert answers[303] >= 1
    assert count(world, table) == before + more


def test_a_form_that_was_mended_and_sent_again_is_another_act(small_world: World) -> None:
    sender = small_world.browser("ada")
    form = person_form(_key="the same")
    first = sender.submit("/people/new", form)
    again = sender.submit("/people/new", {**form, "email": "nia.olsen@northfold.com"})
    same = sender.submit("/people/new", form)
    assert first.location != again.location
    assert same.location == first.location


def test_somebody_elses_key_does_not_give_their_answer(small_world: World) -> None:
    form = {"whom": "0", "step_id": "0", "days": "2", "reason": "Snow", "_key": "the same"}
    before = count(small_world, DateException)
    for who in ("ines", "ada", "ines"):
        assert small_world.browser(who).submit("/intakes/1/dates/shift", form).status_code == 303
    assert count(small_world, DateException) == before + 2


def count(world: World, table: Any) -> int:
    with world.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0
