"""Entrances of courses, by page."""

from flask import Blueprint

from lms.core import refusals
from lms.courses.claims.views import blueprint as claims
from lms.courses.lessons.views import blueprint as lessons
from lms.courses.lessons.words import NOTICES, REFUSALS
from lms.people.notices import sentences

blueprint = Blueprint("courses", __name__, template_folder="templates")
BLUEPRINTS = (blueprint, lessons, claims)

refusals.add(REFUSALS)
sentences.add(NOTICES)
