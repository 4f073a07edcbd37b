"""The people pages: list, person, forms, exports; who sees what, and in how many statements."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from markupsafe import escape
from sqlalchemy import event, insert, select

from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.core.tables_in import read_table
from lms.people import sign_in
from lms.people.models import AccessLink, IntakeMember, Person, Shift
from tests.cast import Cast
from tests.conftest import MONDAY


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the statements sent while this is open."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT")):
            seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def crowd(database: Database, size: int, **values: Any) -> None:
    with database.writing() as session:
        session.execute(
            insert(Person),
            [
                {
                    "email": f"crowd{n}@northfold.test",
                    "name": f"Crowd {n:05}",
                    "created_at": MONDAY,
                    **values,
                }
                for n in range(size)
            ],
        )


def form_of(page: str) -> dict[str, Any]:
    """Return what a browser would send for the page's main form, untouched."""
    import re

    form = page[page.index('name="seen"') - 2000 :]
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        boxes = 'type="checkbox"' in tag
        if name and (not boxes or "checked" in tag):
            data.setdefault(name[1], []).append(value[1] if value else "")
    for name, inner in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', inner)
        first = re.search(r'<option[^>]*value="([^"]*)"', inner)
        found = chosen or first
        data[name] = [found[1] if found else ""]
    data.pop("csrf_token", None)
    return data


def test_the_list_costs_the_same_with_ten_thousand_people(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    costs = []
    for size in (0, 10_000):
        crowd(sqlite_database, size) if size else None
        with counted(sqlite_database) as seen:
            answer = client.get("/people?q=crowd&role=&state=never_in")
        assert answer.status_code == 200
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 6
    assert "10000 people" in answer.text
    assert answer.text.count("Crowd 00") == 50
    assert "Crowd 09999" in client.get("/people?page=201").text
    assert "Nobody found" in client.get("/people?page=900").text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=MAYA", {"Maya Winter"}),
        ("q=белова ольга", {"Ольга Белова"}),
        ("q=כהן", {"ליאור כהן"}),
        ("q=noa%40northfold", {"Noa Peretz"}),
        ("q=100%25", set()),
        ("role=coach", {"Ravi Menon", "Tomas Lind"}),
        ("role=nonsense&q=winter", {"Maya Winter"}),
        ("intake=1", {"Maya Winter", "Ben Okoro"}),
        ("site=2", {"ליאור כהן", "Ольга Белова"}),
        ("department=1", {"Mei Tan"}),
        ("state=ended", {"Oleg Marin", "Tomas Lind"}),
        ("state=invited", {"Ben Okoro"}),
        ("state=never_in", {"Ines Calder"}),
        ("state=in&role=trainee", {"Maya Winter", "ליאור כהן"}),
        ("site=x&page=-3&q=winter", {"Maya Winter"}),
    ],
)
def test_the_list_is_searched_and_filtered(
    browser: Any, people: Cast, sqlite_database: Database, query: str, found: set[str]
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.mei).department_id = 1
        session.get_one(Person, people.oleg).deactivated_at = MONDAY
        session.get_one(Person, people.tomas).leaves_on = date(2026, 3, 1)
        session.get_one(Person, people.ben).password_hash = None
        session.get_one(Person, people.ines).password_hash = None
        session.add(
            AccessLink(
                person_id=people.ben,
                purpose="invite",
                token_hash="x" * 64,
                created_at=MONDAY,
                expires_at=MONDAY + timedelta(days=1),
            )
        )
    names = {
        "Maya Winter", "Ben Okoro", "ליאור כהן", "Ravi Menon", "Tomas Lind", "Mei Tan",
        "Ines Calder", "Noa Peretz", "Ольга Белова", "Oleg Marin",
    }  # fmt: skip
    text = browser(people.ada).get(f"/people?{query}").text
    assert {name for name in names if f"<bdi>{name}</bdi>" in text} == found


def test_colleagues_find_each_other_without_mail_addresses(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.oleg).deactivated_at = MONDAY
        session.get_one(Person, people.mei).leaves_on = date(2026, 3, 1)
    client = browser(people.ben)
    text = client.get("/people").text
    assert "Ravi Menon" in text
    assert "@northfold.test" not in text
    assert "Oleg Marin" not in text
    assert "Mei Tan" not in text
    assert "Import" not in text
    assert "Nobody found" in client.get("/people?q=ravi%40").text
    assert "Ravi Menon" in client.get("/people?state=ended").text
    for path in ("/people/export.csv", "/people/new", f"/people/{people.ben}/edit"):
        assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    ("reader", "whole"),
    [
        ("maya", True),
        ("ravi", True),
        ("noa", True),
        ("ines", True),
        ("ada", True),
        ("ben", False),
        ("tomas", False),
        ("olga", False),
        ("mei", False),
        ("oleg", False),
    ],
)
def test_a_person_shows_all_only_to_those_who_follow_them(
    browser: Any, people: Cast, reader: str, whole: bool
) -> None:
    text = browser(getattr(people, reader)).get(f"/people/{people.maya}").text
    assert "Maya Winter" in text
    assert "Harbour Street" in text
    assert ("maya@northfold.test" in text) is whole
    assert ("Spring" in text) is whole
    assert ("Noa Peretz" in text) is (whole or reader == "noa")
    assert ("Deactivate" in text) is (reader == "ada")


@pytest.mark.parametrize(
    ("reader", "read"),
    [
        ("maya", True),
        ("ravi", True),
        ("noa", True),
        ("ines", True),
        ("tomas", False),
        ("ben", False),
    ],
)
def test_the_answers_of_day_one_are_read_by_those_who_follow_the_person(
    browser: Any, people: Cast, reader: str, read: bool
) -> None:
    said = "Six years of route setting <in a hall>."
    browser(people.maya).submit("/profile/self-check", {"passion": said})
    page = browser(getattr(people, reader)).get(f"/people/{people.maya}").text
    assert (escape(said) in page) is read
    assert ("What are you passionate about?" in page) is read


@pytest.mark.parametrize(
    ("reader", "whose", "led"),
    [
        ("ravi", "maya", True),
        ("maya", "maya", True),
        ("ben", "maya", False),
        ("ines", "ravi", False),
    ],
)
def test_a_person_page_leads_to_the_track_of_a_trainee_one_follows(
    browser: Any, people: Cast, reader: str, whose: str, led: bool
) -> None:
    address = f"/people/{getattr(people, whose)}/track"
    client = browser(getattr(people, reader))
    page = client.get(f"/people/{getattr(people, whose)}").text
    assert (f'href="{address}"' in page) is led
    assert not led or client.get(address).status_code == 200


def test_a_person_page_costs_few_statements(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    with counted(sqlite_database) as seen:
        assert client.get(f"/people/{people.maya}").status_code == 200
    assert len(seen) <= 6


def test_whoever_is_not_known_or_gone_is_not_found(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.oleg).deactivated_at = MONDAY
    assert browser(people.maya).get(f"/people/{people.oleg}").status_code == 404
    assert browser(people.maya).get("/people/10000").status_code == 404
    ada = browser(people.ada)
    assert "Deactivated" in ada.get(f"/people/{people.oleg}").text
    for path in ("edit", "shifts", "deactivate"):
        assert ada.get(f"/people/10000/{path}").status_code == 404


def test_a_new_person_is_made_once_and_not_mailed(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    data = {
        "name": "  דב   לוי ",
        "email": "Dov@Example.org",
        "roles": ["trainee", "coach"],
        "intake_id": people.spring,
        "site_id": people.jerusalem,
        "department_id": 0,
        "manager": "noa@northfold.test",
        "coaches-0": "ravi@northfold.test",
        "coaches-1": "",
        "first_category": 2,
        "second_category": 0,
        "working_languages": ["he", "en"],
        "language": "he",
        "time_zone": "asia/jerusalem",
        "started_on": "2026-03-02",
        "leaves_on": "",
        "_key": "one",
    }
    first = client.submit("/people/new", data)
    assert first.status_code == 303
    again = client.submit("/people/new", data)
    assert again.headers["Location"] == first.headers["Location"]
    page = client.get(first.headers["Location"]).text
    for text in ("דב לוי", "dov@example.org", "Asia/Jerusalem", "Spring", "Ravi Menon", "Ski"):
        assert text in page
    with sqlite_database.reading() as session:
        assert session.scalars(select(OutboxRow)).all() == []


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "not an address", "is not a mail address"),
        ("email", "maya@northfold.test", "is not a mail address"),
        ("name", "=cmd()", "like a formula"),
        ("name", "", "required"),
        ("time_zone", "Europe/Berln", "Europe/Berlin"),
        ("leaves_on", "2026-03-01", "lies before the first"),
        ("manager", "nobody@x.com", "Not a valid choice"),
        ("started_on", "soon", "Not a valid date"),
    ],
)
def test_a_wrong_form_comes_back_with_all_that_was_typed(
    browser: Any, people: Cast, field: str, value: str, said: str
) -> None:
    data = {
        "name": "Dov Levi",
        "email": "dov@example.org",
        "roles": "trainee",
        "intake_id": 0,
        "site_id": 0,
        "department_id": 0,
        "manager": "",
        "language": "",
        "first_category": 0,
        "second_category": 0,
        "started_on": "2026-03-02",
        field: value,
    }
    answer = browser(people.ada).submit("/people/new", data)
    assert answer.status_code == 422
    assert said in answer.text
    assert ('value="Dov Levi"' in answer.text) is (field != "name")


def test_a_taken_address_is_said_on_its_field(browser: Any, people: Cast) -> None:
    client = browser(people.ada)
    data = form_of(client.get(f"/people/{people.ben}/edit").text)
    data["email"] = "maya@northfold.test"
    data["time_zone"] = ""
    page = browser(people.ada).submit(f"/people/{people.ben}/edit", data)
    assert page.status_code == 422


def test_an_untouched_form_changes_nothing(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    for who in (people.maya, people.lior, people.ada):
        data = form_of(client.get(f"/people/{who}/edit").text)
        assert client.submit(f"/people/{who}/edit", data).status_code == 303
        assert "Nothing was different" in client.get(f"/people/{who}").text
    with sqlite_database.reading() as session:
        assert len(session.scalars(select(IntakeMember)).all()) == 3


def test_a_stale_form_shows_what_changed_and_keeps_what_was_typed(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    url = f"/people/{people.maya}/edit"
    mine = form_of(client.get(url).text) | {"name": "Maya Autumn", "_key": "mine"}
    theirs = form_of(client.get(url).text) | {"name": "Maya Summer", "_key": "theirs"}
    assert client.submit(url, theirs).status_code == 303
    answer = client.submit(url, mine)
    assert answer.status_code == 409
    assert "Maya Summer" in answer.text
    assert 'value="Maya Autumn"' in answer.text
    with sqlite_database.reading() as session:
        assert session.get_one(Person, people.maya).name == "Maya Summer"
    again = form_of(answer.text) | {"name": "Maya Autumn", "_key": "again"}
    assert client.submit(url, again).status_code == 303
    with sqlite_database.reading() as session:
        assert session.get_one(Person, people.maya).name == "Maya Autumn"


def test_deactivating_needs_a_reason_and_stops_the_next_request(browser: Any, people: Cast) -> None:
    maya, ada = browser(people.maya), browser(people.ada)
    url = f"/people/{people.maya}/deactivate"
    wrong = ada.submit(url, {"when": "now", "reason": " "})
    assert wrong.status_code == 422
    no_day = ada.submit(url, {"when": "on", "reason": "moves away"})
    assert no_day.status_code == 422
    assert "moves away" in no_day.text
    assert maya.get("/people").status_code == 200
    assert ada.submit(url, {"when": "now", "reason": "moved away"}).status_code == 303
    assert maya.get("/people").status_code == 303
    assert "Give access again" in ada.get(f"/people/{people.maya}").text
    assert ada.submit(f"/people/{people.maya}/reactivate").status_code == 303
    own = ada.submit(f"/people/{people.ada}/deactivate", {"when": "now", "reason": "x"})
    assert own.status_code == 422


def test_sessions_end_and_invitations_go_out(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    maya, ada = browser(people.maya), browser(people.ada)
    assert ada.submit(f"/people/{people.maya}/end-sessions").status_code == 303
    assert "Signed out of 1 browser." in ada.get(f"/people/{people.maya}").text
    assert maya.get("/people").status_code == 303
    assert ada.submit(f"/people/{people.maya}/invite").status_code == 409
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ben).password_hash = None
    assert ada.submit(f"/people/{people.ben}/invite").status_code == 303
    assert "Invite again" in ada.get(f"/people/{people.ben}").text


def test_shifts_are_typed_by_weekday_and_date(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.ada)
    url = f"/people/{people.maya}/shifts"
    assert client.get(url).status_code == 200
    data: dict[str, Any] = {f"weekly-{day}-weekday": day for day in range(7)}
    half = client.submit(url, {**data, "weekly-1-starts_at": "09:00"})
    assert half.status_code == 422
    assert "a beginning and an end" in half.text
    data |= {
        "weekly-1-starts_at": "09:00",
        "weekly-1-ends_at": "17:30",
        "differing-0-on_date": "2026-03-10",
        "differing-1-on_date": "",
    }
    assert client.submit(url, data).status_code == 303
    page = client.get(f"/people/{people.maya}").text
    assert "09:00 – 17:30" in page
    assert "Day off" in page
    twice = client.submit(url, {**data, "differing-1-on_date": "2026-03-10", "_key": "2"})
    assert twice.status_code == 422
    with sqlite_database.reading() as session:
        assert len(session.scalars(select(Shift)).all()) == 1


def test_an_export_can_come_back_as_an_import(browser: Any, people: Cast) -> None:
    client = browser(people.ada)
    answer = client.get("/people/export.csv?role=trainee")
    assert "attachment" in answer.headers["Content-Disposition"]
    table = read_table(answer.data)
    rows = {row["email"]: row for _line, row in table.records()}
    assert set(rows) == {f"{name}@northfold.test" for name in ("maya", "ben", "lior")}
    maya = rows["maya@northfold.test"]
    assert maya["coach_emails"] == "ravi@northfold.test"
    assert (maya["intake"], maya["site"], maya["state"]) == ("spring", "harbour", "in")


def test_a_workbook_holds_the_same_people(browser: Any, people: Cast) -> None:
    from openpyxl import load_workbook

    answer = browser(people.ada).get("/people/export.xlsx?q=כהן")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    assert sheet is not None
    values = list(sheet.values)
    assert values[0][:2] == ("email", "name")
    assert [row[1] for row in values[1:]] == ["ליאור כהן"]


def test_the_photo_of_a_person_is_shown(browser: Any, people: Cast) -> None:
    assert sign_in.photo_url("abc") == "/photo/abc"
    assert "avatar" in browser(people.ada).get(f"/people/{people.maya}").text
