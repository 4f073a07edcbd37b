"""Acts of notices: telling a person something once, and reading it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from lms.core import outbox
from lms.core.errors import NotFound
from lms.core.permissions import Actor
from lms.people.models import Notification

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def notify(
    session: Session,
    *,
    person_id: int,
    kind: str,
    key: str,
    values: Mapping[str, Any],
    url: str,
    now: datetime,
    urgent: bool = False,
) -> bool:
    """Tell a person something in the app, and by mail in the daily digest or at once if urgent.

    Once for each `key` of a person: False when it was told before. `kind` names the sentence
    that `values` (plain JSON) fill, `url` is a path of ours.
    """
    if not url.startswith("/") or url.startswith("//"):
        raise ValueError(f"a notice leads to a path of ours, not {url!r}")
    insert = _INSERTS[session.get_bind().dialect.name]
    made = session.scalar(
        insert(Notification)
        .values(
            person_id=person_id,
            kind=kind,
            key=key,
            values=dict(values),
            url=url,
            urgent=urgent,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["person_id", "key"])
        .returning(Notification.id)
    )
    if made is None:
        return False
    if urgent:
        outbox.announce(
            session,
            kind="urgent_notice",
            key=f"urgent_notice:{made}",
            payload={"notice_id": made},
            now=now,
        )
    return True


def mark_read(session: Session, *, actor: Actor, notice_id: int, now: datetime) -> str:
    """Mark one's own notice as read and return where it leads; raise NotFound for a stranger's."""
    notice = session.get(Notification, notice_id)
    if notice is None or notice.person_id != actor.person_id:
        raise NotFound
    if notice.read_at is None:
        notice.read_at = now
    return notice.url


def mark_all_read(session: Session, *, actor: Actor, now: datetime) -> int:
    """Mark all of one's own notices as read and return how many were not."""
    read = session.execute(
        update(Notification)
        .where(Notification.person_id == actor.person_id, Notification.read_at.is_(None))
        .values(read_at=now)
        .execution_options(synchronize_session=False)
    )
    return int(read.rowcount)  # type: ignore[attr-defined]
