"""Mails with links: written when they go out, in the person's language, or not at all."""

import re
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.core.permissions import SYSTEM
from lms.people.account import jobs, operations
from lms.people.account.letters import letter
from lms.people.models import AccessLink, Person, SignIn, SignInFailure
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY


class Postbox:
    """Takes mails, or refuses them while `broken`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.broken = False

    def send(self, message: EmailMessage) -> None:
        """Take one mail."""
        if self.broken:
            raise ConnectionError("no mail today")
        self.mails.append(message)


@pytest.fixture
def postbox() -> Postbox:
    """An empty postbox."""
    return Postbox()


@pytest.fixture
def deliver(app: Flask, sqlite_database: Database, clock: FixedClock, postbox: Postbox) -> Any:
    """Drain the outbox and return how many rows were finished."""

    def drain() -> int:
        return outbox.drain(
            sqlite_database, jobs.handlers(app, postbox.send), worker="test", now=clock.now
        )

    return drain


@pytest.fixture
def hire(sqlite_database: Database, people: Cast) -> int:
    """Somebody who was just invited."""
    with sqlite_database.writing() as session:
        person = Person(email="dana@northfold.test", name="Dana Levi", created_at=MONDAY)
        session.add(person)
        session.flush()
        invite(session, person.id)
        return person.id


def invite(session: Session, person_id: int, **options: Any) -> None:
    """Invite somebody at MONDAY."""
    operations.invite(session, actor=SYSTEM, person_id=person_id, now=MONDAY, **options)


def path_in(mail: EmailMessage) -> str:
    """Return the path of the link in a mail."""
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.get_content())
    assert found
    return found[1]


def test_an_invitation_is_mailed_with_a_link_that_works(
    client: Browser, hire: int, deliver: Any, postbox: Postbox
) -> None:
    assert deliver() == 1
    (mail,) = postbox.mails
    assert mail["To"] == "dana@northfold.test"
    assert mail.get_content_type() == "text/plain"
    assert "Northfold Outfitters" in mail["Subject"]
    assert "Hello Dana Levi," in mail.get_content()
    assert client.get(path_in(mail)).status_code == 200
    assert deliver() == 0


def test_an_invitation_is_written_anew_when_the_mail_failed(
    client: Browser,
    hire: int,
    deliver: Any,
    postbox: Postbox,
    clock: FixedClock,
    sqlite_database: Database,
) -> None:
    postbox.broken = True
    assert deliver() == 0
    postbox.broken = False
    clock.moment += timedelta(minutes=5)
    assert deliver() == 1
    assert client.get(path_in(postbox.mails[0])).status_code == 200
    with sqlite_database.reading() as session:
        assert len(session.scalars(select(AccessLink)).all()) == 1


def test_of_two_invitations_only_the_later_is_mailed(
    hire: int, deliver: Any, postbox: Postbox, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        invite(session, hire)
    assert deliver() == 2
    assert len(postbox.mails) == 1


def test_an_invitation_can_wait_for_its_day(
    hire: int, deliver: Any, postbox: Postbox, sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.writing() as session:
        invite(session, hire, due_at=MONDAY + timedelta(days=3))
    deliver()
    assert postbox.mails == []
    clock.moment += timedelta(days=3)
    assert deliver() == 1
    assert len(postbox.mails) == 1


@pytest.mark.parametrize("change", ["deactivated", "in"])
def test_nobody_is_invited_who_left_or_came_meanwhile(
    hire: int, deliver: Any, postbox: Postbox, sqlite_database: Database, change: str
) -> None:
    with sqlite_database.writing() as session:
        person = session.get_one(Person, hire)
        if change == "in":
            person.password_hash = "x"
        else:
            person.deactivated_at = MONDAY
    assert deliver() == 1
    assert postbox.mails == []


def test_no_outbox_row_ever_holds_a_token(
    client: Browser, hire: int, deliver: Any, postbox: Postbox, sqlite_database: Database
) -> None:
    client.submit("/reset", {"email": "maya@northfold.test"})
    deliver()
    tokens = [path_in(mail).rpartition("/")[2] for mail in postbox.mails]
    assert len(tokens) == 2
    with sqlite_database.reading() as session:
        rows = "".join(str(vars(row)) for row in session.scalars(select(OutboxRow)))
    assert not any(token in rows for token in tokens)


def test_asking_for_a_reset_mails_a_link_that_works_for_two_hours(
    client: Browser, people: Cast, deliver: Any, postbox: Postbox, clock: FixedClock
) -> None:
    answer = client.submit("/reset", {"email": "MAYA@northfold.test "})
    assert answer.status_code == 303
    assert "on its way" in client.get(answer.headers["Location"]).text
    deliver()
    (mail,) = postbox.mails
    assert mail["To"] == "maya@northfold.test"
    assert client.get(path_in(mail)).status_code == 200
    clock.moment += timedelta(hours=2)
    assert client.get(path_in(mail)).status_code == 410


def test_asking_often_mails_once_in_five_minutes(
    client: Browser, people: Cast, deliver: Any, postbox: Postbox, clock: FixedClock
) -> None:
    for _ in range(4):
        client.submit("/reset", {"email": "maya@northfold.test"})
    deliver()
    assert len(postbox.mails) == 1
    clock.moment += timedelta(minutes=6)
    client.submit("/reset", {"email": "maya@northfold.test"})
    deliver()
    assert len(postbox.mails) == 2


@pytest.mark.parametrize("email", ["nobody@northfold.test", "ben@northfold.test"])
def test_a_reset_for_nobody_or_somebody_who_left_mails_nothing(
    client: Browser,
    people: Cast,
    deliver: Any,
    postbox: Postbox,
    sqlite_database: Database,
    email: str,
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ben).deactivated_at = MONDAY
    client.submit("/reset", {"email": email})
    assert deliver() == 1
    assert postbox.mails == []


def test_a_mail_shows_the_sender_and_cannot_be_led_astray(app: Flask) -> None:
    config = app.extensions["belay"].config
    mail = letter(
        config,
        to="maya@northfold.test",
        subject="New\r\nBcc: everyone@northfold.test",
        body="Hello",
        key="k",
    )
    assert mail["Bcc"] is None
    assert mail["Subject"] == "New Bcc: everyone@northfold.test"
    assert mail["From"] == config.mail_from
    again = letter(config, to="maya@northfold.test", subject="x", body="y", key="k")
    assert again["Message-ID"] == mail["Message-ID"]
    with pytest.raises(ValueError, match=r"[Ii]nvalid|CR|LF"):
        letter(config, to="a@b.test\r\nBcc: c@d.test", subject="x", body="y", key="k")


def test_old_failures_and_sign_ins_are_forgotten(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        for days in (0, 2, 200):
            at = MONDAY - timedelta(days=days)
            session.add(SignInFailure(at=at, address="a", email_hash="h"))
            session.add(
                SignIn(
                    token_hash=str(days),
                    person_id=cast.maya,
                    started_at=at,
                    expires_at=at + timedelta(hours=14),
                    remembered=False,
                    address="a",
                    agent="b",
                )
            )
    jobs.tidy(database, FixedClock(MONDAY))
    with database.reading() as session:
        assert len(session.scalars(select(SignInFailure)).all()) == 1
        assert sorted(session.scalars(select(SignIn.token_hash))) == ["0", "2"]
