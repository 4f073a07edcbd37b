"""Entrances of accounts: signing in, links, one's own profile, sign-ins and data."""

from lms.core import refusals
from lms.core.pages import Registry
from lms.people.account.own_data import own_data
from lms.people.account.views import links, own, profile, signing_in
from lms.people.account.views.room import blueprint
from lms.people.account.words import REFUSALS

__all__ = ["PAGES", "blueprint", "register"]

PAGES = (signing_in, links, profile, own)
"""Modules whose import attaches their routes."""

refusals.add(REFUSALS)


def register(registry: Registry) -> None:
    """Offer what people's tables hold about a person."""
    registry.own_data["people"] = own_data
