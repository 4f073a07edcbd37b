"""Errors at the edge: three kinds of no, the wrong method, the absent database. All designed."""

import errno
import logging
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.globals import request_ctx
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from lms.core import refusals, web
from lms.core.errors import NotAllowed, NotFound, Refused, Unavailable

log = logging.getLogger("lms.errors")


def init_app(app: Flask) -> None:
    """Register the error pages."""
    app.register_error_handler(NotFound, lambda _e: page(404))
    app.register_error_handler(NotAllowed, lambda _e: page(403))
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(Unavailable, _unavailable)
    app.register_error_handler(CSRFError, lambda _e: page(400, _expired_form()))
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http)
    for kind in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(kind, _database_away)
    app.register_error_handler(OSError, _operating_system)
    app.register_error_handler(Exception, _accident)


def page(status: int, sentence: str | None = None, *, remedy: str | None = None) -> Response:
    """Return a designed error page without touching the database."""
    # Whoever was not loaded before the failure stays unknown: a template that asked for the
    # user would ask the database, which may be what failed.
    g.setdefault("_login_user", AnonymousUserMixin())
    if request_ctx.url_adapter is None:
        # The request named a host that is none, so the page's addresses are made for our own.
        host = urlsplit(web.belay().config.base_url).netloc
        request_ctx.url_adapter = current_app.url_map.bind(host)
    title, usual = _words(status)
    detail = _("An administrator can help with: %(command)s", command=remedy) if remedy else None
    html = render_template(
        "error.html", code=status, heading=title, text=sentence or usual, detail=detail
    )
    return make_response(html, status)


def _words(status: int) -> tuple[str, str]:
    words = {
        400: (_("That did not reach us whole"), _("Go back, reload the page and try again.")),
        403: (
            _("This is not yours to open"),
            _("Your roles do not include this. Ask an administrator if they should."),
        ),
        404: (
            _("There is nothing here"),
            _("The page was moved, removed, or is not meant for you."),
        ),
        405: (_("That did not reach us whole"), _("Go back, reload the page and try again.")),
        409: (_("Something changed meanwhile"), _("Reload the page to see how it stands now.")),
        413: (_("That is too large"), _("Choose a smaller file.")),
        429: (_("Too many tries"), _("Wait a little, then try again.")),
        503: (
            _("Belay is not ready"),
            _("Nothing is lost. This page works again as soon as the database answers."),
        ),
    }
    words[507] = words[503]
    broken = (
        _("Something broke on our side"),
        _("It has been written down. Nothing saved was lost."),
    )
    return words.get(status) or (words[400] if status < 500 else broken)


def _expired_form() -> str:
    return str(
        _("This form is too old or came from another page. Go back, reload and send it again.")
    )


def _refused(error: Refused) -> Response:
    return page(409, refusals.sentence(error))


def _unavailable(error: Unavailable) -> Response:
    response = page(503, refusals.unavailable(error), remedy=error.remedy)
    response.headers["Retry-After"] = "10"
    return response


def _database_away(error: Exception) -> Response:
    log.warning("database away: %s", error)
    _forget_session()
    return _unavailable(Unavailable("database_away"))


def _too_large(_error: RequestEntityTooLarge) -> Response:
    most = web.belay().config.upload_bytes // 1024 // 1024
    if (request.content_length or 0) <= web.belay().config.upload_bytes:
        # A part of it was: more fields or text than any form has.
        return page(413)
    return page(413, _("At most %(most)d MB can be sent at once.", most=most))


def _operating_system(error: OSError) -> Response:
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return _accident(error)
    log.warning("disk full: %s", error)
    _forget_session()
    return page(507, refusals.sentence(Refused("disk_full")))


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        return make_response(error.get_response())
    response = page(status)
    if status == 405:
        response.headers["Allow"] = ", ".join(getattr(error, "valid_methods", None) or [])
    return response


def _accident(error: Exception) -> Response:
    log.exception("unexpected error on %s %s", request.method, request.path, exc_info=error)
    _forget_session()
    return page(500)


def _forget_session() -> None:
    """Drop a session that may be broken, so that the error page does not trip over it."""
    g.pop("session", None)
    g.pop("_login_user", None)
    g.actor = None
