"""Reads for importing. Each says how many statements it costs."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, exists, select
from sqlalchemy.orm import Session

from lms.people.directory import records
from lms.people.importing.planning import Known
from lms.people.models import AccessLink, Person, Site


def known(session: Session, *, now: datetime) -> Known:
    """Return everyone and the company's words, to plan against. Three statements."""
    people = records.load(session, now=now)
    return Known(
        people={person.email: person for person in people.values()},
        lookups=records.lookups(session),
    )


def uninvited(
    session: Session, *, emails: Collection[str], now: datetime
) -> Sequence[Row[int, str | None]]:
    """Return id and site zone of those who were never in and hold no invitation. One statement."""
    invited = exists().where(
        AccessLink.person_id == Person.id,
        AccessLink.purpose == "invite",
        AccessLink.used_at.is_(None),
        AccessLink.revoked_at.is_(None),
        AccessLink.expires_at > now,
    )
    return session.execute(
        select(Person.id, Site.time_zone)
        .outerjoin(Site, Site.id == Person.site_id)
        .where(
            Person.email.in_(emails),
            Person.password_hash.is_(None),
            Person.deactivated_at.is_(None),
            ~invited,
        )
        .order_by(Person.id)
    ).all()
