"""Known and unknown mail addresses: the same status, text, cookies and work."""

import re
from typing import Any

import pytest
from argon2 import PasswordHasher

from lms.core.db import Database
from lms.people.account import rules
from lms.people.models import Person
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY

KNOWN, UNKNOWN, GONE, INVITED = "maya", "nobody", "ben", "mei"
_CHANGING = re.compile(r'(name="(?:csrf_token|_key)" value|name="csrf-token" content)="[^"]*"')


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that were compared with, as they are."""
    seen: list[str] = []
    verify = PasswordHasher.verify

    def counted(self: PasswordHasher, hash: Any, password: Any) -> Any:  # noqa: A002
        seen.append(hash)
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    return seen


@pytest.fixture(autouse=True)
def some_are_not_in(sqlite_database: Database, people: Cast) -> None:
    """Ben left, Mei was invited and has no password yet."""
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ben).deactivated_at = MONDAY
        session.get_one(Person, people.mei).password_hash = None


def answer_to(browser: Any, url: str, name: str) -> tuple[int, str, list[str]]:
    """Return what a stranger can see of an answer: status, text, names of cookies."""
    email = f"{name}@northfold.test"
    client: Browser = browser()
    answer = client.submit(url, {"email": email, "password": "a wrong password"})
    text = _CHANGING.sub("", answer.text).replace(email, "…")
    cookies = sorted(line.split("=")[0] for line in answer.headers.getlist("Set-Cookie"))
    return answer.status_code, text, cookies


@pytest.mark.parametrize("name", [UNKNOWN, GONE, INVITED])
def test_a_failed_sign_in_tells_nothing(browser: Any, verifications: list[str], name: str) -> None:
    known = answer_to(browser, "/login", KNOWN)
    assert len(verifications) == 1
    assert answer_to(browser, "/login", name) == known
    assert len(verifications) == 2


def test_too_many_tries_read_the_same(browser: Any, verifications: list[str]) -> None:
    answers = []
    for name in (KNOWN, UNKNOWN):
        for _ in range(rules.PER_PAIR):
            answer_to(browser, "/login", name)
        answers.append(answer_to(browser, "/login", name))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429
    assert len(verifications) == 2 * rules.PER_PAIR


@pytest.mark.parametrize("name", [UNKNOWN, GONE, INVITED])
def test_asking_for_a_reset_tells_nothing(browser: Any, name: str) -> None:
    assert answer_to(browser, "/reset", name) == answer_to(browser, "/reset", KNOWN)


def test_asking_for_a_reset_costs_the_same_statements(
    browser: Any, sqlite_database: Database
) -> None:
    from sqlalchemy import event

    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    answer_to(browser, "/reset", KNOWN)
    for_known = list(statements)
    statements.clear()
    answer_to(browser, "/reset", UNKNOWN)
    assert statements == for_known
    assert any(statement.startswith("INSERT INTO outbox") for statement in for_known)
