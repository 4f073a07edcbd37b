"""Entrances of home: its rooms, their templates, and the probes of whoever runs the server."""

from flask import Blueprint, Response

from lms.core import web
from lms.core.pages import Registry
from lms.core.permissions import Permission, requires
from lms.home.calendar import sources as calendars
from lms.home.calendar.views import blueprint as calendar
from lms.home.search import sources as searches
from lms.home.search.views import blueprint as search
from lms.home.today.views import blueprint as today

blueprint = Blueprint("home", __name__, template_folder="templates")
BLUEPRINTS = (today, search, calendar, blueprint)


def register(registry: Registry) -> None:
    """Offer what home itself finds and puts into calendars."""
    registry.searches.extend(searches.SOURCES)
    registry.calendars.append(calendars.of_track)


@blueprint.get("/healthz")
@requires(Permission.PUBLIC)
def healthz() -> Response:
    """Say that the process lives. Never touches the database."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
@requires(Permission.PUBLIC)
def readyz() -> Response:
    """Say that the database answers and its schema is right (else 503 by the error page)."""
    web.session().connection()
    return Response("ready\n", mimetype="text/plain")
