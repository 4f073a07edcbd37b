"""Signing in and out by mail address and password."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.passwords import hash_password
from lms.people.account import rules
from lms.people.models import Person, PersonRole, SignIn, SignInFailure
from tests.cast import PASSWORD, Cast
from tests.client import Browser
from tests.conftest import MONDAY


def sign_in(client: Browser, email: str = "maya@northfold.test", password: str = PASSWORD) -> Any:
    """Send the sign-in form."""
    return client.submit("/login", {"email": email, "password": password})


def test_the_right_password_signs_in_whatever_the_case(client: Browser, people: Cast) -> None:
    answer = sign_in(client, " Maya@Northfold.TEST")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert client.get("/profile").status_code == 200


def test_a_wrong_password_keeps_the_mail_address(client: Browser, people: Cast) -> None:
    answer = sign_in(client, password="wrong")
    assert answer.status_code == 422
    assert "maya@northfold.test" in answer.text
    assert client.get("/").status_code == 303


def test_an_empty_form_says_what_is_missing(client: Browser, people: Cast) -> None:
    answer = client.submit("/login", {"email": "", "password": ""})
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'href="#password"' in answer.text


def test_signing_out_ends_the_session_in_the_database(browser: Any, people: Cast) -> None:
    client = browser(people.maya)
    assert client.get("/profile").status_code == 200
    assert client.submit("/logout").status_code == 303
    assert client.get("/profile").status_code == 303


def test_a_stranger_is_sent_to_sign_in_and_back(client: Browser) -> None:
    assert client.get("/?x=1").headers["Location"] == "/login?next=/?x%3D1"


def test_signing_in_leads_on_to_the_page_asked_for(client: Browser, people: Cast) -> None:
    answer = client.submit(
        "/login?next=/profile", {"email": "maya@northfold.test", "password": PASSWORD}
    )
    assert answer.headers["Location"] == "/profile"


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "/\\evil.test", "x"])
def test_signing_in_never_leads_elsewhere(client: Browser, people: Cast, elsewhere: str) -> None:
    answer = client.submit(
        "/login",
        {"email": "maya@northfold.test", "password": PASSWORD, "next": elsewhere},
    )
    assert answer.headers["Location"] == "/"


def test_a_sign_in_gets_a_new_cookie_and_a_new_row(
    client: Browser, people: Cast, sqlite_database: Database
) -> None:
    client.get("/login")
    sign_in(client)
    first = client.get_cookie("belay")
    client.submit("/logout")
    sign_in(client)
    second = client.get_cookie("belay")
    assert first is not None
    assert second is not None
    assert first.value != second.value
    client.set_cookie("belay", first.value)
    assert client.get("/profile").status_code == 303
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count(SignIn.id))) == 2


def test_a_deactivated_person_is_as_unknown(
    client: Browser, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).deactivated_at = MONDAY
    assert sign_in(client).status_code == 422


def test_too_many_failures_stop_even_the_right_password_for_a_while(
    client: Browser, people: Cast, clock: FixedClock
) -> None:
    for _ in range(rules.PER_PAIR):
        assert sign_in(client, password="wrong").status_code == 422
    stopped = sign_in(client)
    assert stopped.status_code == 429
    assert "Too many tries" in stopped.text
    assert "maya@northfold.test" in stopped.text
    assert sign_in(client, "ben@northfold.test").status_code == 303
    client.submit("/logout")
    clock.moment += rules.WINDOW + timedelta(seconds=1)
    assert sign_in(client).status_code == 303


def test_success_forgives_the_failures_before_it(
    client: Browser, people: Cast, sqlite_database: Database
) -> None:
    for _ in range(rules.PER_PAIR - 1):
        sign_in(client, password="wrong")
    assert sign_in(client).status_code == 303
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count(SignInFailure.id))) == 0


def test_no_row_holds_the_mail_address_that_was_tried(
    client: Browser, people: Cast, sqlite_database: Database
) -> None:
    sign_in(client, "my secret password typed in the wrong field")
    with sqlite_database.reading() as session:
        (failure,) = session.scalars(select(SignInFailure)).all()
    assert len(failure.email_hash) == 64
    assert "secret" not in failure.email_hash


def test_a_demo_lists_its_accounts_with_a_button_each(
    demo_app: Flask, sqlite_database: Database, people: Cast
) -> None:
    with sqlite_database.writing() as session:
        person = Person(
            email="trainee@demo.test",
            name="Jonas Reed",
            password_hash=hash_password(rules.DEMO_PASSWORD),
            created_at=MONDAY,
        )
        session.add(person)
        session.flush()
        session.add(PersonRole(person_id=person.id, role="trainee"))
        session.add(PersonRole(person_id=person.id, role="mentor"))
    demo_app.test_client_class = Browser
    client = demo_app.test_client()
    assert isinstance(client, Browser)
    page = client.get("/login").text
    assert "Jonas Reed" in page
    assert "Trainee, Mentor" in page
    assert 'value="trainee@demo.test"' in page
    assert "maya@northfold.test" not in page
    answer = client.submit("/login", {"email": "trainee@demo.test", "password": "northfold-demo"})
    assert answer.status_code == 303


def test_a_real_company_lists_nobody(
    client: Browser, sqlite_database: Database, people: Cast
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).email = "trainee@demo.test"
    page = client.get("/login").text
    assert "trainee@demo.test" not in page
    assert "northfold-demo" not in page
