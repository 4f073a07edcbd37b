"""Dates of an intake or a person: all exceptions and sessions on one screen."""

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import web
from lms.core.permissions import Permission, may, requires
from lms.courses import operations as course_operations
from lms.courses.dates import operations, queries, sessions, words
from lms.courses.dates.editing import Answer, exception_form_page, session_form_page
from lms.courses.dates.targets import Target, intake_target, person_target
from lms.courses.lessons import days
from lms.courses.rules import State
from lms.courses.standing import stand

blueprint = Blueprint("dates", __name__)


@blueprint.get("/intakes/<int:intake_id>/dates")
@requires(Permission.RUN_INTAKES)
def of_intake(intake_id: int) -> str:
    """Show what makes the dates of an intake and its people differ, and its sessions."""
    session = web.session()
    if queries.intake_place(session, intake_id) is None:
        name = queries.intake_name(session, intake_id)
        return render_template("dates/no_track.html", name=name, intake_id=intake_id)
    return _page(intake_target(intake_id))


@blueprint.get("/people/<int:person_id>/dates")
@requires(Permission.FOLLOW_TRAINEES)
def of_person(person_id: int) -> str:
    """Show what makes somebody's dates differ, and their sessions; only some may change them."""
    return _page(person_target(person_id))


@blueprint.route(
    "/intakes/<int:intake_id>/dates/<any(shift, pause, unlock, waive, set):kind>",
    methods=["GET", "POST"],
)
@requires(Permission.RUN_INTAKES)
def intake_exception(intake_id: int, kind: str) -> Answer:
    """Make the dates of an intake, or of one of its people, differ."""
    return exception_form_page(intake_target(intake_id), kind)


@blueprint.route(
    "/people/<int:person_id>/dates/<any(shift, pause, unlock, waive, set):kind>",
    methods=["GET", "POST"],
)
@requires(Permission.RUN_INTAKES)
def person_exception(person_id: int, kind: str) -> Answer:
    """Make somebody's dates differ."""
    return exception_form_page(person_target(person_id), kind)


@blueprint.route("/intakes/<int:intake_id>/sessions/<step_slug>", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def intake_session(intake_id: int, step_slug: str) -> Answer:
    """Set when and where an intake meets."""
    return session_form_page(intake_target(intake_id), step_slug)


@blueprint.route("/people/<int:person_id>/sessions/<step_slug>", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def person_session(person_id: int, step_slug: str) -> Answer:
    """Set when and where one person meets, apart from their intake."""
    return session_form_page(person_target(person_id), step_slug)


@blueprint.post("/dates/<int:exception_id>/withdraw")
@requires(Permission.RUN_INTAKES)
def withdraw(exception_id: int) -> Response:
    """Take an exception back and return to the screen that showed it."""

    def act(session: Session) -> None:
        operations.withdraw_exception(
            session, actor=web.actor(), exception_id=exception_id, now=web.now()
        )

    return web.submit(
        act,
        then=web.own_path(request.form.get("back"), url_for("board.index")),
        message=_("Taken back: dates follow as before."),
    )


@blueprint.post("/people/<int:person_id>/sessions/<step_slug>/attendance")
@requires(Permission.FOLLOW_TRAINEES)
def note_presence(person_id: int, step_slug: str) -> Response:
    """Write down whether one person was at a session."""
    target = person_target(person_id)
    one = queries.situation(web.session(), target.place, language="en")
    step = sessions.step_of(one.outline, step_slug)
    present = request.form.get("present") == "1"

    def act(session: Session) -> State:
        return course_operations.note_attendance(
            session,
            actor=web.actor(),
            assignment_id=target.place.assignment_id,
            step_id=step.id,
            attended=present,
            now=web.now(),
        )

    return web.submit(act, then=target.url, message=_("Attendance is noted."))


def _page(target: Target) -> str:
    session = web.session()
    one = queries.situation(session, target.place, language=days.page_language())
    rows = queries.exceptions(session, web.actor(), target.place)
    return render_template(
        "dates/index.html",
        target=target,
        standing=stand(one.outline, one.frame, one.settled, web.now()),
        in_force=[row for row in rows if row.withdrawn_at is None],
        withdrawn=[row for row in rows if row.withdrawn_at is not None],
        sessions=sessions.sessions(session, target.place, one),
        zone=target.place.site_zone,
        may_change=may(web.actor(), Permission.RUN_INTAKES),
        words=words,
        days=days,
    )
