"""Roles, permissions and who acts. Every route and every operation asks here.

A permission says what kind of act a role may try; whether it may be done to *this* person or
thing is for the part's own `policy.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from lms.core.errors import NotAllowed


class Role(StrEnum):
    """What a person comes for. A person can hold several."""

    TRAINEE = "trainee"
    MENTOR = "mentor"
    COACH = "coach"
    TRAINER = "trainer"
    MANAGER = "manager"
    KEEPER = "keeper"
    ADMIN = "admin"


class Permission(StrEnum):
    """One for each kind of act. A route declares exactly one."""

    PUBLIC = "public"
    """Anyone, signed in or not."""
    MEMBER = "member"
    """Anyone signed in; ownership is checked by the loader."""
    FOLLOW_TRAINEES = "follow_trainees"
    """See the progress of the trainees one coaches, trains or manages."""
    CONFIRM_TASKS = "confirm_tasks"
    """Confirm a claimed task or say not yet, where the step names one's role."""
    RUN_INTAKES = "run_intakes"
    """Make intakes, assign tracks, move dates, set sessions and note attendance."""
    READ_FEEDBACK = "read_feedback"
    """See effort scores by lesson."""
    MANAGE_PEOPLE = "manage_people"
    """Create, import, edit, invite and deactivate people."""
    MANAGE_COMPANY = "manage_company"
    """Settings, sites, holidays, categories, mail."""
    READ_AUDIT = "read_audit"
    """Read and export the audit trail."""


_EVERYONE = frozenset(Role)
_GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.FOLLOW_TRAINEES: frozenset(
        {Role.COACH, Role.MENTOR, Role.TRAINER, Role.MANAGER, Role.ADMIN}
    ),
    Permission.CONFIRM_TASKS: frozenset({Role.COACH, Role.MENTOR, Role.TRAINER, Role.MANAGER}),
    Permission.RUN_INTAKES: frozenset({Role.TRAINER, Role.ADMIN}),
    Permission.READ_FEEDBACK: frozenset({Role.TRAINER, Role.ADMIN}),
    Permission.MANAGE_PEOPLE: frozenset({Role.ADMIN}),
    Permission.MANAGE_COMPANY: frozenset({Role.ADMIN}),
    Permission.READ_AUDIT: frozenset({Role.ADMIN}),
}


@dataclass(frozen=True)
class Actor:
    """Who acts: a person with roles, or the system itself (no person, every permission)."""

    person_id: int | None
    roles: frozenset[Role] = field(default_factory=frozenset)

    @property
    def is_system(self) -> bool:
        """Whether a command or job acts, not a person."""
        return self.person_id is None

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds at least one of these roles."""
        return not self.roles.isdisjoint(roles)


SYSTEM = Actor(person_id=None)
"""Commands and background work. Never made from a request."""


def may(actor: Actor | None, permission: Permission) -> bool:
    """Whether this actor, or nobody (None), may try acts of this kind."""
    if permission is Permission.PUBLIC:
        return True
    if actor is None:
        return False
    if actor.is_system or permission is Permission.MEMBER:
        return True
    return not actor.roles.isdisjoint(_GRANTS[permission])


def require(actor: Actor, permission: Permission) -> None:
    """Raise NotAllowed unless the actor may try acts of this kind."""
    if not may(actor, permission):
        raise NotAllowed(permission.value)


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that a permission is granted to."""
    if permission in (Permission.PUBLIC, Permission.MEMBER):
        return _EVERYONE
    return _GRANTS[permission]


View = TypeVar("View", bound=Callable[..., object])


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare the permission of a route. `app.py` refuses to start a route without one."""

    def declare(view: View) -> View:
        view.__permission__ = permission  # type: ignore[attr-defined]
        return view

    return declare


def permission_of(view: Callable[..., object]) -> Permission | None:
    """Return the permission that a view function declares, or None."""
    found: Permission | None = getattr(view, "__permission__", None)
    return found
