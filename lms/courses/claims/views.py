"""Claims that wait, one claim to decide on, and its photo."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, render_template, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from lms.core import web
from lms.core.errors import NotFound, Refused
from lms.core.forms import blame
from lms.core.i18n import gettext as _
from lms.core.permissions import Permission, requires
from lms.courses import operations as acts
from lms.courses.claims import operations, queries
from lms.courses.claims.forms import ConfirmForm, ReopenForm, ReturnForm
from lms.courses.claims.policy import may_decide
from lms.courses.lessons import pages
from lms.courses.lessons.days import day_of, page_language
from lms.courses.lessons.files import send_kept
from lms.courses.lessons.queries import Around, around
from lms.courses.lessons.rows import Reader, confirmers, waiting_since
from lms.courses.policy import may_run_intakes
from lms.courses.queries import OnCourse, standing
from lms.courses.rules import State
from lms.courses.standing import Standing, StepStanding
from lms.people.calendars import site_calendar

blueprint = Blueprint("claims", __name__)

PAGE = 25
_STALE = frozenset({"claim_changed", "step_state", "course_ended"})
"""Refusals that mean: somebody was faster, so the page shows how it stands now."""


@blueprint.get("/claims")
@requires(Permission.CONFIRM_TASKS)
def waiting() -> str:
    """List the claims that wait for this person, the oldest first."""
    page = max(1, web.page_arguments(page=1)["page"])
    found = queries.waiting_claims(
        web.session(),
        actor=web.actor(),
        now=web.now(),
        language=page_language(),
        limit=PAGE,
        offset=(page - 1) * PAGE,
    )
    total = queries.waiting_count(web.session(), actor=web.actor())
    return render_template(
        "claims/waiting.html",
        claims=found,
        total=total,
        page=page,
        pages=max(1, -(-total // PAGE)),
        since=lambda claim: day_of(claim.at, current_user.time_zone),
        page_url=lambda number: url_for(".waiting", page=number),
    )


@blueprint.get("/claims/<int:assignment_id>/<int:step_id>")
@requires(Permission.CONFIRM_TASKS)
def decide(assignment_id: int, step_id: int) -> str:
    """Show a claimed task with its history, and the two ways to decide."""
    claim = _load(assignment_id, step_id)
    return _page(claim, ConfirmForm(formdata=None), ReturnForm(formdata=None))


@blueprint.get("/claims/<int:assignment_id>/<int:step_id>/<any(confirm, back, reopen):_act>")
@requires(Permission.CONFIRM_TASKS)
def decided(assignment_id: int, step_id: int, _act: str) -> Response:
    """Lead somebody who reloads a form's address back to its page."""
    return web.see_other(url_for(".decide", assignment_id=assignment_id, step_id=step_id))


@blueprint.post("/claims/<int:assignment_id>/<int:step_id>/confirm")
@requires(Permission.CONFIRM_TASKS)
def confirm(assignment_id: int, step_id: int) -> Response | tuple[str, int]:
    """Confirm the claim."""
    form, other = ConfirmForm(), ReturnForm(formdata=None)

    def act(session: Session) -> State:
        return operations.confirm_claim(
            session,
            actor=web.actor(),
            assignment_id=assignment_id,
            step_id=step_id,
            seen=form.seen.data or 0,
            note=form.note.data or "",
            now=web.now(),
        )

    return _decide(form, act, _("Confirmed."), lambda: (_load(assignment_id, step_id), form, other))


@blueprint.post("/claims/<int:assignment_id>/<int:step_id>/back")
@requires(Permission.CONFIRM_TASKS)
def give_back(assignment_id: int, step_id: int) -> Response | tuple[str, int]:
    """Say not yet, because …"""
    form, other = ReturnForm(), ConfirmForm(formdata=None)

    def act(session: Session) -> State:
        return operations.return_claim(
            session,
            actor=web.actor(),
            assignment_id=assignment_id,
            step_id=step_id,
            seen=form.seen.data or 0,
            because=form.because.data or "",
            follow_up_on=form.follow_up_on.data,
            now=web.now(),
        )

    return _decide(form, act, _("Sent back."), lambda: (_load(assignment_id, step_id), other, form))


@blueprint.post("/claims/<int:assignment_id>/<int:step_id>/reopen")
@requires(Permission.RUN_INTAKES)
def reopen(assignment_id: int, step_id: int) -> Response | tuple[str, int]:
    """Take a confirmation back, with a reason that the trainee reads."""
    form = ReopenForm()
    here = url_for(".decide", assignment_id=assignment_id, step_id=step_id)

    def act(session: Session) -> State:
        return acts.reopen_step(
            session,
            actor=web.actor(),
            assignment_id=assignment_id,
            step_id=step_id,
            reason=form.reason.data or "",
            now=web.now(),
        )

    def again(*, stale: bool) -> str:
        confirm, back = ConfirmForm(formdata=None), ReturnForm(formdata=None)
        return _page(_load(assignment_id, step_id), confirm, back, form, stale=stale)

    if not form.validate():
        return again(stale=False), 422
    try:
        return web.submit(act, then=here, message=_("It is open again."))
    except Refused as error:
        if error.code in _STALE:
            return again(stale=True), 409
        blame(form, error)
        return again(stale=False), 422


@blueprint.get("/claims/photo/<int:event_id>")
@requires(Permission.MEMBER)
def photo(event_id: int) -> Response:
    """Send a claim's photo to the trainee and to those who may see their track."""
    found = queries.photo_of(web.session(), actor=web.actor(), event_id=event_id)
    if found is None:
        raise NotFound
    return send_kept(found)


@dataclass(frozen=True)
class _Claim:
    """A task of a trainee as the decision page needs it."""

    place: OnCourse
    standing: Standing
    step: StepStanding
    around: Around
    reader: Reader


def _load(assignment_id: int, step_id: int) -> _Claim:
    """Return a task that the actor may see; raise NotFound for any other. Five statements."""
    session, actor = web.session(), web.actor()
    place = acts.load_visible(session, actor, assignment_id)
    whole = standing(session, place, language=page_language(), now=web.now())
    step = whole.by_id.get(step_id)
    if step is None or step.step.kind != "do":
        raise NotFound
    beside = around(session, place, step)
    reader = Reader(
        zone=current_user.time_zone,
        site_zone=place.site_zone,
        course_slug=place.course_slug,
        beside=beside.beside,
        mine=place.person_id == actor.person_id,
        assignment_id=assignment_id,
    )
    return _Claim(place, whole, step, beside, reader)


def _decide(
    form: ConfirmForm | ReturnForm,
    act: Callable[[Session], State],
    message: str,
    again: Callable[[], tuple[_Claim, ConfirmForm, ReturnForm]],
) -> Response | tuple[str, int]:
    """Write the decision; otherwise show the page again with everything that was typed."""
    if not form.validate():
        return _page(*again()), 422
    try:
        return web.submit(act, then=url_for(".waiting"), message=message)
    except Refused as error:
        if error.code in _STALE:
            return _page(*again(), stale=True), 409
        blame(form, error)
        return _page(*again()), 422


def _page(
    claim: _Claim,
    confirm: ConfirmForm,
    back: ReturnForm,
    reopen: ReopenForm | None = None,
    *,
    stale: bool = False,
) -> str:
    place, step, actor = claim.place, claim.step, web.actor()
    may = may_decide(actor, step.step, person_id=place.person_id, beside=claim.around.beside)
    last = claim.around.history[-1] if claim.around.history else None
    return render_template(
        "claims/decide.html",
        claim=claim,
        place=place,
        step=step.step,
        waits=step.state is State.CLAIMED and place.ended_at is None,
        since=waiting_since(step, claim.reader) if step.state is State.CLAIMED else "",
        may_decide=may,
        confirmers=confirmers(step.step, claim.around.beside),
        last=last,
        history=pages.history(claim.around.history, claim.reader, actor.person_id),
        seen=last.sequence if last else 0,
        confirm=confirm,
        back=back,
        reopen=reopen or ReopenForm(formdata=None),
        may_reopen=may_run_intakes(actor) and place.person_id != actor.person_id,
        follow_up_on=back.follow_up_on.data or _next_working_day(claim),
        stale=stale,
        typed=_typed(confirm, back, reopen) if stale else "",
    )


def _next_working_day(claim: _Claim) -> date:
    place = claim.place
    calendar = site_calendar(web.session(), place.site_id, place.company_version)
    return calendar.day_at(claim.standing.today + timedelta(days=1), 0)


def _typed(confirm: ConfirmForm, back: ReturnForm, reopen: ReopenForm | None) -> str:
    """Return the words of whichever form was sent, so that they are not lost."""
    return confirm.note.data or back.because.data or (reopen and reopen.reason.data) or ""
