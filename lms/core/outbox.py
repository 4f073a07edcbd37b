"""What must happen after the commit: rows written in the same transaction, drained by a worker.

At least once, in practice once: a worker claims a row by a conditional update, and every
handler is given the row's stable key to make a repeat harmless.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.models import OutboxRow

MAX_ATTEMPTS = 8
CLAIM_LASTS = timedelta(minutes=5)
"""After this a claim counts as abandoned: its worker was killed."""


class NotNeeded(Exception):
    """Raised by a handler when the condition no longer holds; the row counts as done."""


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
    session.add(
        OutboxRow(kind=kind, key=key, payload=dict(payload), created_at=now, due_at=due_at or now)
    )
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
        if row is None:
            continue
        error = _attempt(handlers, row)
        _settle(database, row, error, worker, now())
        done += error is None
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


def _attempt(handlers: Mapping[str, Handler], row: OutboxRow) -> str | None:
    handler = handlers.get(row.kind)
    if handler is None:
        return f"no handler for {row.kind}"
    try:
        handler(row)
    except NotNeeded:
        return None
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is kept and retried
        return f"{type(error).__name__}: {error}"
    return None


def _settle(
    database: Database, row: OutboxRow, error: str | None, worker: str, now: datetime
) -> None:
    values: dict[str, Any]
    if error is None:
        values = {"done_at": now, "error": None}
    elif row.attempts >= MAX_ATTEMPTS:
        values = {"dead_at": now, "error": error[:2000], "claimed_at": None}
    else:
        due_at = now + retry_delay(row.attempts)
        values = {"due_at": due_at, "error": error[:2000], "claimed_at": None}
    with database.writing() as session:
        # The claim may have been taken over by another worker meanwhile: then it settles.
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row.id, OutboxRow.claimed_by == worker)
            .values(**values)
            .execution_options(synchronize_session=False)
        )
