"""Signing in and out."""

import flask
from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user, logout_user

from lms.core import web
from lms.core.db import writing
from lms.core.passwords import verify_password
from lms.core.permissions import Permission, requires
from lms.people import sign_in
from lms.people.account import queries
from lms.people.account.forms import SignInForm

blueprint = Blueprint("account", __name__)


@blueprint.route("/login", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def login() -> str | Response | tuple[str, int]:
    """Sign in by mail address and password."""
    target = web.own_path(request.values.get("next"))
    if current_user.is_authenticated:
        return web.see_other(target)
    form = SignInForm()
    if not form.validate_on_submit():
        return _login_page(form, target, 422 if request.method == "POST" else 200)
    person = queries.credentials(web.session(), email=form.email.data or "")
    known = person is not None and person.may_enter(web.now())
    right = verify_password(
        person.password_hash if person and known else None, form.password.data or ""
    )
    if person is None or not right:
        form.password.errors = [_("The mail address or the password is not right.")]
        return _login_page(form, target, 422)
    with writing(web.session()) as session:
        token = sign_in.start(
            session,
            person_id=person.id,
            remembered=bool(form.remember.data),
            address=request.remote_addr or "",
            agent=request.user_agent.string,
            now=web.now(),
        )
    viewer = sign_in.viewer(web.session(), token, web.now())
    assert viewer is not None
    flask.session.clear()
    login_user(viewer, remember=bool(form.remember.data))
    return web.see_other(target)


@blueprint.post("/logout")
@requires(Permission.MEMBER)
def logout() -> Response:
    """End this browser's sign-in."""
    viewer: sign_in.Viewer = current_user._get_current_object()
    with writing(web.session()) as session:
        sign_in.end(
            session, person_id=viewer.id, now=web.now(), why="signed out", only=viewer.sign_in_id
        )
    logout_user()
    flask.session.clear()
    flash(_("You are signed out."), "good")
    return web.see_other(url_for("account.login"))


def _login_page(form: SignInForm, target: str, status: int) -> tuple[str, int]:
    accounts = queries.demo_accounts(web.session()) if web.belay().config.demo else []
    page = render_template("account/login.html", form=form, target=target, accounts=accounts)
    return page, status
