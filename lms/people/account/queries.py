"""Reads of accounts for screens and mails. Each says how many statements it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from lms.core import i18n
from lms.core.models import StoredFile
from lms.core.permissions import Role
from lms.people.account import rules
from lms.people.models import (
    AccessLink,
    Category,
    Company,
    Intake,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    SelfCheckAnswer,
    SignIn,
    Site,
    WorkingLanguage,
)
from lms.people.sign_in import is_active, photo_url, token_hash


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
        .where(Person.email == rules.normal_email(email))
    ).first()
    return None if row is None else Credentials(*row)


@dataclass(frozen=True)
class DemoAccount:
    """An account that a demo's sign-in page offers."""

    email: str
    name: str
    roles: tuple[Role, ...]


def demo_accounts(session: Session) -> list[DemoAccount]:
    """Return a demo's listed accounts (`…@demo.test`). One statement."""
    rows = session.execute(
        select(Person.email, Person.name, func.aggregate_strings(PersonRole.role, ","))
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(Person.email.like("%@demo.test"), Person.deactivated_at.is_(None))
        .group_by(Person.id, Person.email, Person.name)
        .order_by(Person.id)
    )
    return [
        DemoAccount(email, name, tuple(role for role in Role if role.value in roles.split(",")))
        for email, name, roles in rows
    ]


@dataclass(frozen=True)
class Addressee:
    """Somebody to whom a mail may go."""

    id: int
    email: str
    name: str
    language: str
    zone: str
    company: str
    active: bool
    has_password: bool
    wants_digest: bool


def addressee(session: Session, *, person_id: int, now: datetime) -> Addressee | None:
    """Return what a mail to this person needs, in their own language. One statement."""
    row = session.execute(
        select(
            Person,
            Intake.language,
            Site.time_zone,
            Company.name,
            Company.language,
            Company.time_zone,
        )
        .select_from(Person)
        .join(Company, Company.id == 1)
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(
            IntakeMember, (IntakeMember.person_id == Person.id) & IntakeMember.left_at.is_(None)
        )
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .where(Person.id == person_id)
    ).first()
    if row is None:
        return None
    person, intake_language, site_zone, company, company_language, company_zone = row
    return Addressee(
        id=person.id,
        email=person.email,
        name=person.name,
        language=i18n.choose([person.language, intake_language, company_language]),
        zone=person.time_zone or site_zone or company_zone,
        company=company,
        active=is_active(person.deactivated_at, person.leaves_on, site_zone, now),
        has_password=person.password_hash is not None,
        wants_digest=person.digest,
    )


@dataclass(frozen=True)
class Link:
    """An access link as its page needs it: whose it is and whether it still works."""

    person_id: int
    state: str
    """`open`, `used`, `revoked` or `expired`."""
    name: str
    email: str
    language: str | None
    company: str
    company_language: str


def access_link(
    session: Session, *, token: str, purposes: Sequence[str], now: datetime
) -> Link | None:
    """Return the link with this token, or None when there never was one. One statement.

    A link of somebody who may not be in counts as revoked.
    """
    row = session.execute(
        select(
            AccessLink,
            Person,
            func.coalesce(Person.language, Intake.language),
            Site.time_zone,
            Company.name,
            Company.language,
        )
        .join(Person, Person.id == AccessLink.person_id)
        .join(Company, Company.id == 1)
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(
            IntakeMember, (IntakeMember.person_id == Person.id) & IntakeMember.left_at.is_(None)
        )
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .where(AccessLink.token_hash == token_hash(token), AccessLink.purpose.in_(purposes))
    ).first()
    if row is None:
        return None
    link, person, language, zone, company, company_language = row
    state = rules.link_state(
        used_at=link.used_at, revoked_at=link.revoked_at, expires_at=link.expires_at, now=now
    )
    if state == "open" and not is_active(person.deactivated_at, person.leaves_on, zone, now):
        state = "revoked"
    return Link(person.id, state, person.name, person.email, language, company, company_language)


def invitations(
    session: Session, *, person_ids: Sequence[int], now: datetime
) -> dict[int, tuple[str, datetime | None]]:
    """Return for each person where their invitation stands, and since or until when.

    `in` (has a password), `invited` (until the moment), `expired` (since the moment) or
    `not_invited`. One statement.
    """
    if not person_ids:
        return {}
    latest = (
        select(AccessLink.person_id, func.max(AccessLink.expires_at).label("expires_at"))
        .where(
            AccessLink.person_id.in_(person_ids),
            AccessLink.purpose.in_(rules.INVITATIONS),
            AccessLink.used_at.is_(None),
            AccessLink.revoked_at.is_(None),
        )
        .group_by(AccessLink.person_id)
        .subquery()
    )
    rows = session.execute(
        select(Person.id, Person.password_hash.is_not(None), latest.c.expires_at)
        .outerjoin(latest, latest.c.person_id == Person.id)
        .where(Person.id.in_(person_ids))
    )
    return {
        person_id: _invitation(has_password, expires_at, now)
        for person_id, has_password, expires_at in rows
    }


def _invitation(
    has_password: bool, expires_at: datetime | None, now: datetime
) -> tuple[str, datetime | None]:
    if has_password:
        return "in", None
    if expires_at is None:
        return "not_invited", None
    return ("invited" if expires_at > now else "expired"), expires_at


def open_sign_ins(session: Session, *, person_id: int, now: datetime) -> Sequence[SignIn]:
    """Return a person's sign-ins that still count, newest first. One statement."""
    return session.scalars(
        select(SignIn)
        .where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
        .order_by(SignIn.started_at.desc(), SignIn.id.desc())
    ).all()


@dataclass(frozen=True)
class Profile:
    """A person's own profile: what they may change of themselves."""

    id: int
    name: str
    email: str
    language: str | None
    time_zone: str | None
    site_zone: str | None
    about: str
    digest: bool
    photo_url: str | None
    working_languages: tuple[str, ...]
    categories: tuple[Row[int, str, str], ...]
    """Id, name and season, in the person's order."""

    @property
    def category_ids(self) -> tuple[int, ...]:
        """The ids of the categories, in order."""
        return tuple(row[0] for row in self.categories)


def profile(session: Session, *, person_id: int) -> Profile:
    """Return a person's own profile. Three statements."""
    person, zone, photo = session.execute(
        select(Person, Site.time_zone, StoredFile.sha256)
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(Person.id == person_id)
    ).one()
    languages = session.scalars(
        select(WorkingLanguage.language).where(WorkingLanguage.person_id == person_id)
    ).all()
    categories = session.execute(
        select(Category.id, Category.name, Category.season)
        .join(PersonCategory, PersonCategory.category_id == Category.id)
        .where(PersonCategory.person_id == person_id)
        .order_by(PersonCategory.position, Category.id)
    ).all()
    return Profile(
        id=person.id,
        name=person.name,
        email=person.email,
        language=person.language,
        time_zone=person.time_zone,
        site_zone=zone,
        about=person.about or "",
        digest=person.digest,
        photo_url=photo_url(photo),
        working_languages=tuple(code for code in i18n.LANGUAGES if code in languages),
        categories=tuple(categories),
    )


def categories(session: Session) -> Sequence[Category]:
    """Return all gear categories by name. One statement."""
    return session.scalars(select(Category).order_by(Category.name)).all()


def self_check(session: Session, *, person_id: int) -> dict[str, SelfCheckAnswer]:
    """Return the latest answer to each question of day one that was answered. One statement.

    An answer taken back (empty) is left out.
    """
    rows = session.scalars(
        select(SelfCheckAnswer)
        .where(SelfCheckAnswer.person_id == person_id)
        .order_by(SelfCheckAnswer.id)
    )
    latest = {row.question: row for row in rows}
    return {
        slug: latest[slug] for slug in rules.SELF_CHECK if slug in latest and latest[slug].answer
    }


def company_face(session: Session) -> tuple[str, str | None]:
    """Return the company's name ("Belay" before there is one) and its logo's SHA-256 or None.

    One statement.
    """
    row = session.execute(
        select(Company.name, StoredFile.sha256).outerjoin(
            StoredFile, StoredFile.id == Company.logo_file_id
        )
    ).first()
    return (row.name, row.sha256) if row else ("Belay", None)


def photo(session: Session, *, sha256: str) -> StoredFile | None:
    """Return the file with this content if it is somebody's photo now. One statement."""
    return session.scalar(
        select(StoredFile)
        .join(Person, Person.photo_file_id == StoredFile.id)
        .where(StoredFile.sha256 == sha256)
        .limit(1)
    )


def feed_epoch(session: Session, *, person_id: int) -> int:
    """Return the epoch of a person's calendar address; there is none below one. One statement."""
    return session.scalars(select(Person.feed_epoch).where(Person.id == person_id)).one()


def calendar_reader(
    session: Session, *, secret: str, token: str, now: datetime
) -> Addressee | None:
    """Return whose calendar address this is, or None when it is nobody's (any more).

    Somebody who may not be in has no calendar either. At most two statements.
    """
    person_id = rules.person_of_calendar_token(token)
    if person_id is None:
        return None
    epoch = session.scalar(select(Person.feed_epoch).where(Person.id == person_id)) or 0
    if not rules.is_calendar_token(secret, token, person_id=person_id, epoch=epoch):
        return None
    reader = addressee(session, person_id=person_id, now=now)
    return reader if reader is not None and reader.active else None
