"""What the tables of people hold about one person, for that person. No hashes, no tokens."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from lms.core.models import StoredFile
from lms.people.models import (
    AccessLink,
    Category,
    Coaching,
    Department,
    Intake,
    IntakeMember,
    Notification,
    Person,
    PersonCategory,
    PersonRole,
    Reporting,
    SelfCheckAnswer,
    Shift,
    ShiftException,
    SignIn,
    Site,
    WorkingLanguage,
)
from lms.people.sign_in import photo_url

Rows = Iterable[Any]


def own_data(session: Session, person_id: int) -> dict[str, Any]:
    """Return everything that people's tables hold about the person, by table name.

    Plain JSON values; moments in UTC. A statement for each table.
    """
    return {
        "person": _person(session, person_id),
        **{name: _plain(read(session, person_id)) for name, read in _SOURCES.items()},
    }


def _person(session: Session, person_id: int) -> dict[str, Any]:
    row = session.execute(
        select(
            Person.id,
            Person.name,
            Person.email,
            Person.language,
            Person.time_zone,
            Site.name.label("site"),
            Department.name.label("department"),
            Person.started_on,
            Person.leaves_on,
            Person.deactivated_at,
            Person.about,
            Person.digest,
            Person.created_at,
            (Person.feed_epoch > 0).label("has_calendar_address"),
            Person.password_hash.is_not(None).label("has_password"),
            StoredFile.sha256.label("photo"),
        )
        .outerjoin(Site, Site.id == Person.site_id)
        .outerjoin(Department, Department.id == Person.department_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(Person.id == person_id)
    ).one()
    return {**_plain([row._mapping])[0], "photo": photo_url(row.photo)}


def _roles(session: Session, person_id: int) -> Rows:
    return _rows(session, select(PersonRole.role).where(PersonRole.person_id == person_id))


def _categories(session: Session, person_id: int) -> Rows:
    query = (
        select(Category.name.label("category"), Category.season, PersonCategory.position)
        .join(PersonCategory, PersonCategory.category_id == Category.id)
        .where(PersonCategory.person_id == person_id)
        .order_by(PersonCategory.position)
    )
    return _rows(session, query)


def _working_languages(session: Session, person_id: int) -> Rows:
    return _rows(
        session,
        select(WorkingLanguage.language).where(WorkingLanguage.person_id == person_id),
    )


def _intakes(session: Session, person_id: int) -> Rows:
    query = (
        select(Intake.name.label("intake"), IntakeMember.joined_at, IntakeMember.left_at)
        .join(Intake, Intake.id == IntakeMember.intake_id)
        .where(IntakeMember.person_id == person_id)
        .order_by(IntakeMember.id)
    )
    return _rows(session, query)


def _coaching(session: Session, person_id: int) -> Rows:
    coach = aliased(Person)
    query = (
        select(
            Person.name.label("person"),
            coach.name.label("coach"),
            Coaching.since_at,
            Coaching.until_at,
        )
        .join(Person, Person.id == Coaching.person_id)
        .join(coach, coach.id == Coaching.coach_id)
        .where(or_(Coaching.person_id == person_id, Coaching.coach_id == person_id))
        .order_by(Coaching.id)
    )
    return _rows(session, query)


def _reporting(session: Session, person_id: int) -> Rows:
    manager = aliased(Person)
    query = (
        select(
            Person.name.label("person"),
            manager.name.label("manager"),
            Reporting.since_at,
            Reporting.until_at,
        )
        .join(Person, Person.id == Reporting.person_id)
        .join(manager, manager.id == Reporting.manager_id)
        .where(or_(Reporting.person_id == person_id, Reporting.manager_id == person_id))
        .order_by(Reporting.id)
    )
    return _rows(session, query)


def _shifts(session: Session, person_id: int) -> Rows:
    query = select(Shift.weekday, Shift.starts_at, Shift.ends_at).where(
        Shift.person_id == person_id
    )
    return _rows(session, query)


def _shift_exceptions(session: Session, person_id: int) -> Rows:
    query = select(ShiftException.on_date, ShiftException.starts_at, ShiftException.ends_at).where(
        ShiftException.person_id == person_id
    )
    return _rows(session, query)


def _self_check(session: Session, person_id: int) -> Rows:
    query = (
        select(SelfCheckAnswer.question, SelfCheckAnswer.answer, SelfCheckAnswer.answered_at)
        .where(SelfCheckAnswer.person_id == person_id)
        .order_by(SelfCheckAnswer.id)
    )
    return _rows(session, query)


def _sign_ins(session: Session, person_id: int) -> Rows:
    query = (
        select(
            SignIn.started_at,
            SignIn.expires_at,
            SignIn.remembered,
            SignIn.address,
            SignIn.agent,
            SignIn.ended_at,
            SignIn.ended_why,
        )
        .where(SignIn.person_id == person_id)
        .order_by(SignIn.id)
    )
    return _rows(session, query)


def _access_links(session: Session, person_id: int) -> Rows:
    query = (
        select(
            AccessLink.purpose,
            AccessLink.created_at,
            AccessLink.expires_at,
            AccessLink.used_at,
            AccessLink.revoked_at,
        )
        .where(AccessLink.person_id == person_id)
        .order_by(AccessLink.id)
    )
    return _rows(session, query)


def _notifications(session: Session, person_id: int) -> Rows:
    query = (
        select(
            Notification.kind,
            Notification.values,
            Notification.url,
            Notification.urgent,
            Notification.created_at,
            Notification.read_at,
            Notification.mailed_at,
        )
        .where(Notification.person_id == person_id)
        .order_by(Notification.id)
    )
    return _rows(session, query)


_SOURCES: dict[str, Callable[[Session, int], Rows]] = {
    "person_role": _roles,
    "person_category": _categories,
    "working_language": _working_languages,
    "intake_member": _intakes,
    "coaching": _coaching,
    "reporting": _reporting,
    "shift": _shifts,
    "shift_exception": _shift_exceptions,
    "self_check_answer": _self_check,
    "sign_in": _sign_ins,
    "access_link": _access_links,
    "notification": _notifications,
}


def _rows(session: Session, query: Any) -> Rows:
    return session.execute(query).mappings()


def _plain(rows: Rows) -> list[dict[str, Any]]:
    """Return rows as JSON can hold them."""
    return [{name: _value(value) for name, value in row.items()} for row in rows]


def _value(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date | time) else value
