"""Reads of intakes for screens. Each says how many statements it costs."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import Session

from lms.core.models import StoredFile
from lms.people.account.rules import INVITATIONS
from lms.people.intakes.rules import Access
from lms.people.models import AccessLink, Intake, IntakeMember, Person, Site
from lms.people.sign_in import initials, photo_url

MEMBERS_SHOWN = 250
CANDIDATES_SHOWN = 50


@dataclass(frozen=True)
class IntakeView:
    """An intake with its site."""

    id: int
    name: str
    slug: str
    starts_on: date
    site_id: int
    site: str
    site_zone: str
    language: str | None


def intakes(session: Session) -> list[IntakeView]:
    """Return all intakes, the latest start first. One statement."""
    query = _intakes().order_by(Intake.starts_on.desc(), Intake.name)
    return [IntakeView(*row) for row in session.execute(query)]


def intake(session: Session, intake_id: int) -> IntakeView | None:
    """Return one intake. One statement."""
    row = session.execute(_intakes().where(Intake.id == intake_id)).first()
    return None if row is None else IntakeView(*row)


def _intakes() -> Select[*tuple[Any, ...]]:
    return select(
        Intake.id,
        Intake.name,
        Intake.slug,
        Intake.starts_on,
        Site.id,
        Site.name,
        Site.time_zone,
        Intake.language,
    ).join(Site, Site.id == Intake.site_id)


def access_counts(
    session: Session, *, intake_ids: Collection[int], now: datetime
) -> dict[int, Counter[Access]]:
    """Return how many members of each intake stand where. One statement."""
    state = _access(now).label("state")
    rows = session.execute(
        select(IntakeMember.intake_id, state, func.count())
        .join(Person, Person.id == IntakeMember.person_id)
        .where(IntakeMember.intake_id.in_(intake_ids), IntakeMember.left_at.is_(None))
        .group_by(IntakeMember.intake_id, state)
    )
    found: dict[int, Counter[Access]] = defaultdict(Counter)
    for intake_id, value, count in rows:
        found[intake_id][Access(value)] = count
    return found


def access_of(
    session: Session, *, intake_id: int, person_ids: Collection[int], now: datetime
) -> dict[int, Access]:
    """Return where these members stand; people who are not members are left out. One statement."""
    rows = session.execute(
        select(Person.id, _access(now))
        .join(IntakeMember, IntakeMember.person_id == Person.id)
        .where(
            IntakeMember.intake_id == intake_id,
            IntakeMember.left_at.is_(None),
            Person.id.in_(person_ids),
        )
        .order_by(Person.id)
    )
    return {person_id: Access(state) for person_id, state in rows}


@dataclass(frozen=True)
class Member:
    """A member as the page of an intake lists them."""

    id: int
    name: str
    email: str
    photo_url: str | None
    access: Access
    until: datetime | None
    """When an open invitation stops, or when the last one stopped."""
    joined_at: datetime
    started_on: date | None

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return initials(self.name)


@dataclass(frozen=True)
class Members:
    """One page of an intake's members."""

    rows: Sequence[Member]
    total: int
    """All that the filter leaves."""


def members(
    session: Session,
    *,
    intake_id: int,
    search: str = "",
    state: Access | None = None,
    page: int = 1,
    now: datetime,
) -> Members:
    """Return a page of members by name, `MEMBERS_SHOWN` at a time. One statement."""
    access = _access(now)
    query = _members(intake_id, now).add_columns(func.count().over())
    if state is not None:
        query = query.where(access == state.value)
    for word in search.split():
        query = query.where(_named(word))
    rows = session.execute(
        query.order_by(func.lower(Person.name), Person.id)
        .limit(MEMBERS_SHOWN)
        .offset((page - 1) * MEMBERS_SHOWN)
    ).all()
    return Members([_member(row[:-1]) for row in rows], rows[0][-1] if rows else 0)


def member(session: Session, *, intake_id: int, person_id: int, now: datetime) -> Member | None:
    """Return one member of an intake, or None when the person is not in it. One statement."""
    row = session.execute(_members(intake_id, now).where(Person.id == person_id)).first()
    return None if row is None else _member(row)


def member_count(session: Session, *, intake_id: int) -> int:
    """Return how many people are in an intake. One statement."""
    query = select(func.count()).where(
        IntakeMember.intake_id == intake_id, IntakeMember.left_at.is_(None)
    )
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Candidate:
    """Somebody who could join an intake; `intake` is the one that they would leave."""

    id: int
    name: str
    email: str
    photo_url: str | None
    intake: str | None

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return initials(self.name)


def candidates(session: Session, *, intake_id: int, search: str) -> list[Candidate]:
    """Return at most 50 people, not closed and not in this intake, by name. One statement."""
    query = (
        select(Person.id, Person.name, Person.email, StoredFile.sha256, Intake.name)
        .outerjoin(
            IntakeMember, (IntakeMember.person_id == Person.id) & IntakeMember.left_at.is_(None)
        )
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(
            Person.deactivated_at.is_(None),
            or_(Intake.id.is_(None), Intake.id != intake_id),
        )
        .order_by(func.lower(Person.name), Person.id)
        .limit(CANDIDATES_SHOWN)
    )
    for word in search.split():
        query = query.where(_named(word))
    return [
        Candidate(person_id, name, email, photo_url(photo), other)
        for person_id, name, email, photo, other in session.execute(query)
    ]


def sites(session: Session) -> list[tuple[int, str]]:
    """Return ids and names of all sites, to choose from. One statement."""
    rows = session.execute(select(Site.id, Site.name).order_by(func.lower(Site.name)))
    return [(site_id, name) for site_id, name in rows]


def _members(intake_id: int, now: datetime) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Person.id,
            Person.name,
            Person.email,
            StoredFile.sha256,
            _access(now),
            _open_until(),
            IntakeMember.joined_at,
            Person.started_on,
        )
        .join(IntakeMember, IntakeMember.person_id == Person.id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(IntakeMember.intake_id == intake_id, IntakeMember.left_at.is_(None))
    )


def _member(row: Row[*tuple[Any, ...]] | tuple[Any, ...]) -> Member:
    person_id, name, email, photo, access, until, joined_at, started_on = row
    return Member(
        person_id, name, email, photo_url(photo), Access(access), until, joined_at, started_on
    )


def _access(now: datetime) -> ColumnElement[str]:
    """Return where a Person stands, by the same rule as `account.queries.invitations`."""
    until = _open_until()
    # Somebody's last day may not be over yet in a zone far to the west.
    long_gone = Person.leaves_on < now.date() - timedelta(days=1)
    return case(
        (or_(Person.deactivated_at <= now, long_gone), Access.CLOSED.value),
        (Person.password_hash.is_not(None), Access.IN.value),
        (until.is_(None), Access.NOT_INVITED.value),
        (until > now, Access.INVITED.value),
        else_=Access.EXPIRED.value,
    )


def _open_until() -> ColumnElement[datetime]:
    return (
        select(func.max(AccessLink.expires_at))
        .where(
            AccessLink.person_id == Person.id,
            AccessLink.purpose.in_(INVITATIONS),
            AccessLink.used_at.is_(None),
            AccessLink.revoked_at.is_(None),
        )
        .correlate(Person)
        .scalar_subquery()
    )


def _named(word: str) -> ColumnElement[bool]:
    return or_(
        Person.name.icontains(word, autoescape=True),
        # SQLite knows upper and lower case of Latin letters only.
        Person.name.contains(word.capitalize(), autoescape=True),
        Person.email.icontains(word, autoescape=True),
    )
