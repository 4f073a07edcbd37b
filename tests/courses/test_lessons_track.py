"""Track pages: the weeks, the same numbers for everybody who may see them, why not done."""

import re
from datetime import timedelta
from typing import Any

import pytest

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.courses import operations
from lms.courses.models import DateException
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.trails import Trail, make_trail


@pytest.fixture
def trail(sqlite_database: Database, people: Cast) -> Trail:
    with sqlite_database.writing() as session:
        return make_trail(session, people, MONDAY)


def finish(database: Database, people: Cast, trail: Trail, slug: str) -> None:
    with database.writing() as session:
        operations.finish_step(
            session,
            actor=people.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step(slug),
            now=MONDAY,
        )


def speak(database: Database, person_id: int, language: str) -> None:
    with database.writing() as session:
        session.get_one(Person, person_id).language = language


def test_the_track_page_shows_weeks_days_steps_and_when_locked_weeks_open(
    browser: Any, people: Cast, trail: Trail
) -> None:
    page = browser(people.maya).get("/track").text
    for words in ("Week 1: Week 1 title", "A theme", "A goal", "Mon 2 Mar", "Orders", "Coach case"):
        assert words in page
    assert "Opens on Mon 9 Mar" in page
    assert "Opens on Mon 16 Mar" in page
    assert "Due today" in page
    assert "/steps/onboarding/orders" in page


def test_progress_is_the_same_number_for_trainee_coach_trainer_and_manager(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    finish(sqlite_database, people, trail, "orders")
    own = browser(people.maya).get("/track").text
    assert "1 of 10 steps done" in own
    assert "10 %" in own
    for who in (people.ravi, people.noa, people.ines, people.ada, people.mei):
        page = browser(who).get(f"/people/{people.maya}/track").text
        assert "1 of 10 steps done" in page
        assert "Maya Winter" in page
        why = browser(who).get(f"/people/{people.maya}/track/why").text
        assert "1 of 10 steps done" in why


@pytest.mark.parametrize("who", ["ben", "lior", "tomas", "olga", "oleg"])
@pytest.mark.parametrize("page", ["track", "track/why"])
def test_strangers_get_the_same_404_as_for_nobody(
    browser: Any, people: Cast, trail: Trail, who: str, page: str
) -> None:
    client = browser(getattr(people, who))
    assert client.get(f"/people/{people.maya}/{page}").status_code == 404
    assert client.get(f"/people/999999/{page}").status_code == 404


def test_somebody_without_a_track_gets_a_friendly_page(
    browser: Any, people: Cast, trail: Trail
) -> None:
    assert "You are not on a track" in browser(people.oleg).get("/track").text
    assert "You are not on a track" in browser(people.oleg).get("/track/why").text
    page = browser(people.tomas).get(f"/people/{people.lior}/track")
    assert page.status_code == 200
    assert "Not on a track" in page.text


def test_why_not_done_gives_the_rule_and_a_reason_for_every_open_step(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, clock: FixedClock
) -> None:
    finish(sqlite_database, people, trail, "orders")
    with sqlite_database.writing() as session:
        maya, ravi = people.actor("maya"), people.actor("ravi")
        for slug in ("coach-case", "manager-case"):
            operations.claim_task(
                session,
                actor=maya,
                assignment_id=trail.maya,
                step_id=trail.step(slug),
                note="done",
                now=MONDAY,
            )
        operations.return_task(
            session,
            actor=ravi,
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            because="Tell it in order",
            follow_up_on=(MONDAY + timedelta(days=3)).date(),
            now=MONDAY,
        )
        session.add(
            DateException(
                assignment_id=trail.maya,
                step_id=trail.step("trainer-case"),
                kind="waive",
                reason="Did it last year",
                made_at=MONDAY,
            )
        )
    clock.moment = MONDAY + timedelta(days=1)
    page = browser(people.maya).get("/track/why").text
    plain = re.sub(r"[\u2068\u2069]", "", page)
    for words in (
        "required steps that are done",
        "1 of 9 steps done",
        "Waiting for Noa Peretz since Mon 2 Mar.",
        "Not yet, because: Tell it in order. To be shown again on Thu 5 Mar.",
        "The session was on Mon 2 Mar, 10:00; attendance has not been noted yet.",
        "Opens on Mon 9 Mar.",
        "Open since Mon 2 Mar.",
        "Waived: Did it last year",
        "Offered only.",
        "Was due Mon 2 Mar",
    ):
        assert words in plain
    assert "Orders" not in plain


@pytest.mark.parametrize("address", ["/track", "/track/why"])
def test_a_track_page_costs_at_most_six_statements(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, address: str
) -> None:
    client = browser(people.maya)
    client.get(address)
    with counting(sqlite_database) as statements:
        assert client.get(address).status_code == 200
    assert len(statements) <= 6, statements


def test_the_page_of_another_costs_at_most_six_statements(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.ravi)
    client.get(f"/people/{people.maya}/track")
    with counting(sqlite_database) as statements:
        assert client.get(f"/people/{people.maya}/track").status_code == 200
    assert len(statements) <= 6, statements


def test_a_hebrew_page_runs_from_right_to_left(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    speak(sqlite_database, people.maya, "he")
    for address in ("/track", "/track/why", "/steps/onboarding/orders"):
        page = browser(people.maya).get(address).text
        assert '<html lang="he" dir="rtl"' in page


def test_an_ended_track_stays_readable(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    from lms.core.permissions import SYSTEM
    from lms.courses.planning import end_assignment

    with sqlite_database.writing() as session:
        end_assignment(session, actor=SYSTEM, assignment_id=trail.maya, why="Moved", now=MONDAY)
    page = browser(people.maya).get("/track").text
    assert "This track has ended" in page
    assert "Orders" in page
