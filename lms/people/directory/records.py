"""Loading people's records, one or all of them, in the same few statements."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import String as Text
from sqlalchemy import and_, cast, literal, null, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.core.permissions import Role
from lms.people.directory.rules import Lookups, Stored, Word, Words
from lms.people.models import (
    Category,
    Coaching,
    Company,
    Department,
    Intake,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    Reporting,
    Site,
    WorkingLanguage,
)
from lms.people.rules import Profile
from lms.people.sign_in import is_active


def lock_directory(session: Session) -> None:
    """Let one act on people's records follow another, so that checks hold until the commit.

    SQLite's writers follow one another anyway; PostgreSQL waits here.
    """
    session.execute(select(Company.id).with_for_update())


def lookups(session: Session) -> Lookups:
    """Return the company's sites, departments, categories and intakes. One statement."""
    site = literal("site").label("kind")
    none = null()
    rows = session.execute(
        union_all(
            select(site, Site.id, Site.slug, Site.name, Site.time_zone, cast(none, Text)),
            select(
                literal("department"),
                Department.id,
                Department.slug,
                Department.name,
                cast(none, Text),
                cast(none, Text),
            ),
            select(
                literal("category"),
                Category.id,
                Category.slug,
                Category.name,
                cast(none, Text),
                Category.season,
            ),
            select(
                literal("intake"),
                Intake.id,
                Intake.slug,
                Intake.name,
                cast(Intake.site_id, Text),
                cast(none, Text),
            ),
        )
    ).all()
    found: dict[str, list[Word]] = {"site": [], "department": [], "category": [], "intake": []}
    for kind, id_, slug, name, place, season in rows:
        found[kind].append(
            Word(
                id_,
                slug,
                name,
                zone=place if kind == "site" else None,
                site_id=int(place) if kind == "intake" else None,
                season=season,
            )
        )
    for words in found.values():
        words.sort(key=lambda word: word.name.casefold())
    return Lookups(
        sites=Words("site", found["site"]),
        departments=Words("department", found["department"]),
        categories=Words("categories", found["category"]),
        intakes=Words("intake", found["intake"]),
    )


def load(
    session: Session, *, now: datetime, only: Collection[int] | None = None
) -> dict[int, Stored]:
    """Return people's records by id, all of them or `only` these. Two statements."""
    manager = aliased(Person)
    query = (
        select(
            Person.id,
            Person.email,
            Person.name,
            Person.language,
            Person.time_zone,
            Person.site_id,
            Person.department_id,
            Person.started_on,
            Person.leaves_on,
            Person.deactivated_at,
            Person.password_hash.is_not(None).label("has_password"),
            Site.time_zone.label("site_zone"),
            IntakeMember.intake_id,
            manager.email.label("manager"),
        )
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(
            IntakeMember,
            and_(IntakeMember.person_id == Person.id, IntakeMember.left_at.is_(None)),
        )
        .outerjoin(Reporting, and_(Reporting.person_id == Person.id, Reporting.until_at.is_(None)))
        .outerjoin(manager, manager.id == Reporting.manager_id)
    )
    if only is not None:
        query = query.where(Person.id.in_(only))
    many = _many_valued(session, only)
    found: dict[int, Stored] = {}
    for row in session.execute(query):
        values = many.get(row.id, {})
        profile = Profile(
            name=row.name,
            language=row.language,
            time_zone=row.time_zone,
            intake_id=row.intake_id,
            manager=row.manager,
            coaches=frozenset(values.get("coach", ())),
            site_id=row.site_id,
            department_id=row.department_id,
            categories=tuple(int(value) for value in values.get("category", ())),
            roles=frozenset(Role(value) for value in values.get("role", ())),
            working_languages=frozenset(values.get("language", ())),
            started_on=row.started_on,
            leaves_on=row.leaves_on,
        )
        active = is_active(row.deactivated_at, row.leaves_on, row.site_zone, now)
        found[row.id] = Stored(row.id, row.email, profile, not active, row.has_password)
    return found


def _many_valued(session: Session, only: Collection[int] | None) -> dict[int, dict[str, list[str]]]:
    """Return what a person can have several of: roles, categories in order, languages, coaches."""
    parts = [
        select(
            PersonRole.person_id,
            literal("role").label("kind"),
            PersonRole.role.label("value"),
            literal(0).label("position"),
        ),
        select(
            PersonCategory.person_id,
            literal("category"),
            cast(PersonCategory.category_id, Text),
            PersonCategory.position,
        ),
        select(
            WorkingLanguage.person_id, literal("language"), WorkingLanguage.language, literal(0)
        ),
        select(Coaching.person_id, literal("coach"), Person.email, literal(0))
        .join(Person, Person.id == Coaching.coach_id)
        .where(Coaching.until_at.is_(None)),
    ]
    if only is not None:
        parts = [part.where(part.selected_columns[0].in_(only)) for part in parts]
    found: dict[int, dict[str, list[str]]] = {}
    rows = session.execute(union_all(*parts)).all()
    for person_id, kind, value, _position in sorted(rows, key=lambda row: row.position):
        found.setdefault(person_id, {}).setdefault(kind, []).append(value)
    return found
