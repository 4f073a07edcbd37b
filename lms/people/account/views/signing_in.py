"""Signing in and out, and the language of pages."""

from urllib.parse import urlsplit

import flask
from flask import Response, current_app, flash, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user
from werkzeug.exceptions import HTTPException

from lms.core import i18n, refusals, web
from lms.core.db import writing
from lms.core.errors import NotFound, Refused
from lms.core.passwords import verify_password
from lms.core.permissions import Permission, requires
from lms.people import sign_in
from lms.people.account import operations, own, queries, rules
from lms.people.account.forms import SignInForm
from lms.people.account.views.room import blueprint, signed_out_page
from lms.people.account.words import ROLE_NAMES

LANGUAGE_KEPT_SECONDS = 365 * 24 * 3600


@blueprint.route("/login", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def login() -> str | Response | tuple[str, int]:
    """Sign in by mail address and password. Known and unknown addresses look and cost alike."""
    target = web.own_path(request.values.get("next"))
    if current_user.is_authenticated:
        return web.see_other(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return _login_page(form, target, 422 if request.method == "POST" else 200)
    email = form.email.data or ""
    try:
        key = book_attempt("sign in", email)
    except Refused as error:
        form.form_errors = [refusals.sentence(error)]
        return _login_page(form, target, 429)
    person = queries.credentials(web.session(), email=email)
    known = person is not None and person.may_enter(web.now())
    stored = person.password_hash if person is not None and known else None
    if not verify_password(stored, form.password.data or "") or person is None:
        form.password.errors = [_("The mail address or the password is not right.")]
        return _login_page(form, target, 422)
    with writing(web.session()) as session:
        operations.forgive(session, key=key, address=address())
        token = start(person.id, remembered=bool(form.remember.data))
    return enter(token, target, remembered=bool(form.remember.data))


def address() -> str:
    """Return the network address that this request comes from."""
    return (request.remote_addr or "")[:64]


def book_attempt(act: str, email: str) -> str:
    """Count a try of an act for a mail address and return its key, to be forgiven on success.

    Raises Refused `too_many_tries`.
    """
    key = rules.attempt_key(web.belay().config.secret_key, act, email)
    with writing(web.session()) as session:
        operations.book_attempt(session, key=key, address=address(), now=web.now())
    return key


def start(person_id: int, *, remembered: bool) -> str:
    """Open a sign-in for this browser inside `writing`, ending the one it had."""
    if current_user.is_authenticated:
        sign_in.end(
            web.session(),
            person_id=current_user.id,
            now=web.now(),
            why="another sign-in",
            only=current_user.sign_in_id,
        )
    return sign_in.start(
        web.session(),
        person_id=person_id,
        remembered=remembered,
        address=address(),
        agent=request.user_agent.string,
        now=web.now(),
    )


def enter(token: str, target: str, *, remembered: bool = False) -> Response:
    """Hand a new sign-in to the browser in a new cookie and go on to the target."""
    viewer = sign_in.viewer(web.session(), token, web.now())
    if viewer is None:
        # Deactivated between the password and now.
        return web.see_other(url_for("account.login"))
    flask.session.clear()
    login_user(viewer, remember=remembered)
    return web.see_other(target)


@blueprint.post("/logout")
@requires(Permission.MEMBER)
def logout() -> Response:
    """End this browser's sign-in."""
    with writing(web.session()) as session:
        sign_in.end(
            session,
            person_id=current_user.id,
            now=web.now(),
            why="signed out",
            only=current_user.sign_in_id,
        )
    return leave(_("You are signed out."))


def leave(message: str) -> Response:
    """Take the cookies from a browser whose sign-in has ended."""
    flask.session.clear()
    logout_user()
    flash(message, "good")
    return web.see_other(url_for("account.login"))


@blueprint.post("/language")
@requires(Permission.PUBLIC)
def choose_language() -> Response:
    """Show pages in another language, now and (for a person) for good; go back to the page.

    Not by `web.submit`: choosing twice on one page means the second.
    """
    language = request.form.get("language", "")
    if language not in i18n.LANGUAGES:
        raise NotFound
    if current_user.is_authenticated:
        actor = web.actor()
        with writing(web.session()) as session:
            own.choose_language(session, actor=actor, language=language)
    response = web.see_other(_page_before())
    response.set_cookie(
        "language",
        language,
        max_age=LANGUAGE_KEPT_SECONDS,
        secure=web.belay().config.secure_cookies,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page_before() -> str:
    """Return the page of ours that the request came from, if it can be opened again."""
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    if parts.netloc != request.host:
        return "/"
    adapter = current_app.create_url_adapter(request)
    try:
        assert adapter is not None
        adapter.match(parts.path, method="GET")
    except HTTPException:
        return "/"
    return web.own_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def _login_page(form: SignInForm, target: str, status: int) -> tuple[str, int]:
    accounts = queries.demo_accounts(web.session()) if web.belay().config.demo else []
    page = signed_out_page(
        "account/login.html",
        form=form,
        target=target,
        accounts=accounts,
        role_names=ROLE_NAMES,
        demo_password=rules.DEMO_PASSWORD,
    )
    return page, status
