"""Registries for pages that gather from many parts. Declared here, filled by `app.py`, in order.

A part below never imports one above: it offers a function, `app.py` registers it, and `home`
asks the registry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.core.finding import Wanted
from lms.core.permissions import Actor, Permission, Role, may


@dataclass(frozen=True)
class MenuEntry:
    """A place in the main menu, shown to whoever holds the permission and one of the roles.

    Without roles, the permission alone decides. `section` names the blueprints whose pages lie
    below this entry; without it, those of the endpoint's own.
    """

    endpoint: str
    label: Any
    icon: str
    permission: Permission = Permission.MEMBER
    roles: frozenset[Role] = frozenset()
    section: tuple[str, ...] = ()

    def is_for(self, actor: Actor | None) -> bool:
        """Whether the actor sees this entry."""
        if actor is None or not may(actor, self.permission):
            return False
        return not self.roles or actor.has(*self.roles)

    def holds(self, endpoint: str | None) -> bool:
        """Whether a page lies at or below this entry."""
        blueprint = (endpoint or "").rpartition(".")[0]
        return blueprint in (self.section or (self.endpoint.rpartition(".")[0],))


@dataclass(frozen=True)
class Card:
    """One card of a Today page: the template that draws it and what it shows."""

    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class PersonPage:
    """A page about a person with this role, for those who follow them; it takes `person_id`."""

    endpoint: str
    label: Any
    icon: str
    role: Role


CardSource = Callable[[Session, Actor, datetime], Card | None]
"""Makes a Today card for a person, or None when there is nothing to say."""


@dataclass(frozen=True)
class Found:
    """One search result."""

    title: str
    url: str
    kind: Any
    excerpt: str = ""
    icon: str = "search"


SearchSource = Callable[[Session, Actor, Wanted, int], Sequence[Found]]
"""Finds at most so many things that the actor may see; all of one kind stand together."""


@dataclass(frozen=True)
class CalendarItem:
    """A session or due date for a personal calendar.

    `starts_at` and `ends_at` are aware, in the zone whose clock holds; for a due date they are
    the same. `uid` never changes, however often the date moves.
    """

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    url: str = ""
    kind: str = "session"
    """`session` or `due`."""
    all_day: bool = False
    """Whether only the day of `starts_at` matters."""


CalendarSource = Callable[[Session, int, str, datetime], Sequence[CalendarItem]]
"""Returns a person's items, in this language, as of this moment."""

OwnDataSource = Callable[[Session, int], dict[str, Any]]
"""Returns all that a part holds about a person, as plain JSON values."""
IntakePanelSource = Callable[[Session, Actor, int, datetime], Card | None]
"""Makes a card for the page of the intake with this id, or None when there is nothing to say."""


@dataclass
class Registry:
    """What the parts have offered, in the order of `app.py`."""

    menu: list[MenuEntry] = field(default_factory=list)
    cards: list[CardSource] = field(default_factory=list)
    searches: list[SearchSource] = field(default_factory=list)
    calendars: list[CalendarSource] = field(default_factory=list)
    own_data: dict[str, OwnDataSource] = field(default_factory=dict)
    intake_panels: list[IntakePanelSource] = field(default_factory=list)
    person_pages: list[PersonPage] = field(default_factory=list)
