"""Registries for pages that gather from many parts. Declared here, filled by `app.py`, in order.

A part below never imports one above: it offers a function, `app.py` registers it, and `home`
asks the registry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.core.permissions import Actor, Permission


@dataclass(frozen=True)
class MenuEntry:
    """A place in the main menu, shown to whoever holds the permission."""

    endpoint: str
    label: Any
    icon: str
    permission: Permission = Permission.MEMBER


@dataclass(frozen=True)
class Card:
    """One card of a Today page: the template that draws it and what it shows."""

    template: str
    context: dict[str, Any]


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


SearchSource = Callable[[Session, Actor, str, int], Sequence[Found]]
"""Finds at most so many things that the actor may see."""


@dataclass(frozen=True)
class CalendarItem:
    """A session or due date for a personal calendar; `starts_at`/`ends_at` aware, in its zone."""

    uid: str
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    url: str = ""


CalendarSource = Callable[[Session, int, datetime], Sequence[CalendarItem]]
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
