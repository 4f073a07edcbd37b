"""Who was at an intake's session: one form for everybody in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from lms.core import refusals, web
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Permission, may, requires
from lms.courses import operations as course_operations
from lms.courses.board.rules import Face
from lms.courses.dates import operations, queries
from lms.courses.lessons import days
from lms.courses.outline import Outline, OutlineStep
from lms.courses.queries import OnCourse, standings
from lms.courses.rules import State
from lms.courses.standing import StepStanding

blueprint = Blueprint("attendance", __name__)

MARKS = {"present": True, "missed": False}


@dataclass(frozen=True)
class Line:
    """One person at a session."""

    assignment_id: int
    face: Face
    state: State
    mark: str
    """`present`, `missed` or nothing yet."""


@dataclass(frozen=True)
class Page:
    """What the page of a session's attendance shows."""

    place: OnCourse
    outline: Outline
    session: StepStanding
    lines: Sequence[Line]

    @property
    def step(self) -> OutlineStep:
        """Return the step that is the session."""
        return self.session.step


@blueprint.get("/sessions/<int:intake_id>/<step_slug>")
@requires(Permission.FOLLOW_TRAINEES)
def index(intake_id: int, step_slug: str) -> str:
    """Show who was there, or when attendance can be noted."""
    return _render(_load(intake_id, step_slug))


@blueprint.post("/sessions/<int:intake_id>/<step_slug>")
@requires(Permission.FOLLOW_TRAINEES)
def note(intake_id: int, step_slug: str) -> Response | tuple[str, int]:
    """Write down who was there; marks that are known already change nothing."""
    page = _load(intake_id, step_slug)
    marks = _marks(page)

    def act(session: Session) -> int:
        return operations.take_attendance(
            session,
            actor=web.actor(),
            intake_id=intake_id,
            step_id=page.step.id,
            marks=marks,
            now=web.now(),
        )

    try:
        return web.submit(act, then=_url(intake_id, step_slug), message=_noted)
    except Refused as error:
        return _render(_load(intake_id, step_slug), marks, refusals.sentence(error)), 422


@blueprint.post("/sessions/<int:intake_id>/<step_slug>/reopen")
@requires(Permission.RUN_INTAKES)
def reopen(intake_id: int, step_slug: str) -> Response | tuple[str, int]:
    """Take somebody's presence back, with a reason that they read."""
    page = _load(intake_id, step_slug)
    chosen = request.form.get("assignment_id", "")
    line = next((one for one in page.lines if str(one.assignment_id) == chosen), None)
    if line is None:
        raise NotFound

    def act(session: Session) -> State:
        return course_operations.reopen_step(
            session,
            actor=web.actor(),
            assignment_id=line.assignment_id,
            step_id=page.step.id,
            reason=request.form.get("reason", ""),
            now=web.now(),
        )

    try:
        return web.submit(
            act,
            then=_url(intake_id, step_slug),
            message=_("Taken back for %(name)s.", name=line.face.name),
        )
    except Refused as error:
        again = _load(intake_id, step_slug)
        return _render(again, wrong=refusals.sentence(error), mistaken=line.assignment_id), 422


def _url(intake_id: int, step_slug: str) -> str:
    return url_for("attendance.index", intake_id=intake_id, step_slug=step_slug)


def _load(intake_id: int, step_slug: str) -> Page:
    """Return the session and whom the actor may mark; NotFound for a stranger. Five statements."""
    session, actor = web.session(), web.actor()
    place = queries.intake_place(session, intake_id)
    if place is None:
        raise NotFound
    step_id = queries.step_id_of(session, place.course_id, step_slug)
    people = queries.attendees(session, actor, intake_id=intake_id, step_id=step_id)
    if not people and not may(actor, Permission.RUN_INTAKES):
        raise NotFound
    known = standings(session, [place, *people], language=days.page_language(), now=web.now())
    whole = known[place.assignment_id]
    met = whole.by_id.get(step_id)
    if met is None or met.step.kind != "meet":
        raise NotFound
    lines = [
        _line(one, known[one.assignment_id].by_id[step_id])
        for one in people
        if step_id in known[one.assignment_id].by_id
    ]
    return Page(place, whole.outline, met, lines)


def _line(place: OnCourse, step: StepStanding) -> Line:
    mark = {State.DONE: "present", State.MISSED: "missed"}.get(step.state, "")
    face = Face(place.person_id, place.person_name)
    return Line(place.assignment_id, face, step.state, mark)


def _marks(page: Page) -> dict[int, bool]:
    """Return the marks of the form; with "the rest were present" for those without one too."""
    rest = request.form.get("act") == "rest"
    found = {}
    for line in page.lines:
        sent = request.form.get(f"mark-{line.assignment_id}", "")
        if sent in MARKS:
            found[line.assignment_id] = MARKS[sent]
        elif rest and line.state is State.OPEN:
            found[line.assignment_id] = True
    return found


def _noted(number: int) -> str:
    if not number:
        return str(_("Nothing had changed."))
    return str(ngettext("Noted for %(num)s person.", "Noted for %(num)s people.", number))


def _render(
    page: Page,
    marks: Mapping[int, bool] | None = None,
    wrong: str = "",
    mistaken: int | None = None,
) -> str:
    typed = {key: "present" if present else "missed" for key, present in (marks or {}).items()}
    starts_at = page.session.dates.meets_at
    return render_template(
        "dates/attendance.html",
        page=page,
        typed=typed,
        wrong=wrong,
        mistaken=mistaken,
        begun=starts_at is not None and starts_at <= web.now(),
        zone=page.place.site_zone,
        may_run=may(web.actor(), Permission.RUN_INTAKES),
        days=days,
    )
