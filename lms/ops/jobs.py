"""What the background worker does: the handlers of outbox rows, and what comes round by itself.

The one list of both, as `app.py` is the one list of pages. A new part adds its lines here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from flask import Flask
from sqlalchemy import delete, select, tuple_

from lms.core import mail, outbox, web
from lms.core.db import Database
from lms.core.models import AnsweredRequest, OutboxRow, WorkerBeat
from lms.courses import jobs as courses
from lms.people.account import jobs as account
from lms.people.company import jobs as company
from lms.people.notices import digest
from lms.people.notices import jobs as notices

ANSWERS_KEPT = timedelta(days=7)
DONE_KEPT = timedelta(days=90)
BEATS_KEPT = timedelta(days=1)
_AT_ONCE = 500
"""Rows deleted in one transaction, so that nobody waits long for the write lock."""


@dataclass(frozen=True)
class Periodic:
    """Something to do every so often. May run late, twice or in two workers: it must not mind."""

    name: str
    every: timedelta
    run: Callable[[], object]


def handlers(app: Flask) -> dict[str, outbox.Handler]:
    """Return what is done with each kind of outbox row; raise ValueError if two claim a kind."""
    belay: web.Belay = app.extensions[web.EXTENSION]
    send = partial(mail.send, belay.config)
    found: dict[str, outbox.Handler] = {}
    for room in (account, company, notices):
        offered = room.handlers(app, send)
        twice = found.keys() & offered.keys()
        if twice:
            raise ValueError(f"two handlers for {', '.join(sorted(twice))}")
        found.update(offered)
    return found


def periodic(app: Flask) -> Sequence[Periodic]:
    """Return what comes round by itself, with how often."""
    belay: web.Belay = app.extensions[web.EXTENSION]
    database, clock = belay.database, belay.clock
    return (
        Periodic("digests", timedelta(minutes=15), lambda: digest.digests(database, clock.now())),
        Periodic(
            "late steps", timedelta(minutes=15), lambda: courses.escalate(database, clock.now())
        ),
        Periodic(
            "finished tracks",
            timedelta(hours=1),
            lambda: courses.close_finished(database, clock.now()),
        ),
        Periodic("tidy sign-ins", timedelta(hours=1), lambda: account.tidy(database, clock)),
        Periodic("tidy", timedelta(hours=1), lambda: tidy(database, clock.now())),
    )


def tidy(database: Database, now: datetime) -> None:
    """Delete what mattered only for a while: answers to forms, things long done, old beats."""
    for table, old in (
        (AnsweredRequest, AnsweredRequest.answered_at < now - ANSWERS_KEPT),
        (OutboxRow, OutboxRow.done_at < now - DONE_KEPT),
        (WorkerBeat, WorkerBeat.beat_at < datetime.now(UTC) - BEATS_KEPT),
    ):
        keys = list(table.__table__.primary_key)
        some = tuple_(*keys).in_(select(*keys).where(old).limit(_AT_ONCE))
        deleted = _AT_ONCE
        while deleted == _AT_ONCE:
            with database.writing() as session:
                result = session.execute(
                    delete(table).where(some).execution_options(synchronize_session=False)
                )
                deleted = result.rowcount  # type: ignore[attr-defined]
