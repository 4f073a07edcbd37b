"""Acts of importing: apply a sheet, and invite those who came with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import Refused
from lms.core.permissions import Actor, Permission, require
from lms.people.account.operations import invite
from lms.people.directory.records import lock_directory
from lms.people.directory.saving import save
from lms.people.importing import queries
from lms.people.importing.planning import RowPlan, plan, totals
from lms.people.importing.rules import Sheet

INVITED_AT = time(8)
"""When an invitation for a date goes out, on the clock of the person's site."""


@dataclass(frozen=True)
class Batch:
    """What an import did."""

    rows: list[RowPlan]
    totals: dict[str, int]


def import_people(
    session: Session, *, actor: Actor, sheet: Sheet, allow_admin: bool, now: datetime
) -> Batch:
    """Make and change the people of every good line; refused lines and everyone else stay.

    Plans against the moment of writing, so doing it again changes nothing. Mails nobody. Raises
    NotAllowed without the permission to manage people.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    lock_directory(session)
    known = queries.known(session, now=now)
    rows = plan(sheet, known, allow_admin=allow_admin, actor_id=actor.person_id)
    batch = Batch(rows, totals(rows))
    changes = [row.change for row in rows if row.change is not None]
    if changes:
        ids = {email: person.id for email, person in known.people.items()}
        save(session, actor=actor, changes=changes, ids=ids, now=now, via="import")
        audit.record(
            session,
            actor=actor,
            verb="import_people",
            subject_type="company",
            subject_id=1,
            now=now,
            totals=batch.totals,
        )
    return batch


def invite_people(
    session: Session, *, actor: Actor, emails: Collection[str], on: date | None, now: datetime
) -> int:
    """Invite those of these people who were never in and hold no open invitation; return how many.

    At once, or `on` a date in the morning of each person's site. Doing it again invites nobody
    twice.
    """
    invited = 0
    for person_id, zone in queries.uninvited(session, emails=emails, now=now):
        try:
            invite(session, actor=actor, person_id=person_id, now=now, due_at=due_at(on, zone, now))
        except Refused:
            # Their last day is over: nothing to invite them to.
            continue
        invited += 1
    return invited


def check_invite_date(on: date | None, today: date) -> None:
    """Refuse `invite_in_past` for a date that is over."""
    if on is not None and on < today:
        raise Refused("invite_in_past", field="invite_on")


def due_at(on: date | None, zone: str | None, now: datetime) -> datetime | None:
    """Return when an invitation goes out: None for at once, which a time gone by also means."""
    if on is None:
        return None
    moment = datetime.combine(on, INVITED_AT, ZoneInfo(zone or "UTC"))
    return moment if moment > now else None
