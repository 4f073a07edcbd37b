"""The test mail that an administrator asks for in the settings."""

from collections.abc import Callable, Mapping
from email.message import EmailMessage
from typing import cast

from flask import Flask
from flask_babel import gettext as _

from lms.core import web
from lms.core.models import OutboxRow
from lms.core.outbox import Handler, NotNeeded
from lms.people.account.letters import in_language, letter
from lms.people.account.queries import addressee

Send = Callable[[EmailMessage], None]


def handlers(app: Flask, send: Send) -> Mapping[str, Handler]:
    """Return the handlers of the company's rooms by kind. They bring their own app context."""
    belay = cast(web.Belay, app.extensions[web.EXTENSION])

    def test_mail(row: OutboxRow) -> None:
        with app.app_context():
            send_test_mail(belay, send, row)

    return {"test_mail": test_mail}


def send_test_mail(belay: web.Belay, send: Send, row: OutboxRow) -> None:
    """Mail whoever asked for it; NotNeeded when they may not be in any more."""
    with belay.database.reading() as session:
        person = addressee(session, person_id=row.payload["person_id"], now=belay.clock.now())
    if person is None or not person.active:
        raise NotNeeded
    with in_language(person.language):
        message = letter(
            belay.config,
            to=person.email,
            subject=_("A test mail from Belay at %(company)s", company=person.company),
            body=_("Mail works: this is the test mail that you asked for in the settings."),
            key=row.key,
        )
    send(message)
