"""Mails of notices: the digest of a day, and the urgent ones. Asked again before they go."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import cast

from flask import Flask
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import update

from lms.core import web
from lms.core.models import OutboxRow
from lms.core.outbox import Handler, NotNeeded
from lms.people.account.letters import in_language, letter
from lms.people.account.queries import Addressee, addressee
from lms.people.models import Notification
from lms.people.notices import queries
from lms.people.notices.digest import local_day
from lms.people.notices.sentences import sentence

Send = Callable[[EmailMessage], None]
IN_A_MAIL = 30
"""So many notices stand in a digest; further ones are counted."""


def handlers(app: Flask, send: Send) -> Mapping[str, Handler]:
    """Return the handlers of notices by kind of outbox row. They bring their own app context."""
    belay = cast(web.Belay, app.extensions[web.EXTENSION])

    def digest(row: OutboxRow) -> None:
        with app.app_context():
            mail_digest(belay, send, row)

    def urgent_notice(row: OutboxRow) -> None:
        with app.app_context():
            mail_urgent(belay, send, row)

    return {"digest": digest, "urgent_notice": urgent_notice}


def mail_digest(belay: web.Belay, send: Send, row: OutboxRow) -> None:
    """Mail a person's unread notices of the day.

    NotNeeded when all were read, the person left or wants no digest, or their day is over:
    then the next day's digest holds them.
    """
    now = belay.clock.now()
    person_id = row.payload["person_id"]
    with belay.database.reading() as session:
        person = addressee(session, person_id=person_id, now=now)
        if person is None or not person.active or not person.wants_digest:
            raise NotNeeded
        if local_day(person.zone, now).isoformat() != row.payload["day"]:
            raise NotNeeded
        rows = queries.unmailed(session, person_id=person_id, now=now)
    if not rows:
        raise NotNeeded
    with in_language(person.language):
        message = letter(
            belay.config,
            to=person.email,
            subject=ngettext(
                "%(num)s new thing for you in Belay",
                "%(num)s new things for you in Belay",
                len(rows),
            ),
            body=_digest_text(person, rows, belay.config.base_url),
            key=row.key,
        )
    send(message)
    _mark_mailed(belay, [notice.id for notice in rows], now)


def mail_urgent(belay: web.Belay, send: Send, row: OutboxRow) -> None:
    """Mail one urgent notice; NotNeeded when it was read or the person left."""
    now = belay.clock.now()
    with belay.database.reading() as session:
        notice = session.get(Notification, row.payload["notice_id"])
        if notice is None or notice.read_at is not None or notice.mailed_at is not None:
            raise NotNeeded
        person = addressee(session, person_id=notice.person_id, now=now)
    if person is None or not person.active:
        raise NotNeeded
    with in_language(person.language):
        words = sentence(notice.kind, notice.values, person.zone)
        message = letter(
            belay.config,
            to=person.email,
            subject=words,
            body=f"{words}\n\n{belay.config.base_url}{notice.url}",
            key=row.key,
        )
    send(message)
    _mark_mailed(belay, [notice.id], now)


def _digest_text(person: Addressee, rows: Sequence[Notification], base_url: str) -> str:
    lines = [
        f"• {sentence(notice.kind, notice.values, person.zone)}\n  {base_url}{notice.url}"
        for notice in rows[:IN_A_MAIL]
    ]
    further = len(rows) - IN_A_MAIL
    if further > 0:
        lines.append(ngettext("and %(num)s more", "and %(num)s more", further))
    return "\n\n".join(
        [
            _("Hello %(name)s,", name=person.name),
            _("this is new since the last mail:"),
            *lines,
            _("All of it: %(url)s", url=f"{base_url}/notifications"),
            _(
                "You get at most one such mail a day. Switch it off in your profile: %(url)s",
                url=f"{base_url}/profile",
            ),
        ]
    )


def _mark_mailed(belay: web.Belay, ids: Sequence[int], now: datetime) -> None:
    with belay.database.writing() as session:
        session.execute(
            update(Notification)
            .where(Notification.id.in_(ids))
            .values(mailed_at=now)
            .execution_options(synchronize_session=False)
        )
