"""One's own sign-ins, password, calendar address and data."""

import json

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms.core import web
from lms.core.db import writing
from lms.core.errors import Refused
from lms.core.forms import blame
from lms.core.passwords import check_password, hash_password, verify_password
from lms.core.permissions import Permission, requires
from lms.people import sign_in
from lms.people.account import operations, own, queries, rules
from lms.people.account.forms import ChangePasswordForm
from lms.people.account.views.room import blueprint
from lms.people.account.views.signing_in import address, book_attempt, leave


@blueprint.get("/account/sessions")
@requires(Permission.MEMBER)
def sessions() -> str:
    """List where one is signed in."""
    rows = queries.open_sign_ins(web.session(), person_id=current_user.id, now=web.now())
    shown = [
        {
            "id": row.id,
            "device": _device_words(row.agent),
            "icon": _device_icon(row.agent),
            "address": row.address,
            "started_at": row.started_at,
            "remembered": row.remembered,
            "is_this": row.id == current_user.sign_in_id,
        }
        for row in rows
    ]
    return render_template("account/sessions.html", sign_ins=shown)


def _device_words(agent: str) -> str:
    device = rules.device(agent)
    if device.browser and device.system:
        return str(_("%(browser)s on %(system)s", browser=device.browser, system=device.system))
    return device.browser or device.system or str(_("A device that does not say what it is"))


def _device_icon(agent: str) -> str:
    phone = rules.device(agent).system in ("iPhone", "iPad", "Android")
    return "device-mobile" if phone else "device-desktop"


@blueprint.post("/account/sessions/<int:sign_in_id>/end")
@requires(Permission.MEMBER)
def end_session(sign_in_id: int) -> Response:
    """End one of one's own sign-ins: the next request from there has to sign in."""
    actor = web.actor()
    return web.submit(
        lambda session: operations.end_sign_in(
            session, actor=actor, sign_in_id=sign_in_id, now=web.now()
        ),
        then=url_for("account.sessions"),
        message=_("That sign-in has ended."),
    )


@blueprint.post("/account/sessions/end-all")
@requires(Permission.MEMBER)
def end_all_sessions() -> Response:
    """Sign out everywhere, here too."""
    with writing(web.session()) as session:
        sign_in.end(session, person_id=current_user.id, now=web.now(), why="signed out everywhere")
    return leave(_("You are signed out everywhere."))


@blueprint.route("/account/password", methods=["GET", "POST"])
@requires(Permission.MEMBER)
def password() -> Response | tuple[str, int]:
    """Change one's own password; every other sign-in ends."""
    form = ChangePasswordForm()
    if not form.validate_on_submit():
        return _password_page(form, 422 if request.method == "POST" else 200)
    try:
        return _change_password(form)
    except Refused as error:
        blame(form, error)
        return _password_page(form, 429 if error.code == "too_many_tries" else 422)


def _change_password(form: ChangePasswordForm) -> Response:
    actor, kept = web.actor(), current_user.sign_in_id
    old_hash = _confirmed(form.current.data or "")
    check_password(
        form.password.data or "",
        email=current_user.email,
        name=current_user.name,
        company=current_user.company_name,
    )
    if form.password.data == form.current.data:
        raise Refused("password_same", field="password")
    password_hash = hash_password(form.password.data or "")
    return web.submit(
        lambda session: operations.change_password(
            session,
            actor=actor,
            old_hash=old_hash,
            password_hash=password_hash,
            keep_sign_in_id=kept,
            now=web.now(),
        ),
        then=url_for("account.password"),
        message=_("Your password is changed. Everywhere else you have to sign in again."),
    )


def _confirmed(password: str) -> str:
    """Return the hash that one's own password was found right against.

    Raises Refused `password_wrong` or, as at sign-in, `too_many_tries`.
    """
    key = book_attempt("confirm", current_user.email)
    person = queries.credentials(web.session(), email=current_user.email)
    old_hash = person.password_hash if person else None
    if old_hash is None or not verify_password(old_hash, password):
        raise Refused("password_wrong", field="current")
    with writing(web.session()) as session:
        operations.forgive(session, key=key, address=address())
    return old_hash


def _password_page(form: ChangePasswordForm, status: int) -> tuple[str, int]:
    return render_template("account/password.html", form=form), status


@blueprint.get("/account/calendar")
@requires(Permission.MEMBER)
def calendar() -> str:
    """Show one's own calendar address, if there is one."""
    epoch = queries.feed_epoch(web.session(), person_id=current_user.id)
    config = web.belay().config
    found = None
    if epoch > 0:
        token = rules.calendar_token(config.secret_key, current_user.id, epoch)
        found = f"{config.base_url}/calendar/{token}.ics"
    return render_template("account/calendar.html", address=found)


@blueprint.post("/account/calendar")
@requires(Permission.MEMBER)
def make_calendar() -> Response:
    """Make a calendar address; one that there was stops working."""
    actor = web.actor()
    return web.submit(
        lambda session: own.make_calendar_address(session, actor=actor),
        then=url_for("account.calendar"),
        message=_("Here is your new calendar address."),
    )


@blueprint.post("/account/calendar/revoke")
@requires(Permission.MEMBER)
def revoke_calendar() -> Response:
    """Let the calendar address stop working."""
    actor = web.actor()
    return web.submit(
        lambda session: own.revoke_calendar_address(session, actor=actor),
        then=url_for("account.calendar"),
        message=_("The address does not work any more."),
    )


@blueprint.get("/account/my-data")
@requires(Permission.MEMBER)
def my_data() -> str:
    """Offer all that Belay holds about oneself."""
    return render_template("account/my_data.html")


@blueprint.get("/account/my-data.json")
@requires(Permission.MEMBER)
def my_data_file() -> Response:
    """Send all that every part holds about oneself, as JSON."""
    sources = web.belay().registry.own_data
    parts = {name: source(web.session(), current_user.id) for name, source in sources.items()}
    whole = {"company": current_user.company_name, "made_at": web.now().isoformat(), **parts}
    response = Response(
        json.dumps(whole, ensure_ascii=False, indent=2) + "\n", mimetype="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="belay-my-data.json"'
    return response
