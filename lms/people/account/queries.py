"""Reads of people for screens. Each says how many statements it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lms.people.models import Person, PersonRole, Site
from lms.people.sign_in import is_active


@dataclass(frozen=True)
class Credentials:
    """What signing in needs to know of a person."""

    id: int
    email: str
    name: str
    password_hash: str | None
    deactivated_at: datetime | None
    leaves_on: date | None
    site_zone: str | None

    def may_enter(self, now: datetime) -> bool:
        """Whether the person is active at this moment."""
        return is_active(self.deactivated_at, self.leaves_on, self.site_zone, now)


def credentials(session: Session, *, email: str) -> Credentials | None:
    """Return what signing in needs for a mail address in any case, or None. One statement."""
    row = session.execute(
        select(
            Person.id,
            Person.email,
            Person.name,
            Person.password_hash,
            Person.deactivated_at,
            Person.leaves_on,
            Site.time_zone,
        )
        .outerjoin(Site, Site.id == Person.site_id)
        .where(Person.email == email.strip().lower())
    ).first()
    return None if row is None else Credentials(*row)


def demo_accounts(session: Session) -> Sequence[Row[str, str, str]]:
    """Return e-mail, name and roles of a demo's listed accounts (`…@demo.test`). One statement."""
    return session.execute(
        select(Person.email, Person.name, func.aggregate_strings(PersonRole.role, ","))
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(Person.email.like("%@demo.test"))
        .group_by(Person.id, Person.email, Person.name)
        .order_by(Person.id)
    ).all()
