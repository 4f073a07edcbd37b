"""Reads of the company for its settings pages. Each says how many statements it costs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, case, extract, func, or_, select
from sqlalchemy.orm import Session

from lms.core.models import OutboxRow, StoredFile
from lms.people.company.operations import LABELS, company_values
from lms.people.company.places import site_values
from lms.people.company.rules import Settings, read_settings, stamp
from lms.people.models import (
    Category,
    Company,
    Department,
    Holiday,
    Intake,
    IntakeMember,
    Person,
    Site,
)

DEAD_SHOWN = 100


@dataclass(frozen=True)
class CompanyView:
    """The company as its settings page shows it."""

    name: str
    language: str
    time_zone: str
    settings: Settings
    logo: str | None
    """The SHA-256 of the logo."""
    stamp: str


def company(session: Session) -> CompanyView:
    """Return the company. One statement."""
    row, logo = session.execute(
        select(Company, StoredFile.sha256).outerjoin(
            StoredFile, StoredFile.id == Company.logo_file_id
        )
    ).one()
    return CompanyView(
        row.name,
        row.language,
        row.time_zone,
        read_settings(row.settings),
        logo,
        stamp(company_values(row)),
    )


def company_settings(session: Session) -> Settings:
    """Return the company's numbers, for mail and invitations. One statement."""
    return read_settings(session.scalars(select(Company.settings)).one())


def logo(session: Session) -> StoredFile | None:
    """Return the logo's file, or None. One statement."""
    return session.scalar(select(StoredFile).join(Company, Company.logo_file_id == StoredFile.id))


@dataclass(frozen=True)
class SiteView:
    """A site with what depends on it."""

    id: int
    name: str
    slug: str
    time_zone: str
    week_starts_on: int
    working_weekdays: tuple[int, ...]
    people: int
    intakes: int
    holidays: int
    stamp: str


def sites(session: Session) -> list[SiteView]:
    """Return all sites by name. One statement."""
    return [_site_view(row) for row in session.execute(_sites().order_by(func.lower(Site.name)))]


def site(session: Session, site_id: int) -> SiteView | None:
    """Return one site. One statement."""
    row = session.execute(_sites().where(Site.id == site_id)).first()
    return None if row is None else _site_view(row)


def _sites() -> Select[*tuple[Any, ...]]:
    def count(condition: Any) -> Any:
        return select(func.count()).where(condition).scalar_subquery()

    return select(
        Site,
        count((Person.site_id == Site.id) & Person.deactivated_at.is_(None)),
        count(Intake.site_id == Site.id),
        count(Holiday.site_id == Site.id),
    )


def _site_view(row: Row[*tuple[Any, ...]]) -> SiteView:
    found, people, intakes, holidays = row
    return SiteView(
        id=found.id,
        name=found.name,
        slug=found.slug,
        time_zone=found.time_zone,
        week_starts_on=found.week_starts_on,
        working_weekdays=tuple(sorted(int(digit) for digit in found.working_weekdays)),
        people=people,
        intakes=intakes,
        holidays=holidays,
        stamp=stamp(site_values(found)),
    )


@dataclass(frozen=True)
class Reach:
    """Whose dates a site's calendar decides."""

    people: int
    """Everyone active who works by it, directly or through an intake."""
    in_intakes: int
    """Those of them who are in an intake now."""


def calendar_reach(session: Session, *, site_id: int) -> Reach:
    """Return how many people's dates follow this site's zone and week. One statement."""
    follows = func.coalesce(Person.site_id, Intake.site_id) == site_id
    people, in_intakes = session.execute(
        select(func.count(), func.count(IntakeMember.id))
        .select_from(Person)
        .outerjoin(
            IntakeMember, (IntakeMember.person_id == Person.id) & IntakeMember.left_at.is_(None)
        )
        .outerjoin(Intake, Intake.id == IntakeMember.intake_id)
        .where(follows, Person.deactivated_at.is_(None))
    ).one()
    return Reach(people, in_intakes)


def holiday_years(session: Session) -> list[int]:
    """Return the years that have holidays. One statement."""
    year = extract("year", Holiday.on_date)
    return [int(found) for found in session.scalars(select(year).distinct().order_by(year))]


def holidays(
    session: Session, *, year: int, site_id: int | None = None
) -> Sequence[tuple[Holiday, str | None]]:
    """Return a year's days off with the site's name (None: the whole company). One statement.

    `site_id` leaves only those that hold at this site.
    """
    query = (
        select(Holiday, Site.name)
        .outerjoin(Site, Site.id == Holiday.site_id)
        .where(Holiday.on_date.between(date(year, 1, 1), date(year, 12, 31)))
        .order_by(Holiday.on_date, Site.name)
    )
    if site_id is not None:
        query = query.where(or_(Holiday.site_id == site_id, Holiday.site_id.is_(None)))
    return [(holiday, name) for holiday, name in session.execute(query)]


@dataclass(frozen=True)
class LabelView:
    """A department or gear category and how many people have it."""

    id: int
    name: str
    slug: str
    season: str | None
    people: int


def labels(session: Session, kind: str) -> list[LabelView]:
    """Return all departments or gear categories by name. One statement."""
    model = LABELS[kind].model
    return [
        _label_view(row)
        for row in session.execute(_labels(kind).order_by(func.lower(model.name), model.id))
    ]


def label(session: Session, kind: str, label_id: int) -> LabelView | None:
    """Return one department or gear category. One statement."""
    row = session.execute(_labels(kind).where(LABELS[kind].model.id == label_id)).first()
    return None if row is None else _label_view(row)


def _labels(kind: str) -> Select[*tuple[Any, ...]]:
    found = LABELS[kind]
    people = select(func.count()).where(found.people == found.model.id).scalar_subquery()
    return select(found.model, people)


def _label_view(row: Row[*tuple[Any, ...]]) -> LabelView:
    found: Department | Category
    found, people = row
    season = found.season if isinstance(found, Category) else None
    return LabelView(found.id, found.name, found.slug, season, people)


@dataclass(frozen=True)
class OutboxHealth:
    """How the outbox stands; `done` counts the last day."""

    waiting: int
    """Due already and not done."""
    oldest_at: datetime | None
    """Since when the first of them waits."""
    later: int
    """Not due yet."""
    done: int
    dead: int


def outbox_health(session: Session, *, now: datetime) -> OutboxHealth:
    """Return how many things wait, are done and are dead. One statement."""
    is_open = OutboxRow.done_at.is_(None) & OutboxRow.dead_at.is_(None)
    due = is_open & (OutboxRow.due_at <= now)

    def many(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = session.execute(
        select(
            many(due),
            func.min(case((due, OutboxRow.due_at))),
            many(is_open & (OutboxRow.due_at > now)),
            many(OutboxRow.done_at > now - timedelta(days=1)),
            many(OutboxRow.dead_at.is_not(None)),
        )
    ).one()
    return OutboxHealth(*row)


def dead_rows(session: Session) -> Sequence[OutboxRow]:
    """Return the dead rows, the newest first, at most `DEAD_SHOWN`. One statement."""
    return session.scalars(
        select(OutboxRow)
        .where(OutboxRow.dead_at.is_not(None))
        .order_by(OutboxRow.dead_at.desc(), OutboxRow.id.desc())
        .limit(DEAD_SHOWN)
    ).all()


def own_test_mails(session: Session, *, person_id: int) -> Sequence[OutboxRow]:
    """Return a person's latest five test mails, the newest first. One statement."""
    return session.scalars(
        select(OutboxRow)
        .where(
            OutboxRow.kind == "test_mail",
            OutboxRow.key.like(f"test\\_mail:{person_id}:%", escape="\\"),
        )
        .order_by(OutboxRow.id.desc())
        .limit(5)
    ).all()
