"""What parts above want to do when people join or leave an intake, in the same transaction.

People never hears of courses, yet whoever joins an intake gets its track at once, by whichever
way they came: a page, a file, a command. A part above offers a function here while the program
is put together (`app.py`, the command line); operations of people call it.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.permissions import Actor

Hook = Callable[[Session, Actor, int, Sequence[int], datetime], None]
"""Is given the writing session, who acts, the intake's id, the people's ids and the moment."""

joined: list[Hook] = []
"""Called after memberships were opened; the people may come from another intake."""
left: list[Hook] = []
"""Called after memberships were closed and no other was opened."""


def register(*, on_join: Hook | None = None, on_leave: Hook | None = None) -> None:
    """Add a part's functions, each once however often the program is put together."""
    for hooks, hook in ((joined, on_join), (left, on_leave)):
        if hook is not None and hook not in hooks:
            hooks.append(hook)


def tell(
    hooks: Sequence[Hook],
    session: Session,
    *,
    actor: Actor,
    intake_id: int,
    person_ids: Sequence[int],
    now: datetime,
) -> None:
    """Call each of `joined` or `left`, with what was written before in reach of queries."""
    if not person_ids:
        return
    session.flush()
    for hook in hooks:
        hook(session, actor, intake_id, person_ids, now)
