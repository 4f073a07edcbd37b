"""Importing on the web: upload, preview, apply once, report."""

import io
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.core.tables_in import read_table
from lms.core.web import EXTENSION
from lms.people.models import Person
from tests.cast import Cast

GOOD = (
    "email,name,intake,shoe\nnew@northfold.test,王伟,spring,41\nmaya@northfold.test,,,\n"
    "bad@northfold.test,Bad,sprung,\nben@northfold.test,Benjamin Okoro,,\n"
)


@pytest.fixture
def ada(browser: Any, app: Any, people: Cast) -> Any:
    """The administrator's browser, in a demo, so that `.test` addresses are taken."""
    belay = app.extensions[EXTENSION]
    belay.config = replace(belay.config, demo=True)
    return browser(people.ada)


def send(client: Any, content: str | bytes, **fields: Any) -> Any:
    body = content if isinstance(content, bytes) else content.encode()
    return client.submit("/people/import", {"file": (io.BytesIO(body), "people.csv"), **fields})


def count(database: Database, model: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_file_is_shown_before_anything_happens(ada: Any, sqlite_database: Database) -> None:
    before = count(sqlite_database, Person)
    answer = send(ada, GOOD)
    assert answer.status_code == 303
    page = ada.get(answer.headers["Location"]).text
    for text in ("UTF-8", "comma", "shoe", "sprung", "Spring", "1 line is refused"):
        assert text in page
    assert "1 new, 1 changed, 1 the same." in page
    assert count(sqlite_database, Person) == before
    refused = ada.get(answer.headers["Location"] + "?show=refused").text
    assert "bad@northfold.test" in refused
    assert "new@northfold.test" not in refused


def test_confirming_applies_the_good_lines_once(ada: Any, sqlite_database: Database) -> None:
    before = count(sqlite_database, Person)
    url = send(ada, GOOD).headers["Location"]
    first = ada.submit(url, {"invite": "no", "_key": "k"})
    assert first.status_code == 303
    page = ada.get(first.headers["Location"]).text
    assert "Applied: 1 new, 1 changed, 1 the same, 1 refused." in page
    again = ada.submit(url, {"invite": "no", "_key": "k"})
    assert again.headers["Location"] == first.headers["Location"]
    other = ada.submit(url, {"invite": "no", "_key": "another"})
    assert (
        "Applied: 0 new, 0 changed, 3 the same, 1 refused."
        in ada.get(other.headers["Location"]).text
    )
    assert count(sqlite_database, Person) == before + 1
    assert count(sqlite_database, OutboxRow) == 0


def test_the_report_can_be_downloaded(ada: Any) -> None:
    url = send(ada, GOOD).headers["Location"]
    done = ada.submit(url, {"invite": "no"}).headers["Location"]
    answer = ada.get(f"{done}/rows.csv")
    table = read_table(answer.data)
    assert [row["result"] for _line, row in table.records()] == [
        "new", "same", "refused", "changed",
    ]  # fmt: skip
    assert "sprung" in answer.text


def test_inviting_with_the_import_mails_each_once(ada: Any, sqlite_database: Database) -> None:
    url = send(ada, GOOD).headers["Location"]
    for _twice in range(2):
        answer = ada.submit(url, {"invite": "now", "_key": "k"})
        assert answer.status_code == 303
    assert count(sqlite_database, OutboxRow) == 1


def test_an_invitation_date_is_asked_for_and_must_lie_ahead(
    ada: Any, sqlite_database: Database
) -> None:
    url = send(ada, GOOD).headers["Location"]
    before = count(sqlite_database, Person)
    for fields, said in (
        ({"invite": "on"}, "Choose the date."),
        ({"invite": "on", "invite_on": "2026-03-01"}, "This day is over."),
        ({"invite": "sometime"}, "Not a valid choice"),
    ):
        answer = ada.submit(url, fields)
        assert answer.status_code == 422
        assert said in answer.text
    assert count(sqlite_database, Person) == before
    assert ada.submit(url, {"invite": "on", "invite_on": "2026-03-09"}).status_code == 303
    with sqlite_database.reading() as session:
        due = session.scalars(select(OutboxRow.due_at)).one()
    assert due.isoformat() == "2026-03-09T07:00:00+00:00"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"email,name\n", "no row below"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "This is a picture"),
        (b"PK\x03\x04", "Save it as CSV"),
        (b"who,what\na,b\n", "These columns are missing: email, name."),
        (b"email,name,Name\na,b,c\n", "names a column twice: name"),
        ("email,name\na@x.test,Jürgen\n".encode("windows-1252"), "cannot be told"),
        (b'email,name\na@x.test,"open\n', "line 2"),
    ],
)
def test_a_bad_file_keeps_the_page_with_a_clear_message(
    ada: Any, content: bytes, said: str
) -> None:
    answer = send(ada, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'type="file"' in answer.text


def test_no_file_at_all_is_said(ada: Any) -> None:
    answer = ada.submit("/people/import", {})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_files_of_spreadsheets_elsewhere_are_understood(ada: Any, encoding: str) -> None:
    text = "email;name\r\nwei@northfold.test;王伟\r\nna@northfold.test;李娜\r\n"
    url = send(ada, text.encode(encoding)).headers["Location"]
    done = ada.submit(url, {"invite": "no"}).headers["Location"]
    assert "Applied: 2 new" in ada.get(done).text
    assert "王伟" in ada.get("/people?q=王伟").text


def test_administrators_come_only_when_the_box_is_ticked(ada: Any) -> None:
    text = "email,name,roles\nboss@northfold.test,Boss,admin\n"
    url = send(ada, text).headers["Location"]
    assert "No line can be applied" in ada.get(url).text
    url = send(ada, text, allow_admin="y").headers["Location"]
    page = ada.get(url).text
    assert "1 new, 0 changed" in page
    action = re.search(r'action="(/people/import/[^"]+)"', page)
    assert action
    done = ada.submit(action[1].replace("&amp;", "&"), {"invite": "no"}).headers["Location"]
    assert "Applied: 1 new" in ada.get(done).text


def test_many_lines_are_paged(ada: Any) -> None:
    text = "email,name\n" + "".join(f"p{n}@northfold.test,Person {n}\n" for n in range(250))
    url = send(ada, text).headers["Location"]
    assert "p99@northfold.test" in ada.get(url).text
    assert "p100@northfold.test" not in ada.get(url).text
    assert "p249@northfold.test" in ada.get(url + "?page=3").text
    assert "p249@northfold.test" in ada.get(url + "?page=99").text


def test_a_file_that_is_gone_is_asked_for_again(ada: Any) -> None:
    answer = ada.get(f"/people/import/{'0' * 64}")
    assert answer.status_code == 303
    assert "Choose it again" in ada.get(answer.headers["Location"]).text
    assert ada.get(f"/people/import/done/{'0' * 64}").status_code == 404
    assert ada.get("/people/import/..%2f..%2fsecret-key").status_code in (303, 404)


def test_only_administrators_import(browser: Any, people: Cast) -> None:
    for name in ("maya", "ravi", "noa", "ines", "mei", "oleg"):
        client = browser(getattr(people, name))
        assert client.get("/people/import").status_code == 403
        assert client.get(f"/people/import/{'0' * 64}").status_code == 403
        assert client.submit(f"/people/import/{'0' * 64}", {"invite": "no"}).status_code == 403
        assert client.get(f"/people/import/done/{'0' * 64}/rows.csv").status_code == 403


def test_names_that_carry_markup_are_shown_as_text(ada: Any) -> None:
    text = "email,name\nx@northfold.test,<script>alert(1)</script>\n<b>@x,N\n"
    url = send(ada, text).headers["Location"]
    page = ada.get(url).text
    assert "<b>@x" not in page
    ada.submit(url, {"invite": "no"})
    assert "<script>alert" not in ada.get("/people?q=script").text
