"""Entrances of courses, by page."""

from flask import Blueprint
from flask_babel import lazy_gettext as _

from lms.core import refusals
from lms.core.pages import PersonPage, Registry
from lms.core.permissions import Role
from lms.courses import hooks, trail
from lms.courses.board.views import blueprint as board
from lms.courses.catalogue.assigning_views import blueprint as assigning
from lms.courses.catalogue.panel import track_panel
from lms.courses.catalogue.views import blueprint as catalogue
from lms.courses.claims.views import blueprint as claims
from lms.courses.dates import words as dates_words
from lms.courses.dates.attendance_views import blueprint as attendance
from lms.courses.dates.views import blueprint as dates
from lms.courses.feedback.views import blueprint as feedback
from lms.courses.lessons.views import blueprint as lessons
from lms.courses.lessons.words import NOTICES, REFUSALS
from lms.people.notices import sentences

blueprint = Blueprint("courses", __name__, template_folder="templates")
BLUEPRINTS = (
    blueprint,
    lessons,
    claims,
    board,
    dates,
    attendance,
    feedback,
    catalogue,
    assigning,
)

refusals.add(REFUSALS)
refusals.add(dates_words.REFUSALS)
sentences.add(NOTICES)
sentences.add(dates_words.NOTICES)


def register(registry: Registry) -> None:
    """Offer what courses add to pages of other parts, and give people who join their track."""
    hooks.register()
    trail.register()
    registry.intake_panels.append(track_panel)
    registry.person_pages.append(PersonPage("lessons.track_of", _("Track"), "route", Role.TRAINEE))
