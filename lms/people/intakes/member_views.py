"""Members of an intake: adding, inviting, slips on paper, moving and taking out."""

from typing import Any

import segno
from flask import Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from lms.core import refusals, web
from lms.core.db import writing
from lms.core.errors import NotFound, Refused
from lms.core.forms import answer, choices
from lms.core.permissions import Permission, requires
from lms.people import ties
from lms.people.company import queries as company
from lms.people.intakes import operations, policy, queries, rules
from lms.people.intakes.forms import MoveForm
from lms.people.intakes.operations import Invited
from lms.people.intakes.pages import blueprint, intake_page, load
from lms.people.intakes.queries import Member


@blueprint.get("/intakes/<int:intake_id>/add")
@requires(Permission.RUN_INTAKES)
def find(intake_id: int) -> str:
    """Search for people who could join."""
    return _find_page(intake_id)


@blueprint.post("/intakes/<int:intake_id>/add")
@requires(Permission.RUN_INTAKES)
def add(intake_id: int) -> Response | tuple[str, int]:
    """Put the ticked people into the intake."""
    load(intake_id)
    chosen = _chosen()
    if not chosen:
        return _find_page(intake_id, refusals.sentence(Refused("nobody_selected"))), 422
    try:
        return web.submit(
            lambda session: operations.join_intake(
                session, actor=web.actor(), person_ids=chosen, intake_id=intake_id, now=web.now()
            ),
            then=url_for("intakes.show", intake_id=intake_id),
            message=lambda joined: ngettext(
                "%(num)s person is in this intake now.",
                "%(num)s people are in this intake now.",
                len(joined),
            ),
        )
    except Refused as error:
        return _find_page(intake_id, refusals.sentence(error)), 422


@blueprint.post("/intakes/<int:intake_id>/invite")
@requires(Permission.MANAGE_PEOPLE)
def invite(intake_id: int) -> Response | tuple[str, int]:
    """Have invitations mailed to the ticked members."""
    intake = load(intake_id)
    chosen = _chosen()
    try:
        return web.submit(
            lambda session: operations.invite_members(
                session, actor=web.actor(), intake_id=intake_id, person_ids=chosen, now=web.now()
            ),
            then=url_for("intakes.show", intake_id=intake_id, **_kept()),
            message=_invited,
        )
    except Refused as error:
        return intake_page(intake, refusals.sentence(error)), 422


@blueprint.post("/intakes/<int:intake_id>/slips")
@requires(Permission.MANAGE_PEOPLE)
def slips(intake_id: int) -> Response | str | tuple[str, int]:
    """Print sign-in slips for the ticked members.

    The page answers by itself: links are kept nowhere, so a redirect could not show them. Sent
    twice, the second sheet is the valid one, and it is the one that is seen.
    """
    intake = load(intake_id)
    chosen, again = _chosen(), request.form.get("again") == "1"
    try:
        with writing(web.session()) as session:
            made = operations.print_slips(
                session,
                actor=web.actor(),
                intake_id=intake_id,
                person_ids=chosen,
                now=web.now(),
                again=again,
            )
    except Refused as error:
        return intake_page(intake, refusals.sentence(error)), 422
    if not made:
        flash(_("Everybody ticked is in already or has a closed account."), "warning")
        return web.see_other(url_for("intakes.show", intake_id=intake_id, **_kept()))
    base_url = web.belay().config.base_url
    return render_template(
        "intakes/slips.html",
        intake=intake,
        slips=[(slip, (url := f"{base_url}/invitation/{slip.token}"), _code(url)) for slip in made],
        left_out=len(set(chosen)) - len(made),
        company=company.company(web.session()),
        days=company.company_settings(web.session()).invitation_days,
    )


@blueprint.route("/intakes/<int:intake_id>/members/<int:person_id>", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def member(intake_id: int, person_id: int) -> Response | str | tuple[str, int]:
    """Show one member, and move them to another intake or take them out."""
    intake = load(intake_id)
    session = web.session()
    found = queries.member(session, intake_id=intake_id, person_id=person_id, now=web.now())
    if found is None:
        raise NotFound
    form = MoveForm()
    others = [(row.id, row.name) for row in queries.intakes(session) if row.id != intake_id]
    form.to.choices = choices([(0, _("No intake")), *others])

    def move() -> Response:
        reason, to = form.reason.data or "", form.to.data
        if to:
            return _move(intake_id, found, to, dict(others)[to], reason)
        return _take_out(intake_id, found, reason)

    def page() -> str:
        return render_template(
            "intakes/member.html",
            intake=intake,
            member=found,
            beside=ties.ties(web.session(), [person_id])[person_id],
            form=form,
            may_let_in=policy.may_let_in(web.actor()),
        )

    return answer(form, move, page)


def _move(intake_id: int, who: Member, to: int, name: str, reason: str) -> Response:
    return web.submit(
        lambda session: operations.join_intake(
            session,
            actor=web.actor(),
            person_ids=[who.id],
            intake_id=to,
            now=web.now(),
            reason=rules.check_reason(reason),
        ),
        then=url_for("intakes.show", intake_id=intake_id),
        message=_("%(person)s is in %(intake)s now.", person=who.name, intake=name),
    )


def _take_out(intake_id: int, who: Member, reason: str) -> Response:
    return web.submit(
        lambda session: operations.leave_intake(
            session,
            actor=web.actor(),
            person_id=who.id,
            intake_id=intake_id,
            reason=reason,
            now=web.now(),
        ),
        then=url_for("intakes.show", intake_id=intake_id),
        message=_("%(person)s is in no intake now.", person=who.name),
    )


def _find_page(intake_id: int, problem: str | None = None) -> str:
    intake = load(intake_id)
    search = web.page_arguments(q="")["q"].strip()
    return render_template(
        "intakes/add.html",
        intake=intake,
        search=search,
        problem=problem,
        people=queries.candidates(web.session(), intake_id=intake_id, search=search),
        most=queries.CANDIDATES_SHOWN,
    )


def _chosen() -> list[int]:
    """Return the ticked people's ids; what is not an id is nobody."""
    texts = request.form.getlist("person")
    return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 10]


def _kept() -> dict[str, Any]:
    """Return the filter of the list, which the form's address carries along."""
    return {key: value for key, value in web.page_arguments(q="", state="").items() if value}


def _invited(result: Invited) -> str:
    parts = [
        ngettext(
            "%(num)s invitation is on its way.",
            "%(num)s invitations are on their way.",
            result.invited,
        )
    ]
    if result.already_in:
        parts.append(
            ngettext(
                "%(num)s person is in already.", "%(num)s people are in already.", result.already_in
            )
        )
    if result.closed:
        parts.append(
            ngettext("%(num)s account is closed.", "%(num)s accounts are closed.", result.closed)
        )
    return " ".join(parts)


def _code(url: str) -> Markup:
    """Return a QR code as SVG markup, without any style attribute."""
    code = segno.make(url, error="m", micro=False)
    svg = code.svg_inline(border=2, omitsize=True, svgclass=None, lineclass=None)
    return Markup(svg)  # noqa: S704 - drawn from a URL of our own, which is no part of the markup
