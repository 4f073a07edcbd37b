"""The screens of dates: exceptions, previews, sessions; who may see and change them."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.courses import planning
from lms.courses.models import DateException, Meeting, StepEvent
from lms.courses.planning import Scope
from lms.people.models import Notification, Shift
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import Track, assignment_of, make_track, record

THURSDAY = MONDAY + timedelta(days=3)


@pytest.fixture
def track(people: Cast, sqlite_database: Database) -> Track:
    """The usual track in the application's database, walked by the spring intake."""
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY)
        planning.assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=made.slug,
            now=MONDAY,
        )
    return made


def rows(database: Database, table: type[Any]) -> list[Any]:
    with database.reading() as session:
        return list(session.scalars(select(table).order_by(table.id)))


def test_a_shift_is_previewed_then_saved_then_listed_with_its_reason(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    url = f"/intakes/{people.spring}/dates/shift"
    form = {"whom": "0", "step_id": "0", "days": "2", "reason": "Inventory"}
    preview = trainer.submit(url, {**form, "act": "preview"})
    assert preview.status_code == 200
    assert "Mon 2 Mar" in preview.text
    assert "Wed 4 Mar" in preview.text
    assert 'value="2"' in preview.text
    assert rows(sqlite_database, DateException) == []
    saved = trainer.submit(url, {**form, "act": "save"})
    assert (saved.status_code, saved.headers["Location"]) == (
        303,
        f"/intakes/{people.spring}/dates",
    )
    (row,) = rows(sqlite_database, DateException)
    assert (row.kind, row.days, row.reason, row.made_by) == ("shift", 2, "Inventory", people.ines)
    page = trainer.get(saved.headers["Location"]).text
    assert "2 working days later" in page
    assert "Inventory" in page
    assert "Ines Calder" in page


def test_the_same_form_sent_twice_makes_one_exception(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    form = {"whom": "0", "step_id": "0", "reason": "Know it", "act": "save", "_key": "once"}
    for _again in range(2):
        answer = trainer.submit(f"/intakes/{people.spring}/dates/unlock", form)
        assert answer.status_code == 303
    assert len(rows(sqlite_database, DateException)) == 1


@pytest.mark.parametrize(
    ("kind", "form", "said"),
    [
        ("shift", {"days": "0", "reason": "x"}, "from 1 to 60"),
        ("shift", {"days": "two", "reason": "x"}, 'value="two"'),
        ("shift", {"days": "2", "reason": ""}, "Say why"),
        ("pause", {"from_on": "2026-03-05", "until_on": "2026-03-04", "reason": "x"}, "180 days"),
        ("pause", {"from_on": "5 March", "reason": "x"}, 'value="5 March"'),
        ("set", {"on_date": "2026-03-05", "reason": "x"}, "Choose one step"),
        ("waive", {"reason": "Kept text"}, "Kept text"),
        ("unlock", {"step_id": "99999", "reason": "x"}, "summary"),
        ("unlock", {"whom": "99999", "reason": "x"}, "summary"),
        ("unlock", {"whom": "x", "step_id": "x", "reason": "x"}, "summary"),
    ],
)
@pytest.mark.parametrize("act", ["save", "preview"])
def test_a_wrong_form_comes_back_with_what_was_typed(
    browser: Any,
    people: Cast,
    track: Track,
    sqlite_database: Database,
    kind: str,
    form: dict[str, str],
    said: str,
    act: str,
) -> None:
    sent = {"whom": "0", "step_id": "0", "act": act, **form}
    answer = browser(people.ines).submit(f"/intakes/{people.spring}/dates/{kind}", sent)
    assert rows(sqlite_database, DateException) == []
    if act == "preview" and form["reason"] == "":
        assert answer.status_code == 200, "a look at what moves needs no reason yet"
        return
    assert answer.status_code == 422
    assert said in answer.text


def test_one_person_of_the_intake_can_be_chosen(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    with sqlite_database.reading() as session:
        maya = assignment_of(session, people.maya)
    form = {
        "whom": str(maya),
        "step_id": str(track.steps["trust"]),
        "on_date": "2026-03-20",
        "at_time": "12:00",
        "reason": "Dentist",
    }
    trainer = browser(people.ines)
    url = f"/intakes/{people.spring}/dates/set"
    assert "Fri 20 Mar, 12:00" in trainer.submit(url, {**form, "act": "preview"}).text
    assert trainer.submit(url, {**form, "act": "save"}).status_code == 303
    (row,) = rows(sqlite_database, DateException)
    assert (row.assignment_id, row.intake_id) == (maya, None)
    assert (row.on_date, row.at_time) == (date(2026, 3, 20), time(12))
    both = [
        trainer.get(f"/intakes/{people.spring}/dates"),
        browser(people.ravi).get(f"/people/{people.maya}/dates"),
    ]
    for page in both:
        assert "Due on Fri 20 Mar at 12:00" in page.text
        assert "Dentist" in page.text
    assert "Dentist" not in browser(people.tomas).get(f"/people/{people.ben}/dates").text


def test_what_is_done_does_not_move(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        maya = assignment_of(session, people.maya)
        record(session, maya, track.steps["orders"], "done", at=MONDAY)
    answer = browser(people.ines).submit(
        f"/people/{people.maya}/dates/shift",
        {"whom": "0", "step_id": "0", "days": "1", "act": "preview"},
    )
    moves = answer.text.split('id="moves"')[1].split("</table>")[0]
    assert "Returns" in moves
    assert "Orders" not in moves


def test_taking_back_returns_to_the_screen_and_stays_readable(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        row = planning.make_exception(
            session,
            actor=people.actor("ines"),
            scope=Scope(intake_id=people.spring),
            kind="pause",
            from_on=date(2026, 3, 3),
            until_on=date(2026, 3, 3),
            reason="Storm",
            now=MONDAY,
        )
        exception_id = row.id
    trainer = browser(people.ines)
    back = f"/intakes/{people.spring}/dates"
    answer = trainer.submit(f"/dates/{exception_id}/withdraw", {"back": back})
    assert answer.headers["Location"] == back
    page = trainer.get(back).text
    assert "Nothing differs" in page
    assert "1 taken back" in page
    assert "Storm" in page
    elsewhere = trainer.submit(f"/dates/{exception_id}/withdraw", {"back": "//evil.test"})
    assert elsewhere.headers["Location"].startswith("/")
    assert "evil" not in elsewhere.headers["Location"]
    assert trainer.submit("/dates/999/withdraw").status_code == 404


def test_who_may_see_and_change_dates(browser: Any, people: Cast, track: Track) -> None:
    intake = f"/intakes/{people.spring}/dates"
    maya = f"/people/{people.maya}/dates"
    expected = {
        "ines": (200, 200, 200, 200),
        "ada": (200, 200, 200, 200),
        "ravi": (403, 200, 403, 403),
        "noa": (403, 200, 403, 403),
        "tomas": (403, 404, 403, 403),
        "olga": (403, 404, 403, 403),
        "mei": (403, 404, 403, 403),
        "maya": (403, 403, 403, 403),
        "oleg": (403, 403, 403, 403),
    }
    for name, codes in expected.items():
        client = browser(getattr(people, name))
        found = tuple(
            client.get(url).status_code
            for url in (intake, maya, f"{maya}/shift", f"/people/{people.maya}/sessions/welcome")
        )
        assert found == codes, name
    assert "Take back" not in browser(people.ravi).get(maya).text


def test_what_is_not_there_is_not_found(browser: Any, people: Cast, track: Track) -> None:
    trainer = browser(people.ines)
    for url in (
        "/intakes/999/dates",
        "/intakes/999/dates/shift",
        f"/intakes/{people.later}/dates/shift",
        f"/intakes/{people.spring}/dates/other",
        f"/intakes/{people.spring}/sessions/orders",
        f"/intakes/{people.spring}/sessions/none",
        "/people/999/dates",
        f"/people/{people.mei}/dates",
    ):
        assert trainer.get(url).status_code == 404, url


def test_an_intake_without_a_track_is_told_where_to_choose_one(
    browser: Any, people: Cast, track: Track
) -> None:
    page = browser(people.ines).get(f"/intakes/{people.later}/dates")
    assert page.status_code == 200
    assert "Dates begin with a track" in page.text


# ---- sessions ------------------------------------------------------------------------------

SESSION = {
    "on_date": "2026-03-03",
    "at_time": "11:30",
    "time_zone": "Europe/Berlin",
    "place": "Roof",
    "host_id": "0",
}


def test_a_session_follows_the_plan_until_it_is_set(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    screen = f"/intakes/{people.spring}/dates"
    assert "Mon 2 Mar, 10:00" in trainer.get(screen).text
    url = f"/intakes/{people.spring}/sessions/welcome"
    page = trainer.get(url).text
    assert 'value="2026-03-02"' in page
    assert "Training room" in page
    form = {**SESSION, "host_id": str(people.ravi)}
    preview = trainer.submit(url, {**form, "act": "preview"})
    assert "Tue 3 Mar, 11:30" in preview.text
    assert rows(sqlite_database, Meeting) == []
    assert trainer.submit(url, {**form, "act": "save"}).headers["Location"] == screen
    after = trainer.get(screen).text
    assert "Tue 3 Mar, 11:30" in after
    assert "Roof" in after
    assert "Ravi Menon" in after
    assert "Set by hand" in after


def test_setting_it_again_replaces_the_row_and_tells_who_comes(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    url = f"/intakes/{people.spring}/sessions/welcome"
    for place in ("Roof", "Cellar"):
        form = {**SESSION, "place": place, "host_id": str(people.ravi), "act": "save"}
        assert trainer.submit(url, form).status_code == 303
    first, second = rows(sqlite_database, Meeting)
    assert (first.place, first.replaced_at) == ("Roof", MONDAY)
    assert (second.place, second.replaced_at) == ("Cellar", None)
    told = rows(sqlite_database, Notification)
    assert {row.person_id for row in told} == {people.maya, people.ben, people.ravi}
    assert len(told) == 6


def test_a_person_can_meet_apart_from_their_intake(
    browser: Any, people: Cast, track: Track
) -> None:
    trainer = browser(people.ines)
    url = f"/people/{people.maya}/sessions/welcome"
    assert trainer.submit(url, {**SESSION, "act": "save"}).status_code == 303
    assert "Roof" in trainer.get(f"/people/{people.maya}/dates").text
    assert "Roof" not in trainer.get(f"/people/{people.ben}/dates").text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"time_zone": "Mars/Olympus"}, "not a time zone"),
        ({"time_zone": ""}, "not a time zone"),
        ({"place": "  "}, "Say where"),
        ({"place": "x" * 301}, "summary"),
        ({"on_date": "tomorrow"}, "summary"),
        ({"on_date": ""}, "summary"),
        ({"at_time": "25:00"}, "summary"),
        ({"host_id": "99999"}, "summary"),
        ({"host_id": "x"}, "summary"),
    ],
)
@pytest.mark.parametrize("act", ["save", "preview"])
def test_a_wrong_session_comes_back(
    browser: Any,
    people: Cast,
    track: Track,
    sqlite_database: Database,
    changed: dict[str, str],
    said: str,
    act: str,
) -> None:
    answer = browser(people.ines).submit(
        f"/intakes/{people.spring}/sessions/welcome", {**SESSION, **changed, "act": act}
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert rows(sqlite_database, Meeting) == []


def test_doubts_warn_and_do_not_refuse(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.add(Shift(person_id=people.ravi, weekday=0, starts_at=time(9), ends_at=time(17)))
    trainer = browser(people.ines)
    url = f"/intakes/{people.spring}/sessions"
    host = {"host_id": str(people.ravi)}
    warned = {
        "2026-03-07": "day off at the site",
        "2026-03-03": "Ravi Menon does not work then",
    }
    for day, said in warned.items():
        answer = trainer.submit(
            f"{url}/welcome", {**SESSION, **host, "on_date": day, "act": "preview"}
        )
        assert said in answer.text
    early = {**SESSION, "at_time": "06:30", "act": "preview"}
    assert "early or late for the site" in trainer.submit(f"{url}/welcome", early).text
    monday = {**SESSION, **host, "on_date": "2026-03-09", "act": "save"}
    trainer.submit(f"{url}/welcome", monday)
    overlapping = trainer.submit(f"{url}/stories", {**monday, "at_time": "11:45", "act": "preview"})
    assert "Ravi Menon hosts “Welcome” then" in overlapping.text
    assert trainer.submit(f"{url}/stories", {**monday, "at_time": "11:45"}).status_code == 303
    screen = trainer.get(f"/intakes/{people.spring}/dates").text
    assert "Ravi Menon hosts “Stories” then" in screen
    again = trainer.submit(f"{url}/welcome", {**monday, "at_time": "13:30", "act": "preview"})
    assert "Please look once more" not in again.text


# ---- attendance of one person --------------------------------------------------------------


def test_a_coach_notes_the_presence_of_one_person_outside_an_intake(
    browser: Any, people: Cast, track: Track, sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.writing() as session:
        planning.assign_person(
            session,
            actor=people.actor("ines"),
            person_id=people.lior,
            course_slug=track.slug,
            starts_on=people.start,
            now=MONDAY,
        )
    clock.moment = THURSDAY
    coach = browser(people.tomas)
    screen = f"/people/{people.lior}/dates"
    assert "Present" in coach.get(screen).text
    url = f"/people/{people.lior}/sessions/welcome/attendance"
    assert coach.submit(url, {"present": "0"}).headers["Location"] == screen
    assert coach.submit(url, {"present": "1"}).status_code == 303
    assert [row.kind for row in rows(sqlite_database, StepEvent)] == ["missed", "attended"]
    assert coach.submit(url, {"present": "0"}).status_code == 409
    assert browser(people.ravi).submit(url, {"present": "1"}).status_code == 404
    assert browser(people.maya).submit(url, {"present": "1"}).status_code == 403
