"""Putting an intake or a person on a track, taking them off, moving them to a newer version."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext
from sqlalchemy.orm import Session

from lms.core import web
from lms.core.errors import NotFound
from lms.core.forms import answer
from lms.core.permissions import Permission, requires
from lms.core.worktime import local_date
from lms.courses import planning
from lms.courses.catalogue import queries
from lms.courses.catalogue.forms import AssignForm, ReasonForm
from lms.courses.catalogue.queries import Somebody, Track
from lms.courses.catalogue.rules import Kind, changes
from lms.courses.dates.queries import intake_place
from lms.courses.lessons import days
from lms.courses.models import Assignment, IntakeCourse
from lms.courses.outline import outline
from lms.courses.queries import OnCourse

blueprint = Blueprint("assigning", __name__)

Answer = Response | str | tuple[str, int]

KINDS = {
    Kind.ADDED: (lazy_gettext("New"), "good", "plus"),
    Kind.REMOVED: (lazy_gettext("Gone"), "late", "minus"),
    Kind.CHANGED: (lazy_gettext("New words"), "info", "edit"),
    Kind.MOVED: (lazy_gettext("Another day"), "neutral", "calendar-event"),
}
"""Label, tone and icon of each kind of change."""


@blueprint.post("/intakes/<int:intake_id>/track")
@requires(Permission.RUN_INTAKES)
def assign_intake(intake_id: int) -> Response:
    """Put an intake and its people on a track's newest version."""

    def act(session: Session) -> IntakeCourse:
        return planning.assign_intake(
            session,
            actor=web.actor(),
            intake_id=intake_id,
            course_slug=request.form.get("track", ""),
            now=web.now(),
        )

    return web.submit(
        act, then=f"/intakes/{intake_id}", message=_("The track is set, for everyone in it.")
    )


@blueprint.route("/intakes/<int:intake_id>/track/move", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def move_intake(intake_id: int) -> Answer:
    """Move an intake and its people to the newest version, after showing what changes."""
    place = intake_place(web.session(), intake_id)
    if place is None:
        raise NotFound
    newest = _newest(place)
    people = queries.on_other_versions(
        web.session(), intake_id=intake_id, version_id=newest.version_id
    )

    def move(session: Session, reason: str) -> int:
        return planning.move_intake_to_version(
            session,
            actor=web.actor(),
            intake_id=intake_id,
            version_id=newest.version_id,
            reason=reason,
            now=web.now(),
        )

    return _move_page(
        place,
        newest,
        name=place.intake_name or "",
        back=f"/intakes/{intake_id}",
        people=people,
        move=move,
        moved=lambda number: str(
            ngettext("%(num)s person was moved.", "%(num)s people were moved.", number)
        ),
    )


@blueprint.route("/people/<int:person_id>/track/move", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def move_person(person_id: int) -> Answer:
    """Move one person to the newest version, after showing what changes for them."""
    person, place = _walking(person_id)
    newest = _newest(place)

    def move(session: Session, reason: str) -> int:
        planning.move_to_version(
            session,
            actor=web.actor(),
            assignment_id=place.assignment_id,
            version_id=newest.version_id,
            reason=reason,
            now=web.now(),
        )
        return 1

    return _move_page(
        place,
        newest,
        name=person.name,
        back=f"/people/{person_id}/track",
        people=1,
        move=move,
        moved=lambda _number: str(_("%(name)s was moved.", name=person.name)),
    )


@blueprint.route("/people/<int:person_id>/track/assign", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def assign_person(person_id: int) -> Answer:
    """Put one person on a track from their own start, or take them off one."""
    person = queries.somebody(web.session(), web.actor(), person_id)
    form = AssignForm(data={"starts_on": local_date(web.now(), "UTC")})
    form.track.choices = [(one.slug, one.title) for one in queries.tracks(web.session())]

    def act() -> Response:
        starts_on = form.starts_on.data
        assert starts_on is not None  # asked for by the form
        return web.submit(
            lambda session: _assign(session, person_id, form.track.data, starts_on),
            then=f"/people/{person_id}/track",
            message=_("%(name)s is on the track.", name=person.name),
        )

    return answer(form, act, lambda: _assign_page(person, form, ReasonForm(formdata=None)))


@blueprint.post("/people/<int:person_id>/track/<int:assignment_id>/end")
@requires(Permission.RUN_INTAKES)
def end(person_id: int, assignment_id: int) -> Answer:
    """Take one person off a track, with a reason. What they did stays."""
    person = queries.somebody(web.session(), web.actor(), person_id)
    form = ReasonForm()

    def take_off(session: Session) -> None:
        planning.end_assignment(
            session,
            actor=web.actor(),
            assignment_id=assignment_id,
            why=form.reason.data or "",
            now=web.now(),
        )

    def act() -> Response:
        return web.submit(
            take_off,
            then=url_for(".assign_person", person_id=person_id),
            message=_("%(name)s is off the track. What was done stays.", name=person.name),
        )

    def page() -> str:
        usual = AssignForm(formdata=None, data={"starts_on": local_date(web.now(), "UTC")})
        usual.track.choices = [(one.slug, one.title) for one in queries.tracks(web.session())]
        return _assign_page(person, usual, form, ending=assignment_id)

    open_ids = [one.assignment_id for one in queries.open_tracks(web.session(), person_id)]
    if assignment_id not in open_ids and not web.was_answered():
        raise NotFound
    return answer(form, act, page)


def _assign(session: Session, person_id: int, slug: str, starts_on: date) -> Assignment:
    return planning.assign_person(
        session,
        actor=web.actor(),
        person_id=person_id,
        course_slug=slug,
        starts_on=starts_on,
        now=web.now(),
    )


def _assign_page(person: Somebody, form: AssignForm, reason: ReasonForm, *, ending: int = 0) -> str:
    session = web.session()
    walking = queries.open_tracks(session, person.id)
    newest = {track.course_id: track for track in queries.tracks(session)}
    outlines = {
        one.assignment_id: outline(session, one.version_id, days.page_language(), one.texts_number)
        for one in walking
    }
    return render_template(
        "catalogue/assign.html",
        person=person,
        form=form,
        reason=reason,
        ending=ending,
        walking=walking,
        outlines=outlines,
        newest=newest,
        days=days,
    )


def _walking(person_id: int) -> tuple[Somebody, OnCourse]:
    """Return a person and their newest open track; NotFound without one. Two statements."""
    person = queries.somebody(web.session(), web.actor(), person_id)
    places = queries.open_tracks(web.session(), person_id)
    if not places:
        raise NotFound
    return person, places[0]


def _newest(place: OnCourse) -> Track:
    (found,) = queries.tracks(web.session(), slug=place.course_slug)
    return found


def _move_page(
    place: OnCourse,
    newest: Track,
    *,
    name: str,
    back: str,
    people: int,
    move: Callable[[Session, str], int],
    moved: Callable[[int], str],
) -> Answer:
    """Show what changes between two versions, ask why, and move."""
    session, language = web.session(), days.page_language()
    old = outline(session, place.version_id, language, place.texts_number)
    new = outline(session, newest.version_id, language, newest.texts_number)
    form = ReasonForm()

    def page() -> str:
        return render_template(
            "catalogue/move.html",
            name=name,
            back=back,
            old=old,
            new=new,
            people=people,
            changes=changes(old, new),
            kinds=KINDS,
            form=form,
        )

    def act() -> Response:
        return web.submit(
            lambda writing: move(writing, form.reason.data or ""), then=back, message=moved
        )

    return answer(form, act, page)
