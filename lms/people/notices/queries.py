"""Reads of notices for pages and mails. Each says how many statements it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.people.models import Company, Notification, Person, Site
from lms.people.sign_in import is_active

PAGE = 20
MAILED_UNTIL = timedelta(days=14)
"""A notice older than this is not mailed any more: it is stale."""


@dataclass(frozen=True)
class Notices:
    """One page of a person's notices, unread ones first."""

    rows: Sequence[Notification]
    total: int
    unread: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


def notices(session: Session, *, person_id: int, page: int) -> Notices:
    """Return a page of a person's notices, unread first, newest first. Two statements."""
    total, unread = session.execute(
        select(func.count(), func.count().filter(Notification.read_at.is_(None))).where(
            Notification.person_id == person_id
        )
    ).one()
    page = min(max(1, page), max(1, -(-total // PAGE)))
    rows = session.scalars(
        select(Notification)
        .where(Notification.person_id == person_id)
        .order_by(Notification.read_at.is_not(None), Notification.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    return Notices(rows, total, unread, page)


@dataclass(frozen=True)
class Waiting:
    """Somebody who has notices that were neither read nor mailed."""

    person_id: int
    zone: str
    wants_digest: bool
    deactivated_at: datetime | None
    leaves_on: date | None
    site_zone: str | None

    def is_active(self, now: datetime) -> bool:
        """Whether the person may be in at this moment."""
        return is_active(self.deactivated_at, self.leaves_on, self.site_zone, now)


def waiting_for_digest(session: Session, *, now: datetime) -> list[Waiting]:
    """Return everybody who has notices that were neither read nor mailed. One statement."""
    rows = session.execute(
        select(
            Person.id,
            Person.time_zone,
            Person.digest,
            Person.deactivated_at,
            Person.leaves_on,
            Site.time_zone,
            Company.time_zone,
        )
        .select_from(Person)
        .join(Company, Company.id == 1)
        .outerjoin(Site, Site.id == Person.site_id)
        .where(
            Person.id.in_(
                select(Notification.person_id).where(
                    Notification.mailed_at.is_(None),
                    Notification.read_at.is_(None),
                    Notification.urgent.is_(False),
                    Notification.created_at > now - MAILED_UNTIL,
                )
            )
        )
        .order_by(Person.id)
    )
    return [
        Waiting(id_, zone or site_zone or company_zone, digest, deactivated, leaves_on, site_zone)
        for id_, zone, digest, deactivated, leaves_on, site_zone, company_zone in rows
    ]


def unmailed(session: Session, *, person_id: int, now: datetime) -> Sequence[Notification]:
    """Return what a digest for this person would hold, oldest first. One statement."""
    return session.scalars(
        select(Notification)
        .where(
            Notification.person_id == person_id,
            Notification.mailed_at.is_(None),
            Notification.read_at.is_(None),
            Notification.urgent.is_(False),
            Notification.created_at > now - MAILED_UNTIL,
        )
        .order_by(Notification.id)
    ).all()
