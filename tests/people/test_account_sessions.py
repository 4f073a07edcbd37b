"""One's own sign-ins: seen, ended, and stopped when the person may not be in any more."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.people import sign_in
from lms.people.account.rules import Device, device
from lms.people.models import Person, SignIn
from tests.cast import PASSWORD, Cast
from tests.client import Browser
from tests.conftest import MONDAY

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0"
)
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; V2307A) AppleWebKit/537.36 Chrome/116.0.0.0 "
    "Mobile Safari/537.36 MicroMessenger/8.0.50"
)


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (IPHONE, Device("Safari", "iPhone")),
        (EDGE, Device("Edge", "Windows")),
        (WECHAT, Device("WeChat", "Android")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Firefox/133.0", Device("Firefox", "Linux")),
        ("Mozilla/5.0 (Macintosh) Version/18 Safari/605", Device("Safari", "Mac")),
        ("curl/8", Device("", "")),
        ("", Device("", "")),
    ],
)
def test_a_browser_is_named_by_what_it_says(agent: str, expected: Device) -> None:
    assert device(agent) == expected


def sign_in_ids(database: Database, person_id: int) -> list[int]:
    """Return the ids of a person's open sign-ins, oldest first."""
    with database.reading() as session:
        query = select(SignIn.id).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
        return list(session.scalars(query.order_by(SignIn.id)))


def test_the_list_names_devices_and_marks_this_one(
    browser: Any, client: Browser, people: Cast
) -> None:
    client.submit(
        "/login",
        {"email": "maya@northfold.test", "password": PASSWORD},
        headers={"User-Agent": IPHONE},
    )
    browser(people.ben)
    here = browser(people.maya)
    page = here.get("/account/sessions").text
    assert "Safari on iPhone" in page
    assert "A device that does not say what it is" in page
    assert page.count("This one") == 1
    assert page.count('/end"') == 1, "only the other one can be ended"


def test_ending_another_one_stops_its_next_request(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    elsewhere, here = browser(people.maya), browser(people.maya)
    first, _second = sign_in_ids(sqlite_database, people.maya)
    assert here.submit(f"/account/sessions/{first}/end").status_code == 303
    assert elsewhere.get("/profile").status_code == 303
    assert here.get("/profile").status_code == 200


def test_a_strangers_sign_in_is_not_found(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    bens, here = browser(people.ben), browser(people.maya)
    (his,) = sign_in_ids(sqlite_database, people.ben)
    assert here.submit(f"/account/sessions/{his}/end").status_code == 404
    assert here.submit("/account/sessions/99999/end").status_code == 404
    assert bens.get("/profile").status_code == 200


def test_signing_out_everywhere_includes_here_and_nobody_else(browser: Any, people: Cast) -> None:
    elsewhere, here, bens = browser(people.maya), browser(people.maya), browser(people.ben)
    answer = here.submit("/account/sessions/end-all")
    assert answer.headers["Location"] == "/login"
    assert [one.get("/profile").status_code for one in (elsewhere, here, bens)] == [303, 303, 200]


@pytest.fixture
def remembered(client: Browser, people: Cast) -> Browser:
    """Maya's browser, which has been told to stay signed in."""
    client.submit("/login", {"email": "maya@northfold.test", "password": PASSWORD, "remember": "y"})
    client.delete_cookie("belay")
    assert client.get("/profile").status_code == 200, "the remembered cookie alone lets in"
    client.delete_cookie("belay")
    return client


def test_deactivation_stops_the_next_request_of_a_remembered_browser(
    remembered: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).deactivated_at = MONDAY
    assert remembered.get("/profile").status_code == 303


def test_deactivation_at_a_moment_waits_for_it(
    remembered: Browser, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).deactivated_at = MONDAY + timedelta(hours=1)
    assert remembered.get("/profile").status_code == 200
    clock.moment += timedelta(hours=1)
    assert remembered.get("/profile").status_code == 303


@pytest.mark.parametrize(("name", "zone"), [("maya", "Europe/Berlin"), ("lior", "Asia/Jerusalem")])
def test_the_last_day_ends_at_midnight_of_the_site(
    browser: Any,
    people: Cast,
    sqlite_database: Database,
    clock: FixedClock,
    name: str,
    zone: str,
) -> None:
    person_id = getattr(people, name)
    with sqlite_database.writing() as session:
        session.get_one(Person, person_id).leaves_on = date(2026, 3, 2)
    client: Browser = browser()
    client.enter(person_id, remembered=True)
    midnight = datetime(2026, 3, 3, tzinfo=ZoneInfo(zone))
    clock.moment = midnight - timedelta(seconds=1)
    assert client.get("/profile").status_code == 200
    clock.moment = midnight
    assert client.get("/profile").status_code == 303


def test_a_remembered_browser_outlasts_the_day_and_an_ordinary_one_does_not(
    remembered: Browser, browser: Any, people: Cast, clock: FixedClock
) -> None:
    ordinary = browser(people.maya)
    clock.moment += timedelta(hours=15)
    assert ordinary.get("/profile").status_code == 303
    assert remembered.get("/profile").status_code == 200
    clock.moment += sign_in.REMEMBERED_LASTS
    assert remembered.get("/profile").status_code == 303


def test_signing_out_takes_the_remembered_cookie_away(remembered: Browser) -> None:
    remembered.submit("/logout")
    assert remembered.get_cookie("belay-stay") is None


def test_changing_the_password_ends_the_others_and_keeps_this(browser: Any, people: Cast) -> None:
    elsewhere, here = browser(people.maya), browser(people.maya)
    answer = here.submit(
        "/account/password", {"current": PASSWORD, "password": "another rope of sixty"}
    )
    assert answer.status_code == 303
    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 303
    signed_in = browser().submit(
        "/login", {"email": "maya@northfold.test", "password": "another rope of sixty"}
    )
    assert signed_in.status_code == 303


@pytest.mark.parametrize(
    ("current", "new", "sentence"),
    [
        ("wrong", "another rope of sixty", "This is not your present password."),
        (PASSWORD, "short", "Use at least 8 characters."),
        (PASSWORD, PASSWORD, "This is the password that you have now."),
    ],
)
def test_a_password_is_not_changed_lightly(
    browser: Any, people: Cast, current: str, new: str, sentence: str
) -> None:
    client = browser(people.maya)
    answer = client.submit("/account/password", {"current": current, "password": new})
    assert answer.status_code == 422
    assert sentence in answer.text
    again = browser().submit("/login", {"email": "maya@northfold.test", "password": PASSWORD})
    assert again.status_code == 303


def test_the_present_password_cannot_be_tried_out(browser: Any, people: Cast) -> None:
    client = browser(people.maya)
    answers = [
        client.submit("/account/password", {"current": f"try {n}", "password": "new and long"})
        for n in range(11)
    ]
    assert [answer.status_code for answer in answers] == [422] * 10 + [429]
