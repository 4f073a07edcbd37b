"""Acts on the company, its logo, the labels of people, and its mail. Places: `places`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit, outbox
from lms.core.errors import NotFound, Refused
from lms.core.models import OutboxRow
from lms.core.permissions import Actor, Permission, require
from lms.people.company import rules
from lms.people.company.rules import CompanyPlan
from lms.people.models import Category, Company, Department, Person, PersonCategory
from lms.people.rules import clean_zone


def touch(session: Session) -> None:
    """Raise the company's version, so that every process forgets what it kept of the settings."""
    session.execute(
        update(Company)
        .values(version=Company.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def save_company(
    session: Session, *, actor: Actor, plan: CompanyPlan, seen: str, now: datetime
) -> None:
    """Change the company's name, language, zone and settings.

    Refuses `settings_changed` when it is not as the form saw it (`seen`, a stamp of `rules`).
    """
    require(actor, Permission.MANAGE_COMPANY)
    name = rules.clean_title(plan.name)
    zone = clean_zone(plan.time_zone)
    company = session.scalars(select(Company).with_for_update()).one()
    before = company_values(company)
    rules.check_stamp(seen, before)
    company.name, company.language, company.time_zone = name, plan.language, zone
    company.settings = {
        **company.settings,
        "digest_hour": plan.settings.digest_hour,
        "invitation_days": plan.settings.invitation_days,
    }
    record_change(
        session,
        actor=actor,
        verb="save_company",
        subject=("company", company.id),
        before=before,
        after=company_values(company),
        now=now,
    )


def set_logo(session: Session, *, actor: Actor, file_id: int, now: datetime) -> None:
    """Show this stored picture as the company's logo."""
    require(actor, Permission.MANAGE_COMPANY)
    session.get_one(Company, 1).logo_file_id = file_id
    _record(session, actor=actor, verb="set_logo", subject=("company", 1), now=now)


def remove_logo(session: Session, *, actor: Actor, now: datetime) -> None:
    """Show no logo. The picture itself stays kept."""
    require(actor, Permission.MANAGE_COMPANY)
    session.get_one(Company, 1).logo_file_id = None
    _record(session, actor=actor, verb="remove_logo", subject=("company", 1), now=now)


@dataclass(frozen=True)
class Label:
    """A kind of label on people: its table and how its use is counted."""

    name: str
    model: type[Department] | type[Category]
    people: Any


LABELS: Mapping[str, Label] = {
    "department": Label("department", Department, Person.department_id),
    "category": Label("category", Category, PersonCategory.category_id),
}


def add_label(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    name: str,
    slug: str,
    season: str = "all",
    now: datetime,
) -> int:
    """Make a department or gear category and return its id. Refuses `slug_taken`."""
    require(actor, Permission.MANAGE_COMPANY)
    name = rules.clean_title(name)
    row = _label(kind).model(slug=rules.clean_slug(slug, name, kind), name=name)
    if isinstance(row, Category):
        row.season = _season(season)
    add_unique(session, row)
    _record(session, actor=actor, verb="add_label", subject=(kind, row.id), now=now, name=name)
    return row.id


def change_label(
    session: Session,
    *,
    actor: Actor,
    kind: str,
    label_id: int,
    name: str,
    slug: str,
    season: str = "all",
    now: datetime,
) -> None:
    """Rename a department or gear category; people keep it. Refuses `slug_taken`."""
    require(actor, Permission.MANAGE_COMPANY)
    row = _find_label(session, kind, label_id)
    before = _label_values(row)
    row.name = rules.clean_title(name)
    row.slug = rules.clean_slug(slug, row.name, kind)
    if isinstance(row, Category):
        row.season = _season(season)
    flush_unique(session)
    record_change(
        session,
        actor=actor,
        verb="change_label",
        subject=(kind, label_id),
        before=before,
        after=_label_values(row),
        now=now,
    )


def delete_label(
    session: Session, *, actor: Actor, kind: str, label_id: int, now: datetime
) -> None:
    """Delete a department or gear category. Refuses `label_in_use` with the number of people."""
    require(actor, Permission.MANAGE_COMPANY)
    row = _find_label(session, kind, label_id)
    people = session.scalar(select(func.count()).where(_label(kind).people == label_id)) or 0
    if people:
        raise Refused("label_in_use", people=people)
    _record(
        session, actor=actor, verb="delete_label", subject=(kind, label_id), now=now, name=row.name
    )
    delete_unused(session, row)


def send_test_mail(session: Session, *, actor: Actor, now: datetime) -> None:
    """Have a test mail sent to oneself by the background worker."""
    require(actor, Permission.MANAGE_COMPANY)
    outbox.announce(
        session,
        kind="test_mail",
        key=f"test_mail:{actor.person_id}:{now.isoformat()}",
        payload={"person_id": actor.person_id},
        now=now,
    )
    audit.record(
        session, actor=actor, verb="send_test_mail", subject_type="company", subject_id=1, now=now
    )


def retry_dead(session: Session, *, actor: Actor, row_id: int | None = None, now: datetime) -> int:
    """Let the worker try a dead outbox row again, or all of them; return how many.

    Raises NotFound when this row is not dead (any more).
    """
    require(actor, Permission.MANAGE_COMPANY)
    query = update(OutboxRow).where(OutboxRow.dead_at.is_not(None))
    if row_id is not None:
        query = query.where(OutboxRow.id == row_id)
    revived = session.execute(
        query.values(dead_at=None, attempts=0, due_at=now, claimed_at=None).execution_options(
            synchronize_session=False
        )
    )
    count = int(revived.rowcount)  # type: ignore[attr-defined]
    if row_id is not None and count == 0:
        raise NotFound
    audit.record(
        session,
        actor=actor,
        verb="retry_outbox",
        subject_type="outbox",
        subject_id=row_id,
        now=now,
        rows=count,
    )
    return count


def record_change(
    session: Session,
    *,
    actor: Actor,
    verb: str,
    subject: tuple[str, int],
    before: Mapping[str, object],
    after: Mapping[str, object],
    now: datetime,
) -> None:
    """Audit what differs, as pairs of old and new, and raise the version, if anything does."""
    changed = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
    if changed:
        _record(session, actor=actor, verb=verb, subject=subject, now=now, changed=changed)


def add_unique(session: Session, row: object) -> None:
    """Add a row with a slug; refuse `slug_taken` when another has it."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refused("slug_taken", field="slug") from None


def flush_unique(session: Session) -> None:
    """Write what changed; refuse `slug_taken` when another row has the slug."""
    try:
        session.flush()
    except IntegrityError:
        raise Refused("slug_taken", field="slug") from None


def delete_unused(session: Session, row: object) -> None:
    """Delete a row; refuse `in_use` when something that is not counted here points to it."""
    try:
        with session.begin_nested():
            session.delete(row)
    except IntegrityError:
        raise Refused("in_use") from None


def _record(
    session: Session,
    *,
    actor: Actor,
    verb: str,
    subject: tuple[str, int],
    now: datetime,
    **detail: Any,
) -> None:
    touch(session)
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type=subject[0],
        subject_id=subject[1],
        now=now,
        **detail,
    )


def company_values(company: Company) -> dict[str, object]:
    """Return what the form of the company shows, to compare."""
    settings = rules.read_settings(company.settings)
    return {
        "name": company.name,
        "language": company.language,
        "time_zone": company.time_zone,
        "digest_hour": settings.digest_hour,
        "invitation_days": settings.invitation_days,
    }


def _label(kind: str) -> Label:
    label = LABELS.get(kind)
    if label is None:
        raise NotFound
    return label


def _find_label(session: Session, kind: str, label_id: int) -> Department | Category:
    row: Department | Category | None = session.get(cast(Any, _label(kind).model), label_id)
    if row is None:
        raise NotFound
    return row


def _label_values(row: Department | Category) -> dict[str, object]:
    values: dict[str, object] = {"name": row.name, "slug": row.slug}
    return values | ({"season": row.season} if isinstance(row, Category) else {})


def _season(season: str) -> str:
    if season not in rules.SEASONS:
        raise Refused("season_unknown", field="season")
    return season
