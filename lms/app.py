"""The factory: configuration, database, sign-in, parts, menu, error pages. Knows every part."""

import logging
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request, url_for
from flask_babel import Babel, get_translations
from flask_babel import lazy_gettext as _
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFProtect
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

from lms.core import error_pages, frame, i18n, incoming, logs, web
from lms.core.clock import Clock, SystemClock
from lms.core.config import Config
from lms.core.db import Database, check_durability, checks
from lms.core.errors import NotAllowed
from lms.core.pages import MenuEntry
from lms.core.permissions import Permission, Role, may, permission_of, requires
from lms.core.schema import check_schema
from lms.people import sign_in

PARTS = ("people", "courses", "home")
"""Parts in layer order, lowest first; each may have a `views.blueprint` and `register`."""

BESIDE_TRAINEES = frozenset({Role.COACH, Role.TRAINER, Role.MANAGER})

MENU = (
    MenuEntry("today.index", _("Today"), "home"),
    MenuEntry("lessons.track", _("My track"), "route", roles=frozenset({Role.TRAINEE})),
    MenuEntry("calendar.agenda", _("Calendar"), "calendar", roles=frozenset({Role.TRAINEE})),
    MenuEntry("claims.waiting", _("Claims"), "clipboard-check", Permission.CONFIRM_TASKS),
    MenuEntry(
        "board.index",
        _("Board"),
        "layout-kanban",
        Permission.FOLLOW_TRAINEES,
        roles=BESIDE_TRAINEES,
    ),
    MenuEntry("intakes.index", _("Intakes"), "users-group", Permission.RUN_INTAKES),
    MenuEntry(
        "catalogue.index",
        _("Courses"),
        "school",
        Permission.RUN_INTAKES,
        roles=frozenset({Role.TRAINER}),
    ),
    MenuEntry("directory.index", _("People"), "users", section=("directory", "importing")),
    MenuEntry("settings.index", _("Settings"), "settings", Permission.MANAGE_COMPANY),
    MenuEntry("audit.index", _("Audit"), "history", Permission.READ_AUDIT),
)
"""In order; the thumb bar of a phone takes the first five that a person sees."""

WITHOUT_SIGN_IN = frozenset({"static", "home.healthz", "home.readyz"})
"""Routes that never ask who is there, so that they work without a database."""

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def create_app(
    config: Config, *, clock: Clock | None = None, database: Database | None = None
) -> Flask:
    """Make the application. Connects to nothing: the first request does.

    `clock` tells the moment for every request; nothing in a request can move it.
    """
    app = Flask(__name__, static_folder="../static", static_url_path="/static")
    incoming.init_app(app)
    app.config.update(
        SECRET_KEY=config.secret_key,
        MAX_CONTENT_LENGTH=config.upload_bytes,
        MAX_FORM_MEMORY_SIZE=incoming.MOST_TYPED,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME="__Host-belay" if config.secure_cookies else "belay",
        SESSION_COOKIE_SECURE=config.secure_cookies,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_NAME="__Host-belay-stay" if config.secure_cookies else "belay-stay",
        REMEMBER_COOKIE_SECURE=config.secure_cookies,
        REMEMBER_COOKIE_SAMESITE="Lax",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_DURATION=sign_in.REMEMBERED_LASTS,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
        PREFERRED_URL_SCHEME=urlsplit(config.base_url).scheme,
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=False,
        BABEL_DEFAULT_LOCALE="en_GB",
    )
    if config.trusted_proxies:
        n = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    database = database or Database(
        config.database_url, check=checks(check_durability, check_schema)
    )
    belay = web.Belay(config, clock or SystemClock(), database)
    belay.init_app(app)
    CSRFProtect(app)
    _set_up_sign_in(app)
    _set_up_languages(app)
    error_pages.init_app(app)
    logs.init_app(app)
    app.before_request(_check_permission)
    app.after_request(_add_headers)
    app.context_processor(_page_context)
    app.jinja_env.globals.update(
        static_url=web.static_url,
        form_key=web.form_key,
        may=lambda name: may(g.get("actor"), Permission(name)),
    )
    _add_parts(app, belay)
    _declare_static(app)
    return app


def _add_parts(app: Flask, belay: web.Belay) -> None:
    belay.registry.menu.extend(MENU)
    for name in PARTS:
        views = import_module(f"lms.{name}.views")
        for blueprint in views.BLUEPRINTS:
            app.register_blueprint(blueprint)
        if hasattr(views, "register"):
            views.register(belay.registry)


def _declare_static(app: Flask) -> None:
    app.view_functions["static"] = requires(Permission.PUBLIC)(app.view_functions["static"])
    undeclared = sorted(n for n, view in app.view_functions.items() if permission_of(view) is None)
    if undeclared:
        raise RuntimeError(f"routes without a permission: {', '.join(undeclared)}")


def _set_up_sign_in(app: Flask) -> None:
    manager = LoginManager(app)
    manager.login_view = "account.login"
    manager.login_message = None
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> sign_in.Viewer | None:
        return sign_in.viewer(web.session(), token, web.now())


def _check_permission() -> Response | None:
    """Ask for the route's permission before its view runs; send strangers to sign in."""
    g.actor = None
    if request.endpoint in WITHOUT_SIGN_IN:
        return None
    web.belay().database.ensure_ready()
    g.actor = current_user.actor if current_user.is_authenticated else None
    if request.endpoint is None:
        return None
    permission = permission_of(current_app.view_functions[request.endpoint])
    if permission is None or may(g.actor, permission):
        return None
    if g.actor is None:
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return web.see_other(url_for("account.login", next=target))
    raise NotAllowed(permission.value)


def _set_up_languages(app: Flask) -> None:
    def locale() -> str:
        return i18n.LANGUAGES[language()].locale

    def time_zone() -> str:
        return current_user.time_zone if _signed_in() else "UTC"

    Babel(app, locale_selector=locale, timezone_selector=time_zone)
    # Templates ask for some fifty strings a page: look the catalogue up once a request.
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda message: _catalogue().ugettext(message),
        lambda one, many, num: _catalogue().ungettext(one, many, num),
        newstyle=True,
    )


def _catalogue() -> Any:
    if "catalogue" not in g:
        g.catalogue = get_translations()
    return g.catalogue


def language() -> str:
    """Return the language of this request: person, intake, company, browser."""
    if "language" not in g:
        chosen: list[str | None] = []
        if _signed_in():
            chosen = [
                current_user.language,
                current_user.intake_language,
                current_user.company_language if current_user.company_language != "en" else None,
            ]
        else:
            chosen = [request.cookies.get("language")]
        g.language = i18n.choose(chosen, request.accept_languages.values())
    found: str = g.language
    return found


def _signed_in() -> bool:
    return g.get("actor") is not None and bool(current_user.is_authenticated)


def _page_context() -> dict[str, Any]:
    belay = web.belay()
    code = language()
    theme = request.cookies.get("theme", "")
    person = current_user._get_current_object() if _signed_in() else None
    return {
        "current_person": person,
        "language": code,
        "languages": [(entry.code, entry.name) for entry in i18n.LANGUAGES.values()],
        "text_direction": i18n.direction(code),
        "theme": theme if theme in ("light", "dark") else "",
        "company_name": person.company_name if person else "Belay",
        "company_logo": person.company_logo if person else None,
        "demo_banner": belay.config.demo,
        "shell": {} if person else _shell(),
        "frame": _frame,
        "now": web.now(),
    }


SHELL = {
    "home": "today.index",
    "search": "search.index",
    "notifications": "notifications.index",
    "profile": "account.profile",
    "settings": "settings.index",
    "language": "account.choose_language",
    "sign_out": "account.logout",
    "sign_in": "account.login",
}
"""The frame's addresses; each shown to whoever may open it."""


def _frame(part: str) -> Markup:
    """Return the head or foot of the frame, kept by all that it depends on."""
    viewer = current_user._get_current_object() if _signed_in() else None
    key = (
        web.belay().database.key,
        viewer and (viewer.id, viewer.name, viewer.photo, viewer.roles, viewer.unread),
        viewer and (viewer.company_name, viewer.company_logo, viewer.company_version),
        language(),
        request.cookies.get("theme", ""),
        request.endpoint,
        web.belay().config.demo,
    )
    return frame.frame(part, key, lambda: {"menu": _menu(web.belay()), "shell": _shell()})


def _shell() -> dict[str, str]:
    """Return the frame's addresses for this person."""
    views = current_app.view_functions
    found: dict[str, str] = {}
    for name, endpoint in SHELL.items():
        permission = permission_of(views[endpoint]) if endpoint in views else None
        if permission is not None and may(g.get("actor"), permission):
            found[name] = url_for(endpoint)
    return found


def _menu(belay: web.Belay) -> list[dict[str, Any]]:
    return [
        {
            "url": url_for(entry.endpoint),
            "label": entry.label,
            "icon": entry.icon,
            "current": entry.holds(request.endpoint),
        }
        for entry in belay.registry.menu
        if entry.is_for(g.get("actor"))
    ]


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "geolocation=(), payment=()"
    if web.belay().config.secure_cookies:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static" and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


logging.getLogger("lms").addHandler(logging.NullHandler())
