"""Invitations, slips and resets: choosing a password by a one-use link."""

from collections.abc import Sequence

from flask import Response, g, request, url_for
from flask_login import current_user

from lms.core import i18n, refusals, web
from lms.core.db import writing
from lms.core.errors import Refused
from lms.core.forms import blame
from lms.core.passwords import check_password, hash_password
from lms.core.permissions import Permission, requires
from lms.people.account import operations, queries, rules
from lms.people.account.forms import ChoosePasswordForm, ResetForm
from lms.people.account.views.room import blueprint, signed_out_page
from lms.people.account.views.signing_in import book_attempt, enter, start


@blueprint.route("/invitation/<token>", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def invitation(token: str) -> Response | tuple[str, int]:
    """Choose a first password by an invitation or a printed slip, and come in."""
    return _choose_password(token, rules.INVITATIONS)


@blueprint.route("/reset/<token>", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def new_password(token: str) -> Response | tuple[str, int]:
    """Choose a new password by a reset link, and come in; every other sign-in ends."""
    return _choose_password(token, rules.RESETS)


def _choose_password(token: str, purposes: Sequence[str]) -> Response | tuple[str, int]:
    link = queries.access_link(web.session(), token=token, purposes=purposes, now=web.now())
    _speak_to(link)
    if link is None or link.state != "open":
        return _dead_link(link, purposes)
    form = ChoosePasswordForm()
    if form.validate_on_submit():
        password = form.password.data or ""
        try:
            check_password(password, email=link.email, name=link.name, company=link.company)
            return _enter_by(token, purposes, hash_password(password))
        except Refused as error:
            if error.code == "link_dead":
                again = queries.access_link(
                    web.session(), token=token, purposes=purposes, now=web.now()
                )
                return _dead_link(again, purposes)
            blame(form, error)
    status = 422 if request.method == "POST" else 200
    page = signed_out_page(
        "account/choose_password.html", form=form, link=link, is_reset=purposes == rules.RESETS
    )
    return page, status


def _enter_by(token: str, purposes: Sequence[str], password_hash: str) -> Response:
    with writing(web.session()) as session:
        person_id = operations.choose_password(
            session, token=token, purposes=purposes, password_hash=password_hash, now=web.now()
        )
        sign_in_token = start(person_id, remembered=False)
    return enter(sign_in_token, "/")


def _speak_to(link: queries.Link | None) -> None:
    """Speak the language of the person whom a link belongs to, if they chose none here."""
    if link is not None and not current_user.is_authenticated:
        company = link.company_language if link.company_language != "en" else None
        g.language = i18n.choose(
            [request.cookies.get("language"), link.language, company],
            request.accept_languages.values(),
        )


def _dead_link(link: queries.Link | None, purposes: Sequence[str]) -> tuple[str, int]:
    page = signed_out_page(
        "account/dead_link.html",
        state=link.state if link else "unknown",
        is_reset=purposes == rules.RESETS,
    )
    return page, 410 if link else 404


@blueprint.route("/reset", methods=["GET", "POST"])
@requires(Permission.PUBLIC)
def reset() -> Response | tuple[str, int]:
    """Ask for a link to a new password. Known and unknown addresses get the same answer."""
    form = ResetForm()
    if form.validate_on_submit():
        email = form.email.data or ""
        try:
            key = book_attempt("reset", email)
        except Refused as error:
            form.form_errors = [refusals.sentence(error)]
            return _reset_page(form, 429)
        person = queries.credentials(web.session(), email=email)
        with writing(web.session()) as session:
            operations.request_reset(
                session, person_id=person.id if person else None, key=key, now=web.now()
            )
        return web.see_other(url_for("account.reset", asked=1))
    return _reset_page(form, 422 if request.method == "POST" else 200)


def _reset_page(form: ResetForm, status: int) -> tuple[str, int]:
    page = signed_out_page(
        "account/reset.html",
        form=form,
        asked="asked" in request.args and request.method == "GET",
        can_mail=web.belay().config.mail_url is not None,
    )
    return page, status
