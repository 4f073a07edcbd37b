"""Kinds of steps that another part settles: what it calls them and where its page is.

Declared here, filled by the part's views module, so that no import points up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class KindPage:
    """How steps of a registered kind look here and where they are done."""

    label: Any
    """What the kind is called."""
    icon: str
    action: Any
    """What the button says."""
    url: Callable[[str], str]
    """Gives the address of the page for a step's `ref`."""


_pages: dict[str, KindPage] = {}


def register(kind: str, page: KindPage) -> None:
    """Say where steps of a kind are done. Registering it again replaces it."""
    _pages[kind] = page


def page_of(kind: str) -> KindPage | None:
    """Return what was registered for a kind, or None."""
    return _pages.get(kind)
