"""The audit page and its file: who may, filters, formulas, budgets, nothing yet."""

import csv
import io
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.db import Database
from lms.core.models import AuditEntry
from lms.core.permissions import SYSTEM
from lms.people.audit.queries import PAGE
from lms.people.models import Person
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY
from tests.counting import counting


@pytest.fixture
def ada(browser: Any, people: Cast) -> Browser:
    """The administrator's browser."""
    found: Browser = browser(people.ada)
    return found


def record(session: Session, cast: Cast, verb: str, **more: Any) -> None:
    audit.record(
        session,
        actor=more.pop("actor", cast.actor("ada")),
        verb=verb,
        subject_type=more.pop("subject_type", "person"),
        subject_id=more.pop("subject_id", cast.maya),
        now=more.pop("now", MONDAY),
        **more,
    )


def text(browser: Browser, url: str = "/audit") -> str:
    answer = browser.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def rows(browser: Browser, query: str = "") -> list[dict[str, str]]:
    answer = browser.get(f"/audit/export.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))


@pytest.mark.parametrize("page", ["/audit", "/audit/export.csv"])
def test_only_administrators_read_the_trail(browser: Any, people: Cast, page: str) -> None:
    assert browser().get(page).status_code == 303
    for who in (people.maya, people.ravi, people.ines, people.noa, people.oleg):
        assert browser(who).get(page).status_code == 403
    assert browser(people.ada).get(page).status_code == 200


def test_an_empty_trail_says_what_will_stand_here(ada: Browser) -> None:
    assert "Nothing was written down yet" in text(ada)
    assert rows(ada) == []


def test_an_entry_is_shown_in_words_with_reason_and_detail(
    ada: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        record(
            session,
            people,
            "move_start",
            subject_type="intake",
            subject_id=people.spring,
            reason="<b>Roof</b>",
            changed={"starts_on": ["2026-03-02", "2026-03-09"]},
        )
        record(session, people, "import_people", actor=SYSTEM, subject_type="company", subject_id=1)
    page = text(ada)
    for words in (
        "Moved an intake&#39;s start",
        "<bdi>Spring</bdi>",
        "&lt;b&gt;Roof&lt;/b&gt;",
        "Belay itself",
    ):
        assert words in page
    assert "\u20682026-03-02\u2069 → \u20682026-03-09\u2069" in page


def test_filters_narrow_page_and_file_alike(
    ada: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        record(session, people, "invite", subject_id=people.ben)
        record(session, people, "invite", now=MONDAY.replace(day=4))
        record(session, people, "print_slip")
    for query, subjects in (
        ("?verb=print_slip", ["Maya Winter"]),
        ("?who=okoro", ["Ben Okoro"]),
        (f"?person={people.ben}", ["Ben Okoro"]),
        ("?since=2026-03-03", ["Maya Winter"]),
        ("?until=2026-03-03&verb=invite", ["Ben Okoro"]),
        ("?who=okoro&verb=print_slip", []),
    ):
        assert [row["subject"] for row in rows(ada, query)] == subjects
        page = text(ada, f"/audit{query}")
        for name in ("Maya Winter", "Ben Okoro"):
            assert (f"<bdi>{name}</bdi></a></div>" in page) == (name in subjects)
    assert "Nothing found" in text(ada, "/audit?who=okoro&verb=print_slip")


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "until=2026-02-30",
        "until=9999-12-31",
        "since=0001-01-01",
        "person=x",
        "below=x&above=-3",
        "verb=%3Cscript%3E",
        "who=%25_",
    ],
)
def test_strange_filters_show_a_page(ada: Browser, query: str) -> None:
    page = text(ada, f"/audit?{query}")
    assert ("This is not a date." in page) == ("yesterday" in query or "02-30" in query)
    assert "<script>" not in page.replace("<script src", "")


def test_pages_lead_on_and_back(ada: Browser, people: Cast, sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        for number in range(PAGE + 1):
            record(session, people, "invite", number=number)
    first = text(ada)
    assert first.count("<tr>") - 1 == PAGE
    with sqlite_database.reading() as session:
        oldest = session.get_one(AuditEntry, 1)
    assert f'href="/audit?below={oldest.id + 1}"' in first
    second = text(ada, f"/audit?below={oldest.id + 1}")
    assert second.count("<tr>") - 1 == 1
    assert f'href="/audit?above={oldest.id}"' in second
    assert len(rows(ada)) == PAGE + 1


@pytest.mark.parametrize("many", [1, 500])
def test_a_page_costs_at_most_six_statements_however_long_the_trail(
    ada: Browser, people: Cast, sqlite_database: Database, many: int
) -> None:
    with sqlite_database.writing() as session:
        for number in range(many):
            record(session, people, "invite", subject_id=people.maya if number % 2 else people.ben)
    with counting(sqlite_database) as statements:
        text(ada, f"/audit?who=maya&person={people.maya}")
    assert len(statements) <= 6, statements


def test_no_cell_of_the_file_is_run_by_a_spreadsheet(
    ada: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).name = "=HYPERLINK(1)"
        record(session, people, "invite", reason="+1 for this", note='@SUM(1), "x"')
    (row,) = rows(ada)
    assert (row["subject"], row["reason"]) == ("'=HYPERLINK(1)", "'+1 for this")
    assert row["detail"] == '{"note": "@SUM(1), \\"x\\""}'
    assert (row["verb"], row["act"], row["at"]) == (
        "invite",
        "Sent an invitation",
        MONDAY.isoformat(),
    )


def test_an_entry_about_somebody_unknown_shows_the_id(
    ada: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        record(session, people, "invite", subject_id=4711)
    assert "person 4711" in text(ada)
