"""The list of people: filtered, paged, and whole for an export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, not_, or_, select, true
from sqlalchemy.orm import Session

from lms.core.finding import pattern, words_of
from lms.core.models import StoredFile
from lms.core.permissions import Actor, Role
from lms.people import policy, sign_in
from lms.people.directory.queries import (
    as_roles,
    from_people,
    is_open_invitation,
    roles_text,
)
from lms.people.directory.rules import Word
from lms.people.models import Department, Intake, IntakeMember, Person, PersonRole, Site

PAGE = 50
"""People on one page of the list."""


@dataclass(frozen=True)
class Filters:
    """What a list of people is narrowed to; nothing chosen means everyone visible."""

    text: str = ""
    role: str = ""
    site: int = 0
    department: int = 0
    intake: int = 0
    state: str = ""


@dataclass(frozen=True)
class Entry:
    """One person in the list."""

    id: int
    name: str
    email: str
    roles: tuple[Role, ...]
    site: str | None
    department: str | None
    intake: str | None
    started_on: date | None
    state: str
    photo_url: str | None

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return sign_in.initials(self.name)


def entries(
    session: Session,
    *,
    actor: Actor,
    filters: Filters,
    sites: Sequence[Word],
    now: datetime,
    page: int,
) -> tuple[list[Entry], int]:
    """Return one page of people by name, and how many there are in all. Two statements."""
    condition = _condition(actor, filters, sites, now)
    total = session.scalar(from_people(select(func.count())).where(condition)) or 0
    query = (
        from_people(
            select(
                Person.id,
                Person.name,
                Person.email,
                roles_text(),
                Site.name.label("site"),
                Department.name.label("department"),
                Intake.name.label("intake"),
                Person.started_on,
                _state(sites, now).label("state"),
                StoredFile.sha256.label("photo"),
            )
        )
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(condition)
        .order_by(Person.name, Person.id)
        .limit(PAGE)
        .offset((max(page, 1) - 1) * PAGE)
    )
    found = [
        Entry(
            id=row.id,
            name=row.name,
            email=row.email,
            roles=as_roles(row.roles),
            site=row.site,
            department=row.department,
            intake=row.intake,
            started_on=row.started_on,
            state=row.state,
            photo_url=sign_in.photo_url(row.photo),
        )
        for row in session.execute(query)
    ]
    return found, total


def matching(
    session: Session, *, actor: Actor, filters: Filters, sites: Sequence[Word], now: datetime
) -> dict[int, str]:
    """Return the state by id of everyone that the list would show, by name. One statement."""
    query = from_people(select(Person.id, _state(sites, now).label("state")))
    condition = _condition(actor, filters, sites, now)
    rows = session.execute(query.where(condition).order_by(Person.name, Person.id))
    return {row.id: row.state for row in rows}


def _condition(
    actor: Actor, filters: Filters, sites: Sequence[Word], now: datetime
) -> ColumnElement[bool]:
    """Return who the list shows: visible, matching, and for colleagues not deactivated."""
    parts: list[ColumnElement[bool]] = [policy.visible_people(actor)]
    if not policy.may_edit_people(actor):
        parts.append(not_(_ended(sites, now)))
    elif filters.state:
        parts.append(_state_condition(filters.state, sites, now))
    for word in words_of(filters.text):
        parts.append(_matches(word, with_email=policy.may_edit_people(actor)))
    if filters.role:
        parts.append(
            exists().where(PersonRole.person_id == Person.id, PersonRole.role == filters.role)
        )
    if filters.site:
        parts.append(Person.site_id == filters.site)
    if filters.department:
        parts.append(Person.department_id == filters.department)
    if filters.intake:
        parts.append(IntakeMember.intake_id == filters.intake)
    return and_(true(), *parts)


def _matches(word: str, *, with_email: bool) -> ColumnElement[bool]:
    found: ColumnElement[bool] = Person.name.regexp_match(pattern(word))
    if with_email:
        found = or_(found, Person.email.contains(word.lower(), autoescape=True))
    return found


def _ended(sites: Sequence[Word], now: datetime) -> ColumnElement[bool]:
    """Return whether a person is deactivated or their last day is over, where they work."""
    today = now.astimezone(UTC).date()
    elsewhere: dict[date, list[int]] = {}
    for site in sites:
        day = now.astimezone(ZoneInfo(site.zone or "UTC")).date()
        if day != today:
            elsewhere.setdefault(day, []).append(site.id)
    their_day: ColumnElement[Any] = literal(today, Person.leaves_on.type)
    if elsewhere:
        their_day = case(
            *(
                (Person.site_id.in_(ids), literal(day, Person.leaves_on.type))
                for day, ids in elsewhere.items()
            ),
            else_=literal(today, Person.leaves_on.type),
        )
    return or_(
        func.coalesce(Person.deactivated_at <= now, False),
        func.coalesce(Person.leaves_on < their_day, False),
    )


def _state(sites: Sequence[Word], now: datetime) -> ColumnElement[str]:
    return case(
        (_ended(sites, now), "ended"),
        (Person.password_hash.is_not(None), "in"),
        (exists().where(is_open_invitation(now)), "invited"),
        else_="never_in",
    )


def _state_condition(state: str, sites: Sequence[Word], now: datetime) -> ColumnElement[bool]:
    return _state(sites, now) == state
