"""Acts on intakes: making and moving them, joining and leaving, letting members in."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.people.account import operations as account
from lms.people.directory import memberships
from lms.people.directory.memberships import Move
from lms.people.directory.records import lock_directory
from lms.people.intakes import policy, queries, rules
from lms.people.intakes.rules import Access, IntakePlan
from lms.people.models import Intake, IntakeMember, Person, Site


def create_intake(
    session: Session, *, actor: Actor, plan: IntakePlan, starts_on: date, now: datetime
) -> int:
    """Make an intake and return its id.

    A short name that was not typed and is taken gets a number. Refuses `slug_taken` for a typed
    one, `site_unknown` and a start that cannot be meant.
    """
    require(actor, Permission.RUN_INTAKES)
    typed = bool(plan.slug.strip())
    plan = rules.check_plan(plan, rules.check_start(starts_on))
    _check_site(session, plan.site_id)
    intake = Intake(
        name=plan.name,
        slug=plan.slug if typed else _free_slug(session, plan.slug),
        starts_on=starts_on,
        site_id=plan.site_id,
        language=plan.language,
    )
    try:
        with session.begin_nested():
            session.add(intake)
    except IntegrityError:
        raise Refused("slug_taken", field="slug") from None
    _record(session, actor, "create_intake", intake.id, now, starts_on=starts_on.isoformat())
    return intake.id


def edit_intake(
    session: Session, *, actor: Actor, intake_id: int, plan: IntakePlan, now: datetime
) -> None:
    """Change an intake's names, site and language; never its start. Refuses `slug_taken`."""
    require(actor, Permission.RUN_INTAKES)
    intake = _load(session, intake_id)
    plan = rules.check_plan(plan, intake.starts_on)
    _check_site(session, plan.site_id)
    before = _values(intake)
    intake.name, intake.slug = plan.name, plan.slug
    intake.site_id, intake.language = plan.site_id, plan.language
    try:
        session.flush()
    except IntegrityError:
        raise Refused("slug_taken", field="slug") from None
    changed = {
        key: [before[key], value] for key, value in _values(intake).items() if before[key] != value
    }
    if changed:
        _record(session, actor, "edit_intake", intake_id, now, changed=changed)


def move_start(
    session: Session,
    *,
    actor: Actor,
    intake_id: int,
    starts_on: date,
    seen: date,
    reason: str,
    now: datetime,
) -> None:
    """Move an intake's start. Dates follow by themselves; exceptions made for people stay.

    `seen` is the start that the actor saw: refuses `start_changed` when it is another by now,
    `start_same` when nothing would move.
    """
    require(actor, Permission.RUN_INTAKES)
    reason = rules.check_reason(reason)
    intake = _load(session, intake_id)
    if intake.starts_on != seen:
        raise Refused("start_changed", starts_on=intake.starts_on.isoformat())
    if rules.check_start(starts_on) == seen:
        raise Refused("start_same", field="starts_on")
    intake.starts_on = starts_on
    audit.record(
        session,
        actor=actor,
        verb="move_start",
        subject_type="intake",
        subject_id=intake_id,
        now=now,
        reason=reason,
        changed={"starts_on": [seen.isoformat(), starts_on.isoformat()]},
    )


def join_intake(
    session: Session,
    *,
    actor: Actor,
    person_ids: Collection[int],
    intake_id: int,
    now: datetime,
    reason: str | None = None,
) -> list[int]:
    """Put people into an intake and return those who were not in it; they leave any other.

    Parts above give them what the intake has. Raises NotFound for an unknown person or intake,
    refuses `person_closed` when somebody's account is closed.
    """
    require(actor, Permission.RUN_INTAKES)
    if len(person_ids) > rules.MOST_AT_ONCE:
        raise Refused("too_many_people", most=rules.MOST_AT_ONCE)
    lock_directory(session)
    intake = _load(session, intake_id)
    closed = _closed(session, person_ids)
    if closed:
        raise Refused("person_closed", names=", ".join(closed))
    present = _memberships(session, person_ids)
    moves = []
    for person_id in sorted(set(person_ids)):
        old = present.get(person_id)
        if old is not None and old.intake_id == intake_id:
            continue
        if old is not None:
            old.left_at = now
        moves.append(Move(person_id, left=old.intake_id if old else None, joined=intake_id))
    # The memberships that end are written first: a person has one at a time.
    session.flush()
    session.add_all(
        IntakeMember(person_id=move.person_id, intake_id=intake_id, joined_at=now) for move in moves
    )
    session.flush()
    _record_moves(session, actor, moves, "join_intake", intake.name, reason, now)
    memberships.tell(session, actor, moves, now)
    return [move.person_id for move in moves]


def leave_intake(
    session: Session, *, actor: Actor, person_id: int, intake_id: int, reason: str, now: datetime
) -> None:
    """Take a person out of an intake, with a reason. What they did stays.

    Raises NotFound when they are not in it (any more).
    """
    require(actor, Permission.RUN_INTAKES)
    reason = rules.check_reason(reason)
    lock_directory(session)
    intake = _load(session, intake_id)
    member = _memberships(session, [person_id]).get(person_id)
    if member is None or member.intake_id != intake_id:
        raise NotFound
    member.left_at = now
    session.flush()
    moves = [Move(person_id, left=intake_id, joined=None)]
    _record_moves(session, actor, moves, "leave_intake", intake.name, reason, now)
    memberships.tell(session, actor, moves, now)


@dataclass(frozen=True)
class Invited:
    """What became of a selection."""

    invited: int
    already_in: int
    closed: int


def invite_members(
    session: Session, *, actor: Actor, intake_id: int, person_ids: Collection[int], now: datetime
) -> Invited:
    """Have an invitation mailed to these members, again to those who hold one already.

    Members who are in, or whose account is closed, are left out and counted. People who are
    not members are left out.
    """
    states = _members_for_access(session, actor, intake_id, person_ids, now)
    for person_id in _let_in(states):
        try:
            account.invite(session, actor=actor, person_id=person_id, now=now)
        except Refused:
            # Their last day is over where they work: closed, whatever the list still said.
            states[person_id] = Access.CLOSED
    return _counted(states)


@dataclass(frozen=True)
class Slip:
    """A member's way in on paper. The token is shown once and kept nowhere."""

    person_id: int
    name: str
    email: str
    token: str


def print_slips(
    session: Session,
    *,
    actor: Actor,
    intake_id: int,
    person_ids: Collection[int],
    now: datetime,
    again: bool = False,
) -> list[Slip]:
    """Make a one-use link for each of these members; slips printed earlier die.

    Members who are in are left out, except `again`: for somebody who forgot the password and
    has no mailbox. Closed accounts and people who are not members are left out.
    """
    states = _members_for_access(session, actor, intake_id, person_ids, now)
    chosen = set(_let_in(states, also_in=again))
    people = session.execute(
        select(Person.id, Person.name, Person.email)
        .where(Person.id.in_(chosen))
        .order_by(Person.name, Person.id)
    ).all()
    slips = []
    for person_id, name, email in people:
        try:
            token = account.make_link(
                session, actor=actor, person_id=person_id, purpose="slip", now=now
            )
        except Refused:
            continue
        slips.append(Slip(person_id, name, email, token))
        audit.record(
            session,
            actor=actor,
            verb="print_slip",
            subject_type="person",
            subject_id=person_id,
            now=now,
        )
    return slips


def _members_for_access(
    session: Session, actor: Actor, intake_id: int, person_ids: Collection[int], now: datetime
) -> dict[int, Access]:
    if not policy.may_let_in(actor):
        raise NotAllowed("let_in")
    if not person_ids:
        raise Refused("nobody_selected")
    if len(person_ids) > rules.MOST_AT_ONCE:
        raise Refused("too_many_people", most=rules.MOST_AT_ONCE)
    _load(session, intake_id)
    return queries.access_of(session, intake_id=intake_id, person_ids=person_ids, now=now)


def _let_in(states: dict[int, Access], *, also_in: bool = False) -> list[int]:
    left_out = {Access.CLOSED} | (set() if also_in else {Access.IN})
    return [person_id for person_id, state in states.items() if state not in left_out]


def _counted(states: dict[int, Access]) -> Invited:
    values = list(states.values())
    already_in, closed = values.count(Access.IN), values.count(Access.CLOSED)
    return Invited(len(values) - already_in - closed, already_in, closed)


def _load(session: Session, intake_id: int) -> Intake:
    """Return the intake, kept from others who change it until this transaction ends."""
    intake = session.get(Intake, intake_id, with_for_update={"key_share": True})
    if intake is None:
        raise NotFound
    return intake


def _check_site(session: Session, site_id: int) -> None:
    if session.get(Site, site_id) is None:
        raise Refused("site_unknown", field="site_id")


def _free_slug(session: Session, slug: str) -> str:
    stem = slug[:54]
    taken = set(session.scalars(select(Intake.slug).where(Intake.slug.startswith(stem))))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (slug, *numbered) if name not in taken)


def _closed(session: Session, person_ids: Collection[int]) -> Sequence[str]:
    """Return the names of those whose account is closed; raise NotFound for an unknown person."""
    rows = session.execute(
        select(Person.id, Person.name, Person.deactivated_at).where(Person.id.in_(person_ids))
    ).all()
    if len(rows) < len(set(person_ids)):
        raise NotFound
    return [name for _id, name, deactivated_at in rows if deactivated_at is not None]


def _memberships(session: Session, person_ids: Collection[int]) -> dict[int, IntakeMember]:
    rows = session.scalars(
        select(IntakeMember).where(
            IntakeMember.person_id.in_(person_ids), IntakeMember.left_at.is_(None)
        )
    )
    return {row.person_id: row for row in rows}


def _values(intake: Intake) -> dict[str, object]:
    return {
        "name": intake.name,
        "slug": intake.slug,
        "site_id": intake.site_id,
        "language": intake.language,
    }


def _record(
    session: Session, actor: Actor, verb: str, intake_id: int, now: datetime, **detail: Any
) -> None:
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type="intake",
        subject_id=intake_id,
        now=now,
        **detail,
    )


def _record_moves(
    session: Session,
    actor: Actor,
    moves: Iterable[Move],
    verb: str,
    intake: str,
    reason: str | None,
    now: datetime,
) -> None:
    """Write one entry a person, so that the trail of each of them is whole."""
    for move in moves:
        audit.record(
            session,
            actor=actor,
            verb=verb,
            subject_type="person",
            subject_id=move.person_id,
            now=now,
            reason=reason,
            intake=intake,
        )
