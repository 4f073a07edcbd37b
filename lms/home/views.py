"""Today and the probes."""

from flask import Blueprint, Response, render_template

from lms.core import web
from lms.core.permissions import Permission, requires

blueprint = Blueprint("home", __name__, template_folder="templates")
BLUEPRINTS = (blueprint,)


@blueprint.get("/")
@requires(Permission.MEMBER)
def today() -> str:
    """Show each role its own morning."""
    return render_template("home/today.html")


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
