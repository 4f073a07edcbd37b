"""Acts on people's records: make, change, end and give back access, end sessions, set shifts."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, Role, require
from lms.people import sign_in
from lms.people.directory import records
from lms.people.directory.rules import (
    Change,
    ShiftPlan,
    Stored,
    changed_since,
    check_admin_remains,
    check_shifts,
)
from lms.people.directory.saving import save
from lms.people.models import AccessLink, Person, PersonRole, Shift, ShiftException, Site
from lms.people.rules import Profile, check_categories, check_dates, unknown


def create_person(
    session: Session, *, actor: Actor, email: str, profile: Profile, now: datetime
) -> int:
    """Make a person and return their id; invites nobody.

    `email` and `profile` have the right shape (`people.rules`). Refuses `email_taken`, a
    manager or coach who is not active, and dates that contradict each other.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    records.lock_directory(session)
    _check_email_free(session, email)
    ids = _check_profile(session, email, None, profile, now)
    known = save(
        session,
        actor=actor,
        changes=[Change(email, None, profile)],
        ids=ids,
        now=now,
        via="form",
    )
    return known[email]


def change_person(
    session: Session,
    *,
    actor: Actor,
    person_id: int,
    email: str,
    profile: Profile,
    seen: str,
    now: datetime,
) -> bool:
    """Change a person's record and return whether anything differs.

    `seen` is the stamp of the record that the form showed: when it changed since, nothing is
    saved and `stale_record` names the fields. Refuses what `create_person` does, taking the
    administrator role from oneself and from the last who holds it.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    records.lock_directory(session)
    person = _stored(session, person_id, now)
    stale = changed_since(seen, person)
    if stale:
        raise Refused("stale_record", fields=list(stale))
    if email != person.email:
        _check_email_free(session, email)
    ids = _check_profile(session, email, person, profile, now)
    _check_roles(session, actor, person, profile)
    if email != person.email:
        _change_email(session, actor, person, email, now)
    change = Change(email, replace(person, email=email), profile)
    if change.fields:
        ids[email] = person_id
        save(session, actor=actor, changes=[change], ids=ids, now=now, via="form")
    return bool(change.fields) or email != person.email


def deactivate_person(
    session: Session, *, actor: Actor, person_id: int, on: date | None, reason: str, now: datetime
) -> None:
    """End a person's access at once (their next request fails) or after a last day.

    At once also ends their sign-ins and kills their links. Refuses `own_access`, `last_admin`,
    `already_ended`, `reason_missing` and (for a day that is over) `leaves_in_past`.
    """
    require(actor, Permission.MANAGE_PEOPLE)
    records.lock_directory(session)
    person = _stored(session, person_id, now)
    row = session.get_one(Person, person_id)
    if not reason.strip():
        raise Refused("access_reason_missing", field="reason")
    if person_id == actor.person_id:
        raise Refused("own_access")
    if row.deactivated_at is not None:
        raise Refused("already_ended")
    check_admin_remains(_lasting_admins(session), person, None)
    if on is None:
        row.deactivated_at = now
        sign_in.end(session, person_id=person_id, now=now, why="deactivated")
        _kill_links(session, person_id, now)
    else:
        if on < _today_of(session, row, now):
            raise Refused("leaves_in_past", field="on")
        check_dates(row.started_on, on)
        row.leaves_on = on
    audit.record(
        session,
        actor=actor,
        verb="deactivate_person" if on is None else "set_last_day",
        subject_type="person",
        subject_id=person_id,
        now=now,
        reason=reason.strip(),
        last_day=on.isoformat() if on else None,
    )


def reactivate_person(session: Session, *, actor: Actor, person_id: int, now: datetime) -> None:
    """Give a person access again; a last day that is over goes. Refuses `not_ended`."""
    require(actor, Permission.MANAGE_PEOPLE)
    records.lock_directory(session)
    person = _stored(session, person_id, now)
    if not person.ended:
        raise Refused("not_ended")
    row = session.get_one(Person, person_id)
    row.deactivated_at = None
    if row.leaves_on is not None and row.leaves_on < _today_of(session, row, now):
        row.leaves_on = None
    audit.record(
        session,
        actor=actor,
        verb="reactivate_person",
        subject_type="person",
        subject_id=person_id,
        now=now,
    )


def end_sessions(session: Session, *, actor: Actor, person_id: int, now: datetime) -> int:
    """Sign a person out everywhere and return of how many browsers."""
    require(actor, Permission.MANAGE_PEOPLE)
    _stored(session, person_id, now)
    ended = sign_in.end(session, person_id=person_id, now=now, why="ended by an administrator")
    audit.record(
        session,
        actor=actor,
        verb="end_sessions",
        subject_type="person",
        subject_id=person_id,
        now=now,
        ended=ended,
    )
    return ended


def set_shifts(
    session: Session, *, actor: Actor, person_id: int, plan: ShiftPlan, now: datetime
) -> None:
    """Replace a person's weekly pattern and differing dates. Refuses shifts that collide."""
    require(actor, Permission.MANAGE_PEOPLE)
    records.lock_directory(session)
    _stored(session, person_id, now)
    check_shifts(plan)
    session.execute(delete(Shift).where(Shift.person_id == person_id))
    session.execute(delete(ShiftException).where(ShiftException.person_id == person_id))
    session.add_all(
        Shift(person_id=person_id, weekday=day, starts_at=start, ends_at=end)
        for day, start, end in plan.weekly
    )
    session.add_all(
        ShiftException(person_id=person_id, on_date=on, starts_at=start, ends_at=end)
        for on, start, end in plan.differing
    )
    audit.record(
        session,
        actor=actor,
        verb="set_shifts",
        subject_type="person",
        subject_id=person_id,
        now=now,
        weekly=len(plan.weekly),
        differing=len(plan.differing),
    )


def _stored(session: Session, person_id: int, now: datetime) -> Stored:
    found = records.load(session, now=now, only=[person_id]).get(person_id)
    if found is None:
        raise NotFound
    return found


def _check_email_free(session: Session, email: str) -> None:
    if session.scalar(select(Person.id).where(Person.email == email)) is not None:
        raise Refused("email_taken", field="email")


def _check_profile(
    session: Session, email: str, person: Stored | None, profile: Profile, now: datetime
) -> dict[str, int]:
    """Check what needs the database and return the ids of everyone named, now and before."""
    check_dates(profile.started_on, profile.leaves_on)
    check_categories(profile.categories)
    named = _named(profile)
    before = _named(person.profile) if person else frozenset[str]()
    own = {email, person.email} if person else {email}
    if named & own:
        field_name = "manager" if profile.manager in own else "coaches"
        raise Refused("own_manager", field=field_name)
    rows = session.execute(
        select(Person.id, Person.email, Person.deactivated_at, Person.leaves_on, Site.time_zone)
        .outerjoin(Site, Site.id == Person.site_id)
        .where(Person.email.in_(named | before))
    ).all()
    active = {
        row.email
        for row in rows
        if sign_in.is_active(row.deactivated_at, row.leaves_on, row.time_zone, now)
    }
    _check_others(profile, named - before - active)
    return {row.email: row.id for row in rows}


def _named(profile: Profile) -> frozenset[str]:
    return profile.coaches | ({profile.manager} if profile.manager else frozenset())


def _check_others(profile: Profile, wrong: frozenset[str]) -> None:
    if profile.manager in wrong:
        raise unknown("manager", profile.manager or "")
    for email in sorted(profile.coaches.intersection(wrong)):
        raise unknown("coaches", email)


def _check_roles(session: Session, actor: Actor, person: Stored, profile: Profile) -> None:
    was, stays = (Role.ADMIN in one.roles for one in (person.profile, profile))
    if was and not stays and person.id == actor.person_id:
        raise Refused("own_admin_role", field="roles")
    if was:
        check_admin_remains(_lasting_admins(session), person, profile, ended=person.ended)


def _lasting_admins(session: Session) -> set[int]:
    """Return the administrators who can sign in and stay."""
    return set(
        session.scalars(
            select(PersonRole.person_id)
            .join(Person, Person.id == PersonRole.person_id)
            .where(
                PersonRole.role == Role.ADMIN.value,
                Person.password_hash.is_not(None),
                Person.deactivated_at.is_(None),
                Person.leaves_on.is_(None),
            )
        )
    )


def _change_email(
    session: Session, actor: Actor, person: Stored, email: str, now: datetime
) -> None:
    """Give a person another mail address; links sent to the one before stop working."""
    session.execute(update(Person).where(Person.id == person.id).values(email=email))
    _kill_links(session, person.id, now)
    audit.record(
        session,
        actor=actor,
        verb="change_email",
        subject_type="person",
        subject_id=person.id,
        now=now,
    )


def _kill_links(session: Session, person_id: int, now: datetime) -> None:
    session.execute(
        update(AccessLink)
        .where(
            AccessLink.person_id == person_id,
            AccessLink.used_at.is_(None),
            AccessLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def _today_of(session: Session, person: Person, now: datetime) -> date:
    zone = session.scalar(select(Site.time_zone).where(Site.id == person.site_id))
    return now.astimezone(ZoneInfo(zone or "UTC")).date()
