"""Entrances of the directory: the list and cards in `showing`, forms in `editing`."""

from lms.people.directory.views import editing, showing
from lms.people.directory.views.room import blueprint

__all__ = ["blueprint", "editing", "showing"]
