"""Who may see whose course, and who may act on it."""

from sqlalchemy import ColumnElement, and_, false, or_, select

from lms.core.permissions import Actor, Permission, Role, may
from lms.courses.models import Assignment
from lms.people import policy as people_policy
from lms.people.models import Person


def visible_assignments(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Assignment (joined with Person) that the actor may see it.

    One's own, those of the trainees one coaches, manages or trains, and for a mentor those at
    their own site, since a task may ask for any mentor's word.
    """
    own = Assignment.person_id == actor.person_id
    followed = (
        people_policy.followed_people(actor) if may(actor, Permission.FOLLOW_TRAINEES) else false()
    )
    if not actor.has(Role.MENTOR):
        return or_(own, followed)
    own_site = select(Person.site_id).where(Person.id == actor.person_id).scalar_subquery()
    return or_(own, followed, and_(Assignment.site_id == own_site, Assignment.ended_at.is_(None)))


def may_run_intakes(actor: Actor) -> bool:
    """Whether the actor may assign tracks, move dates, set sessions and note attendance."""
    return may(actor, Permission.RUN_INTAKES)
