"""Notices: told once, listed unread first, read by opening."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from flask_babel import lazy_gettext as _
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotFound
from lms.core.models import OutboxRow
from lms.people.models import Notification
from lms.people.notices import operations, queries, sentences
from tests.cast import Cast
from tests.conftest import MONDAY

KIND = "tests.rope_checked"
if KIND not in sentences.kinds():
    sentences.add({KIND: _("%(person)s checked rope %(rope)s, due %(due_on)s, at %(at)s.")})


def tell(session: Session, person_id: int, key: str = "rope 7", **options: Any) -> bool:
    """Tell somebody about a rope."""
    values = {"person": "<b>Ravi</b>", "rope": key, "due_on": "2026-03-05", "at": "noon"}
    return operations.notify(
        session,
        person_id=person_id,
        kind=KIND,
        key=key,
        **{"values": values, "url": "/profile", "now": MONDAY, **options},
    )


def test_an_event_is_told_once_to_each_person(session: Session, cast: Cast) -> None:
    assert tell(session, cast.maya)
    assert not tell(session, cast.maya)
    assert tell(session, cast.ben)
    assert session.scalar(select(func.count(Notification.id))) == 2


def test_an_event_told_by_five_at_once_is_told_once(database: Database, cast: Cast) -> None:
    def one(_n: int) -> bool:
        with database.writing() as session:
            return tell(session, cast.maya, urgent=True)

    with ThreadPoolExecutor(5) as pool:
        assert sorted(pool.map(one, range(5))) == [False] * 4 + [True]
    with database.reading() as session:
        assert session.scalar(select(func.count(OutboxRow.id))) == 1


def test_only_urgent_ones_ask_for_a_mail_at_once(session: Session, cast: Cast) -> None:
    tell(session, cast.maya, "calm")
    tell(session, cast.maya, "urgent", urgent=True)
    (row,) = session.scalars(select(OutboxRow)).all()
    assert row.kind == "urgent_notice"


@pytest.mark.parametrize("url", ["https://evil.test/", "//evil.test/", "profile"])
def test_a_notice_leads_only_to_a_path_of_ours(session: Session, cast: Cast, url: str) -> None:
    with pytest.raises(ValueError, match="a path of ours"):
        tell(session, cast.maya, url=url)


def test_reading_is_ones_own(session: Session, cast: Cast) -> None:
    tell(session, cast.maya)
    (notice,) = session.scalars(select(Notification)).all()
    with pytest.raises(NotFound):
        operations.mark_read(session, actor=cast.actor("ben"), notice_id=notice.id, now=MONDAY)
    assert operations.mark_all_read(session, actor=cast.actor("ben"), now=MONDAY) == 0
    later = MONDAY + timedelta(hours=1)
    actor = cast.actor("maya")
    assert operations.mark_read(session, actor=actor, notice_id=notice.id, now=later) == "/profile"
    operations.mark_read(session, actor=actor, notice_id=notice.id, now=later + timedelta(hours=1))
    assert notice.read_at == later, "the first reading stays"


def test_unread_ones_come_first_and_pages_end(session: Session, cast: Cast) -> None:
    for n in range(queries.PAGE + 5):
        tell(session, cast.maya, f"rope {n}")
    session.flush()
    newest = session.scalars(select(Notification).order_by(Notification.id.desc())).first()
    assert newest is not None
    newest.read_at = MONDAY
    session.flush()
    first = queries.notices(session, person_id=cast.maya, page=1)
    assert [row.key for row in first.rows[:2]] == ["rope 23", "rope 22"]
    assert (first.total, first.unread, first.pages) == (25, 24, 2)
    last = queries.notices(session, person_id=cast.maya, page=99)
    assert last.page == 2
    assert last.rows[-1].id == newest.id


def test_the_page_says_it_in_words_and_trusts_no_value(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        tell(session, people.maya)
    page = browser(people.maya).get("/notifications").text
    assert "&lt;b&gt;Ravi&lt;/b&gt; checked rope rope 7, due 5 Mar 2026" in page
    assert "1 new notification" in page


def test_opening_one_reads_it_and_goes_there(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        tell(session, people.maya)
    client = browser(people.maya)
    answer = client.submit("/notifications/1/open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/profile")
    assert "1 new notification" not in client.get("/profile").text
    assert browser(people.ben).submit("/notifications/1/open").status_code == 404


def test_all_are_read_at_once(browser: Any, people: Cast, sqlite_database: Database) -> None:
    with sqlite_database.writing() as session:
        for n in range(3):
            tell(session, people.maya, str(n))
    client = browser(people.maya)
    assert "3 new" in client.get("/notifications").text
    client.submit("/notifications/read")
    assert "Nothing new." in client.get("/notifications").text


def test_the_empty_page_is_friendly(browser: Any, people: Cast) -> None:
    assert "Nothing here yet" in browser(people.maya).get("/notifications").text


def test_the_page_costs_four_statements_however_many_there_are(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    counts = []
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            seen.append(statement)

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    for n in range(2):
        with sqlite_database.writing() as session:
            for k in range(50 * n + 1):
                tell(session, people.maya, f"{n} {k}")
        seen.clear()
        client.get("/notifications")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4


def test_values_are_written_as_readers_write_them(app: Flask) -> None:
    kind = "tests.times"
    if kind not in sentences.kinds():
        sentences.add({kind: "%(due_on)s | %(starts_at)s | %(count)s"})
    values = {"due_on": "2026-03-05", "starts_at": "2026-03-05T07:30:00+00:00", "count": 3}
    with app.app_context():
        with force_locale("en_GB"):
            assert sentences.sentence(kind, values, "Asia/Jerusalem") == (
                "5 Mar 2026 | 5 Mar 2026, 09:30 | 3"
            )
        with force_locale("ru_RU"):
            assert "5 мар" in sentences.sentence(kind, values, "Europe/Moscow")


def test_a_kind_may_speak_through_a_function_for_its_plurals(app: Flask) -> None:
    kind = "tests.plural"
    if kind not in sentences.kinds():
        sentences.add({kind: lambda values: "one" if values["n"] == 1 else "%(n)s of them"})
    with app.app_context(), force_locale("en_GB"):
        assert sentences.sentence(kind, {"n": 1}, "UTC") == "one"
        assert sentences.sentence(kind, {"n": 4}, "UTC") == "4 of them"


def test_an_unknown_kind_still_says_something(app: Flask) -> None:
    with app.app_context(), force_locale("en_GB"):
        assert sentences.sentence("long gone", {}, "UTC") == "There is something new for you."


def test_a_kind_has_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"tests\.rope_checked"):
        sentences.add({KIND: "another"})
