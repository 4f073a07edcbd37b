"""Who may see and change whom. Other parts narrow their own reads with these conditions."""

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import Session

from lms.core.permissions import Actor, Permission, Role, may
from lms.people.models import Coaching, Person, Reporting

SEES_EVERYONE = (Role.TRAINER, Role.ADMIN)


def followed_people(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Person that the actor may follow this person's learning.

    Oneself; for a coach those coached today, for a manager those who report today, for a
    trainer or administrator everyone. Ties count only while the role is held.
    """
    if actor.is_system or actor.has(*SEES_EVERYONE):
        return true()
    parts = [Person.id == actor.person_id]
    if actor.has(Role.COACH):
        parts.append(
            Person.id.in_(
                select(Coaching.person_id).where(
                    Coaching.coach_id == actor.person_id, Coaching.until_at.is_(None)
                )
            )
        )
    if actor.has(Role.MANAGER):
        parts.append(
            Person.id.in_(
                select(Reporting.person_id).where(
                    Reporting.manager_id == actor.person_id, Reporting.until_at.is_(None)
                )
            )
        )
    return or_(*parts)


def visible_people(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on Person that the actor may know of this person at all.

    Everyone who is not deactivated (as a short card), and whoever the actor follows.
    """
    return or_(Person.deactivated_at.is_(None), followed_people(actor))


def follows(session: Session, actor: Actor, person_id: int) -> bool:
    """Whether the actor may see all of this person's page and progress. One statement."""
    if actor.person_id == person_id:
        return True
    return _holds(session, person_id, followed_people(actor))


def may_see_person(session: Session, actor: Actor, person_id: int) -> bool:
    """Whether the actor may know of this person. One statement."""
    return _holds(session, person_id, visible_people(actor))


def may_edit_people(actor: Actor) -> bool:
    """Whether the actor may create, change, invite and deactivate people."""
    return may(actor, Permission.MANAGE_PEOPLE)


def _holds(session: Session, person_id: int, condition: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(exists().where(Person.id == person_id, condition))))
