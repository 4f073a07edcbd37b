"""What parts above want to do when people join or leave an intake, in the same transaction.

People never hears of courses, yet whoever joins an intake gets its track at once, by whichever
way they came: a page, a file, a form, a command. A part above offers its functions here while
the program is put together; every act that moves people tells `directory.memberships`, and this
sorts the moves by intake.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.permissions import Actor
from lms.people.directory.memberships import Move, when_moved

Hook = Callable[[Session, Actor, int, Sequence[int], datetime], None]
"""Is given the writing session, who acts, the intake's id, the people's ids and the moment."""

_joined: list[Hook] = []
_left: list[Hook] = []


def register(*, on_join: Hook | None = None, on_leave: Hook | None = None) -> None:
    """Add a part's functions, each once however often the program is put together.

    `on_join` is called for people who joined an intake, from none or from another; `on_leave`
    for people who left one and joined no other.
    """
    when_moved(_sort)
    for hooks, hook in ((_joined, on_join), (_left, on_leave)):
        if hook is not None and hook not in hooks:
            hooks.append(hook)


def _sort(session: Session, actor: Actor, moves: Sequence[Move], now: datetime) -> None:
    joined: dict[int, list[int]] = defaultdict(list)
    left: dict[int, list[int]] = defaultdict(list)
    for move in moves:
        if move.joined is not None:
            joined[move.joined].append(move.person_id)
        elif move.left is not None:
            left[move.left].append(move.person_id)
    for hooks, people in ((_left, left), (_joined, joined)):
        for intake_id, person_ids in people.items():
            for hook in hooks:
                hook(session, actor, intake_id, person_ids, now)
