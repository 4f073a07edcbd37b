"""Telling the parts above that people joined or left an intake, in the same transaction.

Courses gives whoever joins an intake the intake's track; people must not know of tracks. So a
part above hands in a function when the program starts, and every act that moves people between
intakes calls it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.permissions import Actor


@dataclass(frozen=True)
class Move:
    """A person left one intake, joined another, or both."""

    person_id: int
    left: int | None
    joined: int | None


Listener = Callable[[Session, Actor, Sequence[Move], datetime], None]
"""Acts on all moves of one act at once, in its transaction; may raise to stop it."""

_listeners: list[Listener] = []


def when_moved(listener: Listener) -> None:
    """Have a function called for every move between intakes; adding it again changes nothing."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(session: Session, actor: Actor, moves: Sequence[Move], now: datetime) -> None:
    """Call every listener with the moves, if there are any."""
    if moves:
        for listener in _listeners:
            listener(session, actor, moves, now)
