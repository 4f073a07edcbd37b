"""The page that everybody opens in the morning."""

from flask import Blueprint, render_template
from flask_login import current_user

from lms.core import web
from lms.core.permissions import Permission, requires
from lms.home import words
from lms.home.today import sections
from lms.home.today.asked import Asked

blueprint = Blueprint("today", __name__)


@blueprint.get("/")
@requires(Permission.MEMBER)
def index() -> str:
    """Show each role its own morning, then the cards that the parts have registered."""
    asked = Asked(
        session=web.session(),
        viewer=current_user._get_current_object(),
        now=web.now(),
        language=words.page_language(),
    )
    cards = sections.cards(asked)
    for source in web.belay().registry.cards:
        card = source(asked.session, asked.actor, asked.now)
        if card is not None:
            cards.append(card)
    return render_template("home/today.html", cards=cards)
