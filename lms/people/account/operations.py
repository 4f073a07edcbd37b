"""Acts of access: tries, sign-ins, links and passwords. What one does to one's profile: `own`."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, func, or_, select, update
from sqlalchemy.orm import Session

from lms.core import audit, outbox
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.people import sign_in
from lms.people.account import rules
from lms.people.company.rules import read_settings
from lms.people.models import AccessLink, Company, Person, SignIn, SignInFailure, Site


def book_attempt(session: Session, *, key: str, address: str, now: datetime) -> int:
    """Count a try as failed before it is known to be; return it, to be taken back by success.

    So that tries which run at once are all counted. Raises Refused `too_many_tries`, the same
    for mail addresses that exist and that do not.
    """
    # One at a time, where the database would let two count before either is written.
    session.execute(select(Company.id).with_for_update())
    of_key, of_address = SignInFailure.email_hash == key, SignInFailure.address == address
    counts = session.execute(
        select(
            func.coalesce(func.sum(case((of_key & of_address, 1), else_=0)), 0),
            func.coalesce(func.sum(case((of_key, 1), else_=0)), 0),
            func.coalesce(func.sum(case((of_address, 1), else_=0)), 0),
        ).where(SignInFailure.at > now - rules.WINDOW, or_(of_key, of_address))
    ).one()
    if rules.too_many(for_pair=counts[0], for_email=counts[1], for_address=counts[2]):
        raise Refused("too_many_tries")
    failure = SignInFailure(at=now, address=address, email_hash=key)
    session.add(failure)
    session.flush()
    return failure.id


def forgive(session: Session, *, key: str, address: str) -> None:
    """Forget the failures of this key from this address: its owner has come."""
    session.execute(
        delete(SignInFailure).where(
            SignInFailure.email_hash == key, SignInFailure.address == address
        )
    )


def make_link(
    session: Session, *, actor: Actor, person_id: int, purpose: str, now: datetime
) -> str:
    """Return the token of a new one-use link; earlier ones of the same purpose die.

    Raises NotFound, NotAllowed, Refused `person_inactive` or (for an invitation) `already_in`.
    """
    token = secrets.token_urlsafe(32)
    _add_link(session, actor=actor, person_id=person_id, purpose=purpose, token=token, now=now)
    return token


def invite(
    session: Session, *, actor: Actor, person_id: int, now: datetime, due_at: datetime | None = None
) -> None:
    """Have an invitation mailed now or at `due_at`; it takes the place of an earlier one.

    The link gets its token when the mail is written, so that no row ever holds one. Raises as
    `make_link` does.
    """
    link = _add_link(
        session,
        actor=actor,
        person_id=person_id,
        purpose="invite",
        token=secrets.token_urlsafe(32),
        now=due_at or now,
    )
    session.flush()
    outbox.announce(
        session,
        kind="invitation",
        key=f"invitation:{link.id}",
        payload={"link_id": link.id},
        now=now,
        due_at=due_at,
    )
    audit.record(
        session,
        actor=actor,
        verb="invite",
        subject_type="person",
        subject_id=person_id,
        now=now,
    )


def renew_invitation(session: Session, *, link_id: int, now: datetime) -> tuple[int, str]:
    """Return whose invitation this is and a new token for it: the mail is about to be written.

    Raises NotFound when it was used or a later one took its place.
    """
    link = session.scalar(
        select(AccessLink).where(
            AccessLink.id == link_id, AccessLink.used_at.is_(None), AccessLink.revoked_at.is_(None)
        )
    )
    if link is None:
        raise NotFound
    token = secrets.token_urlsafe(32)
    link.token_hash = sign_in.token_hash(token)
    link.expires_at = now + _lasting(session, link.purpose)
    return link.person_id, token


def request_reset(session: Session, *, person_id: int | None, key: str, now: datetime) -> None:
    """Have a reset link mailed, at most one in five minutes. Nobody (None) costs as much.

    `key` stands for the mail address that was typed (`rules.attempt_key`).
    """
    outbox.announce(
        session,
        kind="password_reset",
        key=f"password_reset:{key}:{int(now.timestamp()) // 300}",
        payload={"person_id": person_id},
        now=now,
    )


def choose_password(
    session: Session, *, token: str, purposes: Sequence[str], password_hash: str, now: datetime
) -> int:
    """Use a link up, set its person's password and return who that is.

    Ends all their sign-ins and kills their other links. Of several uses at once one wins; the
    others, and links that are dead for any reason, raise Refused `link_dead`.
    """
    used = session.execute(
        update(AccessLink)
        .where(
            AccessLink.token_hash == sign_in.token_hash(token),
            AccessLink.purpose.in_(purposes),
            AccessLink.used_at.is_(None),
            AccessLink.revoked_at.is_(None),
            AccessLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(AccessLink.person_id, AccessLink.purpose)
        .execution_options(synchronize_session=False)
    ).first()
    if used is None:
        raise Refused("link_dead")
    person = _active_person(session, used.person_id, now, otherwise="link_dead")
    person.password_hash = password_hash
    sign_in.end(session, person_id=person.id, now=now, why="password chosen")
    _kill_links(session, person.id, None, now)
    audit.record(
        session,
        actor=Actor(person.id),
        verb="choose_password",
        subject_type="person",
        subject_id=person.id,
        now=now,
        by=used.purpose,
    )
    return person.id


def change_password(
    session: Session,
    *,
    actor: Actor,
    old_hash: str,
    password_hash: str,
    keep_sign_in_id: int,
    now: datetime,
) -> None:
    """Change one's own password; every other sign-in ends.

    `old_hash` is what the present password was compared with; raises Refused
    `changed_meanwhile` when another change came first.
    """
    changed = session.execute(
        update(Person)
        .where(Person.id == actor.person_id, Person.password_hash == old_hash)
        .values(password_hash=password_hash)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount == 0:  # type: ignore[attr-defined]
        raise Refused("changed_meanwhile")
    session.execute(
        update(SignIn)
        .where(
            SignIn.person_id == actor.person_id,
            SignIn.ended_at.is_(None),
            SignIn.id != keep_sign_in_id,
        )
        .values(ended_at=now, ended_why="password changed")
        .execution_options(synchronize_session=False)
    )
    audit.record(
        session,
        actor=actor,
        verb="change_password",
        subject_type="person",
        subject_id=actor.person_id,
        now=now,
    )


def end_sign_in(session: Session, *, actor: Actor, sign_in_id: int, now: datetime) -> None:
    """End one of one's own sign-ins; raise NotFound when it is not one's own."""
    found = session.get(SignIn, sign_in_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound
    sign_in.end(session, person_id=found.person_id, now=now, why="ended by hand", only=sign_in_id)


def _add_link(
    session: Session, *, actor: Actor, person_id: int, purpose: str, token: str, now: datetime
) -> AccessLink:
    require(actor, Permission.MANAGE_PEOPLE)
    person = _active_person(session, person_id, now, otherwise="person_inactive")
    if purpose == "invite" and person.password_hash is not None:
        raise Refused("already_in")
    _kill_links(session, person_id, purpose, now)
    link = AccessLink(
        person_id=person_id,
        purpose=purpose,
        token_hash=sign_in.token_hash(token),
        created_at=now,
        expires_at=now + _lasting(session, purpose),
    )
    session.add(link)
    return link


def _lasting(session: Session, purpose: str) -> timedelta:
    """Return how long a link works: invitations as long as the company has it."""
    if purpose in rules.INVITATIONS:
        settings = read_settings(session.get_one(Company, 1).settings)
        return timedelta(days=settings.invitation_days)
    return rules.RESET_LASTS


def _active_person(session: Session, person_id: int, now: datetime, *, otherwise: str) -> Person:
    """Return the person, locked; raise NotFound, or Refused `otherwise` when not active."""
    person = session.scalar(select(Person).where(Person.id == person_id).with_for_update())
    if person is None:
        raise NotFound
    zone = session.scalar(select(Site.time_zone).where(Site.id == person.site_id))
    if not sign_in.is_active(person.deactivated_at, person.leaves_on, zone, now):
        raise Refused(otherwise)
    return person


def _kill_links(session: Session, person_id: int, purpose: str | None, now: datetime) -> None:
    """Revoke a person's unused links of a purpose, or of all purposes."""
    query = update(AccessLink).where(
        AccessLink.person_id == person_id,
        AccessLink.used_at.is_(None),
        AccessLink.revoked_at.is_(None),
    )
    if purpose is not None:
        query = query.where(AccessLink.purpose == purpose)
    session.execute(query.values(revoked_at=now).execution_options(synchronize_session=False))
