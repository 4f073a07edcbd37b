"""Entrances of courses, by page."""

from flask import Blueprint

blueprint = Blueprint("courses", __name__, template_folder="templates")
BLUEPRINTS = (blueprint,)
