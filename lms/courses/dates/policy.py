"""Who may note attendance."""

from sqlalchemy import ColumnElement, and_, exists, or_, true

from lms.core.permissions import Actor, Permission, Role, may
from lms.courses.models import Assignment, Meeting
from lms.people.policy import followed_people


def may_be_marked_by(actor: Actor, *, intake_id: int, step_id: int) -> ColumnElement[bool]:
    """Return the condition on Assignment (joined with Person) that the actor notes attendance.

    Trainers for everyone, the session's host for everyone in it, coaches and managers for
    their own people. Nobody for themselves.
    """
    if actor.is_system:
        return true()
    hosts = exists().where(
        Meeting.intake_id == intake_id,
        Meeting.step_id == step_id,
        Meeting.host_id == actor.person_id,
        Meeting.replaced_at.is_(None),
    )
    allowed: list[ColumnElement[bool]] = [hosts] if may(actor, Permission.FOLLOW_TRAINEES) else []
    if actor.has(Role.COACH, Role.MANAGER) or may(actor, Permission.RUN_INTAKES):
        allowed.append(followed_people(actor))
    return and_(Assignment.person_id != actor.person_id, or_(False, *allowed))
