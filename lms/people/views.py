"""Entrances of people: one blueprint a room, and the templates of all of them."""

from flask import Blueprint

from lms.core.pages import Registry
from lms.people.account import views as account_views
from lms.people.account.views import blueprint as account
from lms.people.audit.views import blueprint as audit
from lms.people.company.views import blueprint as settings
from lms.people.directory.views import blueprint as directory
from lms.people.importing.views import blueprint as importing
from lms.people.intakes.views import blueprint as intakes
from lms.people.notices.views import blueprint as notices

shared = Blueprint("people_shared", __name__, template_folder="templates")
BLUEPRINTS = (shared, account, notices, settings, intakes, audit, directory, importing)


def register(registry: Registry) -> None:
    """Offer what the rooms have to pages that gather from many parts."""
    account_views.register(registry)
