"""The daily digest: who gets one now. At most one mail for a person's local day."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import outbox
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.people.company.queries import company_settings
from lms.people.company.rules import DIGEST_HOUR
from lms.people.notices import queries
from lms.people.notices.queries import Waiting

BATCH = 200


def due(
    waiting: Iterable[Waiting], now: datetime, hour: int = DIGEST_HOUR
) -> list[tuple[int, date]]:
    """Return who gets a digest now and for which local day: active, wants it, the hour has come."""
    return [
        (person.person_id, local_day(person.zone, now))
        for person in waiting
        if person.wants_digest
        and person.is_active(now)
        and now.astimezone(ZoneInfo(person.zone)).hour >= hour
    ]


def local_day(zone: str, now: datetime) -> date:
    """Return the date that it is in this zone."""
    return now.astimezone(ZoneInfo(zone)).date()


def digest_key(person_id: int, day: date) -> str:
    """Return the key that makes a digest one for each person and local day."""
    return f"digest:{person_id}:{day.isoformat()}"


def digests(database: Database, now: datetime) -> int:
    """Ask for the digests that are due and not asked for yet; return how many.

    Harmless to run as often as one likes, by several workers at once.
    """
    with database.reading() as session:
        hour = company_settings(session).digest_hour
        found = due(queries.waiting_for_digest(session, now=now), now, hour)
        wanted = {digest_key(person_id, day): (person_id, day) for person_id, day in found}
        missing = [key for keys in _batches(list(wanted)) for key in _not_asked(session, keys)]
    made = 0
    for keys in _batches(missing):
        with database.writing() as session:
            for key in keys:
                person_id, day = wanted[key]
                made += outbox.announce(
                    session,
                    kind="digest",
                    key=key,
                    payload={"person_id": person_id, "day": day.isoformat()},
                    now=now,
                )
    return made


def _batches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _not_asked(session: Session, keys: Sequence[str]) -> list[str]:
    asked = set(session.scalars(select(OutboxRow.key).where(OutboxRow.key.in_(keys))))
    return [key for key in keys if key not in asked]
