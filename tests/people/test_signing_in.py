"""Signing in and out by mail address and password."""

from flask.testing import FlaskClient

from tests.cast import PASSWORD, Cast
from tests.client import Browser


def test_the_right_password_signs_in_whatever_the_case(client: Browser, people: Cast) -> None:
    answer = client.submit("/login", {"email": " Maya@Northfold.TEST", "password": PASSWORD})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/"
    assert client.get("/").status_code == 200


def test_a_wrong_password_keeps_the_mail_address(client: Browser, people: Cast) -> None:
    answer = client.submit("/login", {"email": "maya@northfold.test", "password": "wrong"})
    assert answer.status_code == 422
    assert "maya@northfold.test" in answer.text
    assert client.get("/").status_code == 303


def test_signing_out_ends_the_session_in_the_database(browser, people: Cast) -> None:  # type: ignore[no-untyped-def]
    client = browser(people.maya)
    assert client.get("/").status_code == 200
    assert client.submit("/logout").status_code == 303
    assert client.get("/").status_code == 303


def test_a_stranger_is_sent_to_sign_in_and_back(client: FlaskClient) -> None:
    assert client.get("/?x=1").headers["Location"] == "/login?next=/?x%3D1"
