"""Reads for a person's pages. Each says how many statements it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    and_,
    case,
    func,
    literal,
    null,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import Session

from lms.core.errors import NotFound
from lms.core.models import StoredFile
from lms.core.permissions import Actor, Role
from lms.people import policy, sign_in
from lms.people.directory.rules import Word
from lms.people.models import (
    AccessLink,
    Category,
    Company,
    Department,
    Intake,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    Shift,
    ShiftException,
    SignIn,
    Site,
    WorkingLanguage,
)


@dataclass(frozen=True)
class Card:
    """A person's page: what everyone may see, and what only those who follow them may."""

    id: int
    name: str
    photo_url: str | None
    about: str | None
    roles: tuple[Role, ...]
    site: str | None
    department: str | None
    categories: tuple[Word, ...]
    languages: tuple[str, ...]
    followed: bool
    """Whether the actor may see the rest."""
    email: str
    language: str | None
    time_zone: str | None
    site_zone: str | None
    intake: str | None
    started_on: date | None
    leaves_on: date | None
    deactivated_at: datetime | None
    state: str
    invited_until: datetime | None
    open_sign_ins: int

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return sign_in.initials(self.name)


@dataclass(frozen=True)
class ShiftRow:
    """A shift of the weekly pattern (weekday) or one date that differs (on_date)."""

    weekday: int | None
    on_date: date | None
    starts_at: time | None
    ends_at: time | None


def card(session: Session, *, actor: Actor, person_id: int, now: datetime) -> Card:
    """Return a person's page; raise NotFound for whoever may not know of them. Two statements."""
    row = session.execute(_card_query(actor, person_id, now)).first()
    if row is None:
        raise NotFound
    categories = session.execute(
        select(Category.id, Category.slug, Category.name, Category.season)
        .join(PersonCategory, PersonCategory.category_id == Category.id)
        .where(PersonCategory.person_id == person_id)
        .order_by(PersonCategory.position, Category.name)
    )
    active = sign_in.is_active(row.deactivated_at, row.leaves_on, row.site_zone, now)
    return Card(
        id=row.id,
        name=row.name,
        photo_url=sign_in.photo_url(row.photo),
        about=row.about,
        roles=as_roles(row.roles),
        site=row.site,
        department=row.department,
        categories=tuple(Word(c.id, c.slug, c.name, season=c.season) for c in categories),
        languages=tuple(sorted((row.languages or "").split(","))) if row.languages else (),
        followed=bool(row.followed),
        email=row.email,
        language=row.language,
        time_zone=row.time_zone,
        site_zone=row.site_zone,
        intake=row.intake,
        started_on=row.started_on,
        leaves_on=row.leaves_on,
        deactivated_at=row.deactivated_at,
        state=_state_of(active, row.has_password, row.invited_until),
        invited_until=row.invited_until,
        open_sign_ins=row.open_sign_ins,
    )


def _card_query(actor: Actor, person_id: int, now: datetime) -> Any:
    followed = policy.followed_people(actor)
    query = from_people(
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.about,
            Person.language,
            Person.time_zone,
            Person.started_on,
            Person.leaves_on,
            Person.deactivated_at,
            Person.password_hash.is_not(None).label("has_password"),
            StoredFile.sha256.label("photo"),
            Site.name.label("site"),
            Site.time_zone.label("site_zone"),
            Department.name.label("department"),
            Intake.name.label("intake"),
            roles_text(),
            case((followed, 1), else_=0).label("followed"),
            aggregate(WorkingLanguage.language, WorkingLanguage.person_id, "languages"),
            select(func.max(AccessLink.expires_at))
            .where(is_open_invitation(now))
            .scalar_subquery()
            .label("invited_until"),
            select(func.count())
            .where(
                SignIn.person_id == Person.id,
                SignIn.ended_at.is_(None),
                SignIn.expires_at > now,
            )
            .scalar_subquery()
            .label("open_sign_ins"),
        )
    )
    return (
        query.outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(Person.id == person_id, policy.visible_people(actor))
    )


def shifts(session: Session, *, person_id: int) -> list[ShiftRow]:
    """Return the weekly pattern in order, then the dates that differ. One statement."""
    weekly: Any = select(
        Shift.weekday, type_coerce(null(), Date).label("on_date"), Shift.starts_at, Shift.ends_at
    ).where(Shift.person_id == person_id)
    differing: Any = select(
        literal(7), ShiftException.on_date, ShiftException.starts_at, ShiftException.ends_at
    ).where(ShiftException.person_id == person_id)
    rows = session.execute(union_all(weekly, differing)).all()
    found = [
        ShiftRow(
            weekday=row.weekday if row.weekday < 7 else None,
            on_date=row.on_date,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
        )
        for row in rows
    ]
    return sorted(
        found,
        key=lambda row: (
            7 if row.weekday is None else row.weekday,
            row.on_date or date.min,
            row.starts_at or time.min,
        ),
    )


def others(session: Session, *, named: Sequence[str]) -> dict[Role, list[Any]]:
    """Return (e-mail, name) of those who may be chosen as manager and as coach. One statement.

    Active people with the role, and whoever is `named` already.
    """
    rows = session.execute(
        select(PersonRole.role, Person.email, Person.name)
        .join(Person, Person.id == PersonRole.person_id)
        .where(
            PersonRole.role.in_((Role.COACH.value, Role.MANAGER.value)),
            Person.deactivated_at.is_(None),
        )
        .union(select(literal("named"), Person.email, Person.name).where(Person.email.in_(named)))
    ).all()
    found: dict[Role, list[Any]] = {}
    for role in (Role.COACH, Role.MANAGER):
        people = {(email, name) for kind, email, name in rows if kind in (role.value, "named")}
        found[role] = sorted(people, key=lambda one: (one[1].casefold(), one[0]))
    return found


def is_demo_company(session: Session) -> bool:
    """Whether the company itself was made as a demo. One statement."""
    settings = session.scalar(select(Company.settings)) or {}
    return bool(settings.get("demo"))


def from_people(query: Any) -> Any:
    """Return a select from people, with their site and open membership joined."""
    return (
        query.select_from(Person)
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(
            IntakeMember,
            and_(IntakeMember.person_id == Person.id, IntakeMember.left_at.is_(None)),
        )
    )


def is_open_invitation(now: datetime) -> ColumnElement[bool]:
    """Return the condition on AccessLink that it is a person's invitation that still opens."""
    return and_(
        AccessLink.person_id == Person.id,
        AccessLink.purpose.in_(("invite", "slip")),
        AccessLink.used_at.is_(None),
        AccessLink.revoked_at.is_(None),
        AccessLink.expires_at > now,
    )


def _state_of(active: bool, has_password: bool, invited_until: datetime | None) -> str:
    if not active:
        return "ended"
    if has_password:
        return "in"
    return "invited" if invited_until else "never_in"


def roles_text() -> ColumnElement[Any]:
    """Return a person's roles in one text; `as_roles` takes it apart."""
    return aggregate(PersonRole.role, PersonRole.person_id, "roles")


def aggregate(column: Any, person_id: Any, label: str) -> ColumnElement[Any]:
    """Return a person's values of a column in one text, separated by commas."""
    return (
        select(func.aggregate_strings(column, ","))
        .where(person_id == Person.id)
        .scalar_subquery()
        .label(label)
    )


def as_roles(text: str | None) -> tuple[Role, ...]:
    """Return the roles in their usual order."""
    held = set((text or "").split(","))
    return tuple(role for role in Role if role.value in held)
