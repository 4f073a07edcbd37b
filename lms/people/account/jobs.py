"""Mails with access links, written when they go out; and forgetting what nobody needs."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage
from typing import cast

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import delete

from lms.core import web
from lms.core.clock import Clock
from lms.core.db import Database
from lms.core.errors import NotFound
from lms.core.models import OutboxRow
from lms.core.outbox import Handler, NotNeeded
from lms.core.permissions import SYSTEM
from lms.people.account import operations, queries
from lms.people.account.letters import in_language, letter
from lms.people.company.queries import company_settings
from lms.people.models import SignIn, SignInFailure

Send = Callable[[EmailMessage], None]
"""Hands one mail over; raises to be tried again."""

FAILURES_KEPT = timedelta(days=1)
SIGN_INS_KEPT = timedelta(days=90)


def handlers(app: Flask, send: Send) -> Mapping[str, Handler]:
    """Return account's handlers by kind of outbox row. They bring their own app context."""
    belay = cast(web.Belay, app.extensions[web.EXTENSION])

    def invitation(row: OutboxRow) -> None:
        with app.app_context():
            mail_invitation(belay, send, row)

    def password_reset(row: OutboxRow) -> None:
        with app.app_context():
            mail_reset(belay, send, row)

    return {"invitation": invitation, "password_reset": password_reset}


def mail_invitation(belay: web.Belay, send: Send, row: OutboxRow) -> None:
    """Mail an invitation with a fresh link; NotNeeded when it was replaced or the person is in."""
    now = belay.clock.now()
    try:
        with belay.database.writing() as session:
            person_id, token = operations.renew_invitation(
                session, link_id=row.payload["link_id"], now=now
            )
            person = queries.addressee(session, person_id=person_id, now=now)
            if person is None or not person.active or person.has_password:
                raise NotNeeded
            days = company_settings(session).invitation_days
    except NotFound as error:
        raise NotNeeded from error
    with in_language(person.language):
        send(
            letter(
                belay.config,
                to=person.email,
                subject=_("Your way into Belay at %(company)s", company=person.company),
                body=_invitation_text(person, f"{belay.config.base_url}/invitation/{token}", days),
                key=_attempt(row),
            )
        )


def mail_reset(belay: web.Belay, send: Send, row: OutboxRow) -> None:
    """Mail a link to a new password; NotNeeded when nobody active is behind the request."""
    now = belay.clock.now()
    person_id = row.payload["person_id"]
    with belay.database.writing() as session:
        person = person_id and queries.addressee(session, person_id=person_id, now=now)
        if not person or not person.active:
            raise NotNeeded
        token = operations.make_link(
            session, actor=SYSTEM, person_id=person.id, purpose="reset", now=now
        )
    with in_language(person.language):
        send(
            letter(
                belay.config,
                to=person.email,
                subject=_("A new password for Belay at %(company)s", company=person.company),
                body=_reset_text(person, f"{belay.config.base_url}/reset/{token}"),
                key=_attempt(row),
            )
        )


def _attempt(row: OutboxRow) -> str:
    """Return a key for this attempt alone.

    It carries a new link and kills the one before: no mail server may take it for a copy.
    """
    return f"{row.key}:{row.attempts}"


def _invitation_text(person: queries.Addressee, url: str, days: int) -> str:
    return "\n\n".join(
        [
            _("Hello %(name)s,", name=person.name),
            _(
                "welcome to %(company)s. Belay is where you find what to do next, each day of "
                "your first weeks and after.",
                company=person.company,
            ),
            _("Open this link and choose a password:"),
            url,
            ngettext(
                "The link works once, for %(num)s day. Later you sign in with this mail address.",
                "The link works once, for %(num)s days. Later you sign in with this mail address.",
                days,
            ),
        ]
    )


def _reset_text(person: queries.Addressee, url: str) -> str:
    return "\n\n".join(
        [
            _("Hello %(name)s,", name=person.name),
            _("somebody, most likely you, asked for a new password. Open this link to choose it:"),
            url,
            _(
                "The link works once, for two hours. If it was not you, do nothing: your "
                "password stays as it is."
            ),
        ]
    )


def tidy(database: Database, clock: Clock) -> None:
    """Forget old failures, and sign-ins that ended or ran out long ago."""
    now = clock.now()
    with database.writing() as session:
        session.execute(delete(SignInFailure).where(SignInFailure.at < now - FAILURES_KEPT))
        long_ago = now - SIGN_INS_KEPT
        session.execute(
            delete(SignIn).where((SignIn.ended_at < long_ago) | (SignIn.expires_at < long_ago))
        )
