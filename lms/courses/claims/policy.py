"""Who may decide on a claim: the rule of `courses.rules.check_confirmer`, for lists and pages."""

from sqlalchemy import ColumnElement, and_, false, or_, select

from lms.core.errors import NotAllowed
from lms.core.permissions import Actor, Permission, Role, may
from lms.courses import policy
from lms.courses.models import Assignment, StepVersion
from lms.courses.outline import OutlineStep
from lms.courses.rules import check_confirmer
from lms.people.models import Coaching, Reporting
from lms.people.ties import Ties


def may_decide(actor: Actor, step: OutlineStep, *, person_id: int, beside: Ties) -> bool:
    """Whether the actor may decide on this trainee's claim of this step."""
    if not may(actor, Permission.CONFIRM_TASKS):
        return False
    try:
        check_confirmer(
            actor,
            str(step.options.get("confirm_by", Role.COACH)),
            person_id=person_id,
            coaches=beside.coach_ids,
            manager=beside.manager_id,
        )
    except NotAllowed:
        return False
    return True


def decidable_claims(actor: Actor) -> ColumnElement[bool]:
    """Return the same rule as a condition on Assignment (with Person) and StepVersion."""
    if not may(actor, Permission.CONFIRM_TASKS):
        return false()
    confirm_by = StepVersion.options["confirm_by"].as_string()
    parts: list[ColumnElement[bool]] = []
    if actor.is_system or actor.has(Role.TRAINER):
        parts.append(confirm_by != Role.MANAGER.value)
    if actor.has(Role.COACH):
        coached = select(Coaching.person_id).where(
            Coaching.coach_id == actor.person_id, Coaching.until_at.is_(None)
        )
        parts.append(and_(confirm_by == Role.COACH.value, Assignment.person_id.in_(coached)))
    if actor.has(Role.MANAGER):
        managed = select(Reporting.person_id).where(
            Reporting.manager_id == actor.person_id, Reporting.until_at.is_(None)
        )
        parts.append(and_(confirm_by == Role.MANAGER.value, Assignment.person_id.in_(managed)))
    if actor.has(Role.MENTOR):
        parts.append(confirm_by == Role.MENTOR.value)
    return and_(
        Assignment.person_id != actor.person_id, policy.visible_assignments(actor), or_(*parts)
    )
