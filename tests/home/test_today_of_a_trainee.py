"""Today of a trainee, as they see it from before the first day to the last."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.courses.models import Assignment, StepEvent
from lms.people.models import Company, Holiday, Person, SelfCheckAnswer
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Track, assignment_of, make_crowd, record
from tests.home.pages import addresses, words


@pytest.fixture
def maya(people: Cast, track: Track, sqlite_database: Database) -> int:
    """Maya's assignment."""
    with sqlite_database.reading() as session:
        return assignment_of(session, people.maya)


def test_the_first_morning_greets_and_names_one_step(
    people: Cast, track: Track, browser: Any
) -> None:
    page = browser(people.maya).get("/").get_data(as_text=True)
    assert "Good morning, Maya" in words(page)
    assert "Day 1 of 15 · week 1: Week 1 title" in words(page)
    assert "Start: Orders (30 min)" in words(page)
    assert page.count("btn-primary") == 1


def test_the_greeting_follows_the_clock_where_the_reader_is(
    people: Cast, track: Track, browser: Any, sqlite_database: Database, clock: FixedClock
) -> None:
    maya = browser(people.maya)
    greetings = []
    for zone in ("Asia/Shanghai", "Pacific/Auckland", "America/New_York"):
        with sqlite_database.writing() as session:
            session.get_one(Person, people.maya).time_zone = zone
        greetings.append(words(maya.get("/").get_data(as_text=True)).partition(",")[0])
    assert greetings == ["Good afternoon", "Good evening", "Good evening"]


def test_before_the_first_day_it_says_when_and_what_to_expect(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    clock.moment = MONDAY - timedelta(days=3)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "You start on Monday 2 March." in page
    assert "What to expect" in page
    assert "Orders" in page
    assert "Was due" not in page
    assert "Next session" in page


def test_what_came_back_stands_first_with_its_reason(
    people: Cast, track: Track, browser: Any, maya: int, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        record(session, maya, track.steps["orders"], "done", at=MONDAY, actor_id=people.maya)
        record(session, maya, track.steps["first-case"], "claimed", at=MONDAY, actor_id=people.maya)
        session.add(
            StepEvent(
                assignment_id=maya,
                step_id=track.steps["first-case"],
                step_version_id=_version(session, track, "first-case"),
                sequence=2,
                kind="returned",
                at=MONDAY,
                actor_id=people.ravi,
                note="Name the customer's goal",
                follow_up_on=MONDAY.date(),
            )
        )
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Try again: First case" in page
    assert "because: Name the customer's goal" in page
    assert page.index("First case Do") < page.index("Welcome Meet")


def test_a_claim_stays_on_the_list_while_it_waits(
    people: Cast, track: Track, browser: Any, maya: int, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        record(session, maya, track.steps["first-case"], "claimed", at=MONDAY, actor_id=people.maya)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Waiting to be confirmed" in page
    assert "Ravi Menon" in page


def test_a_day_that_is_done_shows_what_comes_next(
    people: Cast,
    track: Track,
    browser: Any,
    maya: int,
    sqlite_database: Database,
    clock: FixedClock,
) -> None:
    with sqlite_database.writing() as session:
        record(session, maya, track.steps["orders"], "done", at=MONDAY, actor_id=people.maya)
        record(session, maya, track.steps["welcome"], "attended", at=MONDAY, actor_id=people.ines)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Coming up" in page
    assert "Returns Read" in page
    assert "left for today" not in page


def test_a_missed_session_is_not_also_said_to_be_unnoted(
    people: Cast,
    track: Track,
    browser: Any,
    maya: int,
    sqlite_database: Database,
    clock: FixedClock,
) -> None:
    clock.moment = MONDAY + timedelta(days=1)
    unnoted = "Attendance has not been noted yet"
    assert unnoted in words(browser(people.maya).get("/").get_data(as_text=True))
    with sqlite_database.writing() as session:
        record(session, maya, track.steps["welcome"], "missed", at=MONDAY, actor_id=people.ines)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Missed" in page
    assert unnoted not in page


def test_a_day_off_says_so_and_shows_what_the_next_working_day_brings(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    clock.moment = MONDAY + timedelta(days=5)
    saturday = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "A day off. Day 6 of 15 is on Monday 9 March." in saturday
    assert "left for today" not in saturday
    assert "Was due Mon 2 Mar" in saturday
    clock.moment = MONDAY + timedelta(days=7)
    monday = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Day 6 of 15 · week 2" in monday
    assert "A day off" not in monday


def test_a_holiday_with_nothing_open_lists_the_steps_of_the_day_after(
    people: Cast,
    track: Track,
    browser: Any,
    maya: int,
    sqlite_database: Database,
    clock: FixedClock,
) -> None:
    with sqlite_database.writing() as session:
        record(session, maya, track.steps["orders"], "done", at=MONDAY, actor_id=people.maya)
        record(session, maya, track.steps["first-case"], "confirmed", at=MONDAY)
        record(session, maya, track.steps["welcome"], "attended", at=MONDAY, actor_id=people.ines)
        tuesday = MONDAY.date() + timedelta(days=1)
        session.add(Holiday(site_id=people.harbour, on_date=tuesday, name="Spring day"))
        session.get_one(Company, 1).version += 1
    clock.moment = MONDAY + timedelta(days=1)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Nothing is asked of you today." in page
    assert page.index("Wednesday 4 March") < page.index("Returns Read")


def test_what_is_late_says_since_when(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    clock.moment = MONDAY + timedelta(days=2)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Was due Mon 2 Mar" in page
    assert "Day 3 of 15" in page


def test_after_the_weeks_what_is_open_is_still_offered(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    clock.moment = MONDAY + timedelta(days=30)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Your weeks are over; 7 steps are still open." in page
    assert "Start: Orders" in page


def test_whoever_has_done_everything_is_told_so(
    people: Cast, track: Track, browser: Any, maya: int, sqlite_database: Database
) -> None:
    finish = {"welcome": "attended", "stories": "attended"}
    with sqlite_database.writing() as session:
        for slug, step_id in track.steps.items():
            kinds = {"first-case": ("claimed", "confirmed"), "live": ("claimed", "confirmed")}
            done = kinds.get(slug, (finish.get(slug, "done"),))
            record(session, maya, step_id, *done, at=MONDAY, actor_id=people.maya)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "You have done everything on this track." in page
    assert "Look back at your track" in page
    assert "7 of 7 steps done" in page
    assert "What is still open?" not in page


def test_without_a_track_it_is_friendly_and_leads_on(people: Cast, browser: Any) -> None:
    page = browser(people.maya).get("/").get_data(as_text=True)
    assert "No track is set up for you yet." in words(page)
    assert "Ravi Menon" in words(page)
    assert "/profile/self-check" in addresses(page)


def test_a_track_that_was_ended_asks_for_nothing_more(
    people: Cast, track: Track, browser: Any, maya: int, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Assignment, maya).ended_at = MONDAY
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "Your track has ended." in page
    assert "Start:" not in page


def test_the_questions_of_day_one_are_offered_until_they_are_answered(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    maya = browser(people.maya)
    assert "/profile/self-check" in addresses(maya.get("/").get_data(as_text=True))
    with sqlite_database.writing() as session:
        session.add(
            SelfCheckAnswer(
                person_id=people.maya, question="passion", answer="Granite", answered_at=MONDAY
            )
        )
    assert "/profile/self-check" not in addresses(maya.get("/").get_data(as_text=True))


def test_who_is_beside_one_can_be_written_to(people: Cast, track: Track, browser: Any) -> None:
    page = browser(people.maya).get("/").get_data(as_text=True)
    assert "mailto:ravi@northfold.test" in page
    assert "mailto:noa@northfold.test" in page
    assert "Tomas Lind" not in page


def test_somebody_who_left_stands_beside_nobody(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ravi).deactivated_at = MONDAY
    assert "Ravi Menon" not in browser(people.maya).get("/").get_data(as_text=True)


def test_a_session_elsewhere_shows_both_clocks(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).time_zone = "Asia/Jerusalem"
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert "today, 11:00" in page
    assert "10:00 in Berlin" in page


def test_the_page_costs_six_statements_however_many_people_there_are(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    maya = browser(people.maya)
    maya.get("/")
    with counting(sqlite_database) as alone:
        maya.get("/")
    with sqlite_database.writing() as session:
        make_crowd(
            session,
            MONDAY,
            track,
            count=10_000,
            intake_id=people.later,
            site_id=people.harbour,
            done=("orders",),
        )
    with counting(sqlite_database) as in_a_crowd:
        page = maya.get("/")
    assert page.status_code == 200
    assert len(alone) <= 6
    assert len(in_a_crowd) == len(alone)


def test_somebody_far_behind_still_gets_a_short_page(
    people: Cast, browser: Any, sqlite_database: Database, clock: FixedClock
) -> None:
    from lms.courses.planning import assign_person
    from tests.courses.tracks import Wanted, make_track

    steps = [Wanted(f"step-{n}", week=n // 20 + 1, day=n // 4 % 5 + 1) for n in range(60)]
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY, steps)
        assign_person(
            session,
            actor=people.actor("ines"),
            person_id=people.maya,
            course_slug=made.slug,
            starts_on=date(2026, 3, 2),
            now=MONDAY,
        )
    clock.moment = datetime(2026, 3, 27, 9, tzinfo=UTC)
    response = browser(people.maya).get("/")
    assert len(response.data) <= 25_000
    assert "53 more on your track" in words(response.get_data(as_text=True))


def _version(session: Any, track: Track, slug: str) -> int:
    from sqlalchemy import select

    from lms.courses.models import StepVersion

    found: int = session.scalars(
        select(StepVersion.id).where(StepVersion.step_id == track.steps[slug])
    ).one()
    return found
