"""Acts of trainees that are about a lesson as they see it."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.permissions import Actor
from lms.courses import operations
from lms.courses.models import EffortScore
from lms.courses.queries import standing


def rate_lesson(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    score: int,
    comment: str,
    now: datetime,
) -> EffortScore:
    """Keep how easy a step was to learn, once it is done; giving it again changes it.

    Refuses `effort_not_done`, `effort_range` and `note_long`.
    """
    place = operations.load_visible(session, actor, assignment_id)
    if place.person_id != actor.person_id:
        raise NotAllowed("own_steps_only")
    step = standing(session, place, language="en", now=now).by_id.get(step_id)
    if step is None:
        raise NotFound
    if not step.done:
        raise Refused("effort_not_done")
    return operations.rate_effort(
        session,
        actor=actor,
        step_id=step_id,
        step_version_id=step.step.version_id,
        score=score,
        comment=comment,
        now=now,
    )
