"""Entrances of people: one blueprint a room, and the templates of all of them."""

from flask import Blueprint

from lms.people.account.views import blueprint as account

shared = Blueprint("people_shared", __name__, template_folder="templates")
BLUEPRINTS = (shared, account)
