"""Two hundred hires behind one network address, on their first morning."""

from typing import Any

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.core.errors import Refused
from lms.people.account import operations, rules
from lms.people.models import Person, SignInFailure
from tests.cast import PASSWORD, PASSWORD_HASH, Cast
from tests.conftest import MONDAY

HIRES = 200


def test_all_get_in_although_some_mistype(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.add_all(
            Person(
                email=f"hire{n}@northfold.test",
                name=f"Hire {n}",
                password_hash=PASSWORD_HASH,
                created_at=MONDAY,
            )
            for n in range(HIRES)
        )
    statuses = []
    for n in range(HIRES):
        client = browser()
        token = client.csrf_token()
        passwords = ["Wrong one"] * (n % 4 if n < 40 else 0) + [PASSWORD]
        for password in passwords:
            answer = client.post(
                "/login",
                data={
                    "csrf_token": token,
                    "email": f"hire{n}@northfold.test",
                    "password": password,
                },
            )
        statuses.append(answer.status_code)
    assert statuses == [303] * HIRES


def test_sixty_failures_spread_among_them_lock_nobody_out(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        for n in range(60):
            operations.book_attempt(session, key=f"hire {n % 30}", address="10.0.0.1", now=MONDAY)
        for n in range(HIRES):
            operations.book_attempt(session, key=f"hire {n}", address="10.0.0.1", now=MONDAY)
            operations.forgive(session, key=f"hire {n}", address="10.0.0.1")
        assert session.scalars(select(SignInFailure)).all() == []


def test_an_address_that_tries_everybody_is_stopped(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        session.add_all(
            SignInFailure(at=MONDAY, address="10.0.0.9", email_hash=f"person {n}")
            for n in range(rules.PER_ADDRESS)
        )
        with pytest.raises(Refused, match="too_many_tries"):
            operations.book_attempt(session, key="one more", address="10.0.0.9", now=MONDAY)
        operations.book_attempt(session, key="one more", address="10.0.0.10", now=MONDAY)


def test_a_person_tried_from_everywhere_is_protected(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        for n in range(rules.PER_EMAIL):
            operations.book_attempt(session, key="maya", address=f"10.0.1.{n}", now=MONDAY)
        with pytest.raises(Refused, match="too_many_tries"):
            operations.book_attempt(session, key="maya", address="10.0.2.1", now=MONDAY)


def test_tries_at_once_are_all_counted(database: Database, cast: Cast) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_n: int) -> bool:
        try:
            with database.writing() as session:
                operations.book_attempt(session, key="maya", address="10.0.0.1", now=MONDAY)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        let_through = sum(pool.map(attempt, range(rules.PER_PAIR * 3)))
    assert let_through == rules.PER_PAIR
