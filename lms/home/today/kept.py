"""Drawn sections, kept in the process while nothing that they show has changed.

The key holds every value that a section is drawn from, so a section is never out of date: it is
drawn again as soon as anything differs.
"""

from collections.abc import Callable, Hashable

from markupsafe import Markup
from sqlalchemy.orm import Session

from lms.core.shelf import Shelf

_sections: Shelf[Markup] = Shelf(200)


def drawn(session: Session, key: Hashable, draw: Callable[[], str]) -> Markup:
    """Return the section drawn from the values in `key`, as it was drawn before if it was."""
    return _sections.read(session, key, lambda: Markup(draw()))  # noqa: S704 - a template's own
