"""The agenda and the feed: sessions and due dates, at the clock that people look at."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.courses.planning import Scope, assign_person, make_exception, set_meeting
from lms.people.account.rules import calendar_token
from lms.people.models import Person, Site
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Track, Wanted, assignment_of, make_track, record
from tests.home.pages import addresses, words


@pytest.fixture
def feed(people: Cast, config: Any, sqlite_database: Database, browser: Any) -> Any:
    """A function that reads Maya's feed, without being signed in."""
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).feed_epoch = 1
    token = calendar_token(config.secret_key, people.maya, 1)

    def read(**headers: str) -> Any:
        return browser().get(f"/calendar/{token}.ics", headers=headers)

    return read


def events(response: Any) -> dict[str, Any]:
    """Return a feed's events by title."""
    assert response.status_code == 200
    assert response.mimetype == "text/calendar"
    calendar = Calendar.from_ical(response.data)
    return {str(event["summary"]): event for event in calendar.walk("VEVENT")}


def test_the_feed_has_sessions_with_their_zone_and_due_dates_as_days(
    track: Track, feed: Any
) -> None:
    found = events(feed())
    welcome = found["Welcome"]
    assert welcome["dtstart"].dt == datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert welcome["dtstart"].params["TZID"] == "Europe/Berlin"
    assert welcome["dtend"].dt - welcome["dtstart"].dt == timedelta(minutes=30)
    assert str(welcome["location"]) == "Training room"
    assert str(welcome["url"]) == "http://127.0.0.1:8000/steps/onboarding/welcome"
    orders = found["Due: Orders"]
    assert orders["dtstart"].dt == date(2026, 3, 2)
    assert orders["dtend"].dt == date(2026, 3, 3)
    assert "Due: Welcome" not in found
    assert "Due: Extra" not in found


def test_what_is_done_or_waived_is_due_no_more(
    people: Cast, track: Track, feed: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        maya = assignment_of(session, people.maya)
        record(session, maya, track.steps["orders"], "done", at=MONDAY, actor_id=people.maya)
        make_exception(
            session,
            actor=people.actor("ines"),
            scope=Scope(assignment_id=maya),
            kind="waive",
            step_id=track.steps["returns"],
            reason="Knows it",
            now=MONDAY,
        )
    found = events(feed())
    assert "Due: Orders" not in found
    assert "Due: Returns" not in found
    assert "Due: Trust" in found


def test_moved_dates_move_in_the_feed_and_keep_their_identity(
    people: Cast, track: Track, feed: Any, sqlite_database: Database
) -> None:
    first = feed()
    before = events(first)
    with sqlite_database.writing() as session:
        set_meeting(
            session,
            actor=people.actor("ines"),
            scope=Scope(intake_id=people.spring),
            step_id=track.steps["welcome"],
            on_date=date(2026, 3, 3),
            at_time=time(14, 30),
            time_zone="Europe/Berlin",
            place="Roof",
            host_id=people.ines,
            now=MONDAY,
        )
    second = feed()
    after = events(second)
    assert after["Welcome"]["uid"] == before["Welcome"]["uid"]
    assert after["Welcome"]["dtstart"].dt.isoformat() == "2026-03-03T14:30:00+01:00"
    assert {e["uid"] for e in after.values()} == {e["uid"] for e in before.values()}
    assert first.headers["ETag"] != second.headers["ETag"]


def test_an_unchanged_feed_is_not_sent_again(track: Track, feed: Any, clock: FixedClock) -> None:
    first = feed()
    clock.moment += timedelta(minutes=5)
    again = feed(**{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    assert first.headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    ("zone", "starts_on", "change"),
    [
        ("America/New_York", date(2026, 3, 2), date(2026, 3, 8)),
        ("America/New_York", date(2026, 10, 26), date(2026, 11, 1)),
        ("Asia/Jerusalem", date(2026, 3, 23), date(2026, 3, 27)),
        ("Asia/Jerusalem", date(2026, 10, 19), date(2026, 10, 25)),
        ("Asia/Shanghai", date(2026, 3, 23), date(2026, 3, 29)),
    ],
)
def test_clock_changes_move_no_wall_clock_time(
    people: Cast,
    feed: Any,
    sqlite_database: Database,
    clock: FixedClock,
    zone: str,
    starts_on: date,
    change: date,
) -> None:
    steps = [
        Wanted("before", "meet", day=1, options={"at": "09:00", "place": "Here"}),
        Wanted("after", "meet", week=2, day=5, options={"at": "09:00", "place": "Here"}),
        Wanted("timed", week=2, day=5, due={"anchor": "intake", "days": 9, "at": "17:00"}),
    ]
    clock.moment = datetime.combine(starts_on, time(6), tzinfo=UTC)
    with sqlite_database.writing() as session:
        session.get_one(Site, people.harbour).time_zone = zone
        made = make_track(session, clock.moment, steps)
        assign_person(
            session,
            actor=people.actor("ines"),
            person_id=people.maya,
            course_slug=made.slug,
            starts_on=starts_on,
            now=clock.moment,
        )
    response = feed()
    found = events(response)
    assert found["Before"]["dtstart"].dt.date() < change < found["After"]["dtstart"].dt.date()
    for title, hour in (("Before", 9), ("After", 9), ("Due: Timed", 17)):
        start = found[title]["dtstart"]
        assert start.params["TZID"] == zone
        assert (start.dt.hour, start.dt.minute) == (hour, 0)
        assert start.dt.utcoffset() == start.dt.replace(tzinfo=ZoneInfo(zone)).utcoffset()
    zones = Calendar.from_ical(response.data).walk("VTIMEZONE")
    assert [str(z["tzid"]) for z in zones] == [zone]
    assert zones[0].to_tz().utcoffset(
        found["After"]["dtstart"].dt.replace(tzinfo=None)
    ) == ZoneInfo(zone).utcoffset(found["After"]["dtstart"].dt.replace(tzinfo=None))


def test_the_feed_speaks_the_persons_language(
    people: Cast, track: Track, feed: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).language = "he"
    calendar = Calendar.from_ical(feed().data)
    assert len(calendar.walk("VEVENT")) == 7


def test_only_the_right_address_of_somebody_who_may_be_in_works(
    people: Cast,
    track: Track,
    feed: Any,
    config: Any,
    browser: Any,
    sqlite_database: Database,
    clock: FixedClock,
) -> None:
    stranger = browser()
    assert feed().status_code == 200
    for token in ("", "x", f"{people.maya}-{'a' * 32}", "0-" + "a" * 32, "..", "9" * 300):
        assert stranger.get(f"/calendar/{token}.ics").status_code == 404, token
    never_made = calendar_token(config.secret_key, people.ben, 0)
    assert stranger.get(f"/calendar/{never_made}.ics").status_code == 404
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).feed_epoch = 2
    assert feed().status_code == 404
    newer = f"/calendar/{calendar_token(config.secret_key, people.maya, 2)}.ics"
    assert stranger.get(newer).status_code == 200
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).deactivated_at = clock.moment
    assert stranger.get(newer).status_code == 404


def test_reading_the_feed_signs_nobody_in(track: Track, feed: Any) -> None:
    assert "Set-Cookie" not in feed().headers


def test_the_feed_is_cheap(track: Track, feed: Any, sqlite_database: Database) -> None:
    feed()
    with counting(sqlite_database) as sent:
        feed()
    assert len(sent) <= 6


def test_the_agenda_lists_three_weeks_and_what_is_late(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    clock.moment = MONDAY + timedelta(days=1)
    page = browser(people.maya).get("/calendar").get_data(as_text=True)
    text = words(page)
    assert "Late, and still worth doing Orders Was due Mon 2 Mar" in text
    assert "This week Today Returns" in text
    assert "Next week" in text
    assert "15:00" in text
    assert {"/account/calendar", "/steps/onboarding/stories"} <= addresses(page)
    assert "Welcome" not in text


def test_the_agenda_speaks_the_readers_clock(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).time_zone = "America/New_York"
    text = words(browser(people.maya).get("/calendar").get_data(as_text=True))
    assert "Welcome 04:00 10:00 in Berlin" in text
    assert "Times are those of New York." in text


def test_without_dates_the_agenda_says_so(people: Cast, browser: Any) -> None:
    text = words(browser(people.oleg).get("/calendar").get_data(as_text=True))
    assert "Nothing planned" in text


def test_the_agenda_shows_ones_own_dates_alone(people: Cast, track: Track, browser: Any) -> None:
    assert "Nothing planned" in words(browser(people.ravi).get("/calendar").get_data(as_text=True))
