"""The search page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, render_template, request

from lms.core import web
from lms.core.finding import LONGEST, Wanted, clean
from lms.core.pages import Found
from lms.core.permissions import Permission, requires
from lms.home import words

blueprint = Blueprint("search", __name__)

MOST = 12
"""So many of each kind are shown: whoever sees more looks with more words."""


@dataclass(frozen=True)
class Group:
    """The results of one kind."""

    kind: Any
    found: Sequence[Found]
    more: bool


@blueprint.get("/search")
@requires(Permission.MEMBER)
def index() -> str:
    """Search over all that the reader may see."""
    text = clean(request.args.get("q", ""))
    wanted = Wanted.of(text, words.page_language())
    groups = _groups(wanted) if wanted.words else []
    return render_template(
        "home/search/index.html",
        text=text,
        longest=LONGEST,
        wanted=wanted,
        groups=groups,
        count=sum(len(group.found) for group in groups),
    )


def _groups(wanted: Wanted) -> list[Group]:
    groups = []
    for source in web.belay().registry.searches:
        found = list(source(web.session(), web.actor(), wanted, MOST + 1))
        if found:
            groups.append(Group(found[0].kind, found[:MOST], len(found) > MOST))
    return groups
