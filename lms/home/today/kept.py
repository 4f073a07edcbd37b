"""Drawn sections, kept in the process while nothing that they show has changed.

The key holds every value that a section is drawn from, so a section is never out of date: it is
drawn again as soon as anything differs. What is kept longest unused goes first.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.core.db import cache_key

_KEPT = 200
_sections: "OrderedDict[Hashable, Markup]" = OrderedDict()
_lock = Lock()


def drawn(session: Session, key: Hashable, draw: Callable[[], str]) -> Markup:
    """Return the section drawn from the values in `key`, as it was drawn before if it was."""
    database = cache_key(session)
    if database is None:
        return Markup(draw())  # noqa: S704 - a template's own output
    full_key = (database, key)
    with _lock:
        if full_key in _sections:
            _sections.move_to_end(full_key)
            return _sections[full_key]
    made = Markup(draw())  # noqa: S704 - a template's own output
    with _lock:
        _sections[full_key] = made
        while len(_sections) > _KEPT:
            _sections.popitem(last=False)
    return made
