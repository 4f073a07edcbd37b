"""What must happen after the commit: rows written in the same transaction, drained by a worker.

At least once, in practice once: a worker claims a row by a conditional update, and every
handler is given the row's stable key to make a repeat harmless.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.models import OutboxRow

MAX_ATTEMPTS = 8
CLAIM_LASTS = timedelta(minutes=5)
"""After this a claim counts as abandoned: its worker was killed."""
NOT_YET_WAITS = timedelta(minutes=5)


class NotNeeded(Exception):
    """Raised by a handler when the condition no longer holds; the row counts as done."""


class NotYet(Exception):
    """Raised by a handler that cannot work here so far; the row waits and no attempt counts."""


Handler = Callable[[OutboxRow], None]
"""Does one thing outside any transaction; raises to be tried again."""


def announce(
    session: Session,
    *,
    kind: str,
    key: str,
    payload: Mapping[str, Any],
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Ask for something to happen after this transaction commits.

    Returns False when the same `key` was announced before: an event happens once. Must be
    called inside `writing`.
    """
    if session.scalar(select(OutboxRow.id).where(OutboxRow.key == key)) is not None:
        return False
    session.flush()
    row = OutboxRow(kind=kind, key=key, payload=dict(payload), created_at=now, due_at=due_at or now)
    try:
        # Somebody else may announce it at this moment: the constraint has the last word.
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return False
    return True


def drain(
    database: Database,
    handlers: Mapping[str, Handler],
    *,
    worker: str,
    now: Callable[[], datetime],
    limit: int = 50,
) -> int:
    """Claim and do up to `limit` waiting rows; return how many were finished.

    Several workers may drain at once; each row is claimed by one.
    """
    done = 0
    for row_id in _waiting(database, now(), limit):
        row = _claim(database, row_id, worker, now())
        if row is not None:
            done += _do(database, handlers, row, worker, now)
    return done


def retry_delay(attempts: int) -> timedelta:
    """Return the wait before the next attempt: 30 s, doubled each time, at most 2 hours."""
    return min(timedelta(seconds=30 * 2 ** max(0, attempts - 1)), timedelta(hours=2))


def _waiting(database: Database, now: datetime, limit: int) -> list[int]:
    with database.reading() as session:
        query = (
            select(OutboxRow.id)
            .where(
                OutboxRow.done_at.is_(None),
                OutboxRow.dead_at.is_(None),
                OutboxRow.due_at <= now,
                OutboxRow.claimed_at.is_(None) | (OutboxRow.claimed_at < now - CLAIM_LASTS),
            )
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(limit)
        )
        return list(session.scalars(query))


def _claim(database: Database, row_id: int, worker: str, now: datetime) -> OutboxRow | None:
    with database.writing() as session:
        claimed = session.execute(
            update(OutboxRow)
            .where(
                OutboxRow.id == row_id,
                OutboxRow.done_at.is_(None),
                OutboxRow.dead_at.is_(None),
                OutboxRow.claimed_at.is_(None) | (OutboxRow.claimed_at < now - CLAIM_LASTS),
            )
            .values(claimed_at=now, claimed_by=worker, attempts=OutboxRow.attempts + 1)
            .execution_options(synchronize_session=False)
        )
        if claimed.rowcount == 0:  # type: ignore[attr-defined]
            return None
        return session.get_one(OutboxRow, row_id)


def _do(
    database: Database,
    handlers: Mapping[str, Handler],
    row: OutboxRow,
    worker: str,
    now: Callable[[], datetime],
) -> bool:
    """Do what a claimed row asks for and write down how it went; return whether it is done."""
    if row.attempts > MAX_ATTEMPTS:
        # Every worker that took it was killed: it may be what kills them.
        _settle(database, row, worker, dead_at=now(), error="no worker survived it")
        return False
    try:
        handler = handlers.get(row.kind)
        if handler is None:
            raise LookupError(f"no handler for {row.kind}")
        handler(row)
    except NotNeeded:
        pass
    except NotYet as error:
        due_at, attempts = now() + NOT_YET_WAITS, row.attempts - 1
        _settle(database, row, worker, due_at=due_at, attempts=attempts, error=str(error))
        return False
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is kept and retried
        _settle(database, row, worker, **_after_failure(row, now()), error=_said(error))
        return False
    _settle(database, row, worker, done_at=now(), error=None)
    return True


def _after_failure(row: OutboxRow, now: datetime) -> dict[str, datetime]:
    if row.attempts >= MAX_ATTEMPTS:
        return {"dead_at": now}
    return {"due_at": now + retry_delay(row.attempts)}


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def _settle(database: Database, row: OutboxRow, worker: str, **values: Any) -> None:
    with database.writing() as session:
        # The claim may have been taken over by another worker meanwhile: then it settles.
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row.id, OutboxRow.claimed_by == worker)
            .values(claimed_at=None, **values)
            .execution_options(synchronize_session=False)
        )
