"""Signing in and staying in: the small module behind which Flask-Login stands.

A cookie holds a random token; the database holds its hash with the person. Each request reads
both in one statement, so that ending a sign-in or deactivating a person stops the very next
request in every worker, remembered browsers included.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_login import UserMixin
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session, aliased

from lms.core.models import StoredFile
from lms.core.permissions import Actor, Role
from lms.people.models import (
    Company,
    Intake,
    IntakeMember,
    Notification,
    Person,
    PersonRole,
    SignIn,
    Site,
)

SESSION_LASTS = timedelta(hours=14)
REMEMBERED_LASTS = timedelta(days=60)


@dataclass(frozen=True)
class Viewer(UserMixin):  # type: ignore[misc]
    """The signed-in person as a request needs them. Values, not a row."""

    id: int
    name: str
    email: str
    roles: frozenset[Role]
    language: str | None
    intake_language: str | None
    time_zone: str
    site_id: int | None
    photo: str | None
    unread: int
    sign_in_id: int
    company_name: str
    company_logo: str | None
    company_language: str
    company_version: int
    token: str

    def get_id(self) -> str:
        """Return what the cookie holds (Flask-Login's name): the token."""
        return self.token

    @property
    def actor(self) -> Actor:
        """Return who acts, for operations."""
        return Actor(self.id, self.roles)

    @property
    def photo_url(self) -> str | None:
        """Return where the person's picture is, or None."""
        return photo_url(self.photo)

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return initials(self.name)


def initials(name: str) -> str:
    """Return the first letters of a name's first and last word."""
    words = name.split()
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def photo_url(sha256: str | None) -> str | None:
    """Return the address at which signed-in people see this picture."""
    return f"/photo/{sha256}" if sha256 else None


def logo_url(sha256: str | None) -> str | None:
    """Return the address at which anybody sees this logo."""
    return f"/logo?v={sha256[:10]}" if sha256 else None


def token_hash(token: str) -> str:
    """Return what the database keeps of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(
    session: Session,
    *,
    person_id: int,
    remembered: bool,
    address: str,
    agent: str,
    now: datetime,
) -> str:
    """Open a sign-in for a person and return the token for the cookie."""
    token = secrets.token_urlsafe(32)
    session.add(
        SignIn(
            token_hash=token_hash(token),
            person_id=person_id,
            started_at=now,
            expires_at=now + (REMEMBERED_LASTS if remembered else SESSION_LASTS),
            remembered=remembered,
            address=address[:64],
            agent=agent[:200],
        )
    )
    return token


def end(
    session: Session, *, person_id: int, now: datetime, why: str, only: int | None = None
) -> int:
    """End a person's open sign-ins (or `only` that one) and return how many were ended."""
    query = update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None))
    if only is not None:
        query = query.where(SignIn.id == only)
    ended = session.execute(
        query.values(ended_at=now, ended_why=why).execution_options(synchronize_session=False)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def viewer(session: Session, token: str, now: datetime) -> Viewer | None:
    """Return who holds this token, or None when it ended or they may not be in. One statement."""
    row = session.execute(_VIEWER, {"token_hash": token_hash(token)}).first()
    if (
        row is None
        or row.expires_at <= now
        or not is_active(row.deactivated_at, row.leaves_on, row.site_zone, now)
    ):
        return None
    return Viewer(
        id=row.id,
        name=row.name,
        email=row.email,
        roles=frozenset(Role(role) for role in (row.roles or "").split(",") if role),
        language=row.language,
        intake_language=row.intake_language,
        time_zone=row.time_zone or row.site_zone or row.company_zone,
        site_id=row.site_id,
        photo=row.photo,
        unread=row.unread,
        sign_in_id=row.sign_in_id,
        company_name=row.company_name,
        company_logo=logo_url(row.company_logo),
        company_language=row.company_language,
        company_version=row.company_version,
        token=token,
    )


def is_active(
    deactivated_at: datetime | None, leaves_on: date | None, zone: str | None, now: datetime
) -> bool:
    """Whether a person may be in: not deactivated, last day not over in their site's zone."""
    if deactivated_at is not None and deactivated_at <= now:
        return False
    if leaves_on is None:
        return True
    return now.astimezone(ZoneInfo(zone or "UTC")).date() <= leaves_on


_Logo = aliased(StoredFile)
_VIEWER = (
    select(
        Person.id,
        Person.name,
        Person.email,
        Person.language,
        Person.time_zone,
        Person.site_id,
        Person.deactivated_at,
        Person.leaves_on,
        SignIn.id.label("sign_in_id"),
        SignIn.expires_at,
        Site.time_zone.label("site_zone"),
        Intake.language.label("intake_language"),
        StoredFile.sha256.label("photo"),
        Company.name.label("company_name"),
        _Logo.sha256.label("company_logo"),
        Company.language.label("company_language"),
        Company.time_zone.label("company_zone"),
        Company.version.label("company_version"),
        select(func.aggregate_strings(PersonRole.role, ","))
        .where(PersonRole.person_id == Person.id)
        .scalar_subquery()
        .label("roles"),
        select(func.count())
        .where(Notification.person_id == Person.id, Notification.read_at.is_(None))
        .scalar_subquery()
        .label("unread"),
    )
    .select_from(SignIn)
    .join(Person, Person.id == SignIn.person_id)
    .join(Company, Company.id == 1)
    .outerjoin(Site, Site.id == Person.site_id)
    .outerjoin(
        IntakeMember,
        (IntakeMember.person_id == Person.id) & IntakeMember.left_at.is_(None),
    )
    .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
    .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
    .outerjoin(_Logo, _Logo.id == Company.logo_file_id)
    .where(SignIn.token_hash == bindparam("token_hash"), SignIn.ended_at.is_(None))
)
