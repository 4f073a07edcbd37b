"""Deciding on a claim that one has looked at: the acts of `courses.operations`, for its page."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.core.errors import Refused
from lms.core.permissions import Actor
from lms.courses import operations
from lms.courses.claims.queries import last_sequence
from lms.courses.rules import State


def confirm_claim(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    seen: int,
    note: str,
    now: datetime,
) -> State:
    """Confirm the claim that was event number `seen`; refuse `claim_changed` if it is another.

    Otherwise as `operations.confirm_task`.
    """
    _check_seen(session, actor, assignment_id, step_id, seen)
    return operations.confirm_task(
        session, actor=actor, assignment_id=assignment_id, step_id=step_id, note=note, now=now
    )


def return_claim(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    seen: int,
    because: str,
    follow_up_on: date | None,
    now: datetime,
) -> State:
    """Say "not yet" to the claim that was event number `seen`; refuse `claim_changed` else.

    Otherwise as `operations.return_task`.
    """
    _check_seen(session, actor, assignment_id, step_id, seen)
    return operations.return_task(
        session,
        actor=actor,
        assignment_id=assignment_id,
        step_id=step_id,
        because=because,
        follow_up_on=follow_up_on,
        now=now,
    )


def _check_seen(
    session: Session, actor: Actor, assignment_id: int, step_id: int, seen: int
) -> None:
    operations.load_visible(session, actor, assignment_id)
    if last_sequence(session, assignment_id=assignment_id, step_id=step_id) != seen:
        raise Refused("claim_changed")
