"""Track pages, "why not done", step pages and what a trainee does on them."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, render_template, url_for
from flask_login import current_user
from sqlalchemy.orm import Session

from lms.core import files, refusals, web
from lms.core.errors import NotFound, Refused
from lms.core.files import Picture
from lms.core.forms import blame
from lms.core.i18n import gettext as _
from lms.core.permissions import Permission, requires
from lms.courses import operations as acts
from lms.courses.lessons import operations, pages, queries
from lms.courses.lessons.calendar_file import session_calendar
from lms.courses.lessons.days import page_language
from lms.courses.lessons.files import send_kept
from lms.courses.lessons.forms import ClaimForm, EffortForm
from lms.courses.lessons.rows import Reader
from lms.courses.lessons.step_page import Mine, load_mine, mine_page, preview_page
from lms.courses.queries import standing
from lms.courses.rules import State
from lms.courses.standing import Standing
from lms.people import policy as people_policy
from lms.people.models import Person
from lms.people.ties import ties

blueprint = Blueprint("lessons", __name__)

_STALE = frozenset({"step_state", "step_locked", "step_waived", "course_ended"})
"""Refusals that mean: the step is not as it was when the form was opened."""


@blueprint.get("/track")
@requires(Permission.MEMBER)
def track() -> str:
    """Show one's own weeks."""
    return _track_page(web.actor().person_id or 0, "lessons/track.html", pages.weeks)


@blueprint.get("/track/why")
@requires(Permission.MEMBER)
def why() -> str:
    """Say which steps of one's own track still count as open, and why."""
    return _track_page(web.actor().person_id or 0, "lessons/why.html", pages.why_groups)


@blueprint.get("/people/<int:person_id>/track")
@requires(Permission.MEMBER)
def track_of(person_id: int) -> str:
    """Show a trainee's weeks to those beside them, with the same numbers."""
    return _track_page(person_id, "lessons/track.html", pages.weeks)


@blueprint.get("/people/<int:person_id>/track/why")
@requires(Permission.MEMBER)
def why_of(person_id: int) -> str:
    """Say which steps of a trainee's track still count as open, and why."""
    return _track_page(person_id, "lessons/why.html", pages.why_groups)


@blueprint.get("/steps/<course_slug>/<step_slug>")
@requires(Permission.MEMBER)
def step(course_slug: str, step_slug: str) -> str:
    """Show a step: one's own on the version begun, or the newest to those who teach."""
    mine = load_mine(course_slug, step_slug)
    if mine is not None:
        return mine_page(mine, after=web.page_arguments(after="")["after"])
    return preview_page(course_slug, step_slug)


@blueprint.get("/steps/<course_slug>/<step_slug>/<any(done, claim, withdraw, effort):_act>")
@requires(Permission.MEMBER)
def acted(course_slug: str, step_slug: str, _act: str) -> Response:
    """Lead somebody who reloads a form's address back to its page."""
    return web.see_other(url_for(".step", course_slug=course_slug, step_slug=step_slug))


@blueprint.post("/steps/<course_slug>/<step_slug>/done")
@requires(Permission.MEMBER)
def done(course_slug: str, step_slug: str) -> Response:
    """Finish a lesson or video and go on to the next step, or to Today."""
    mine = _mine(course_slug, step_slug)

    def finish(session: Session) -> State:
        return acts.finish_step(
            session,
            actor=web.actor(),
            assignment_id=mine.place.assignment_id,
            step_id=mine.step.step.id,
            now=web.now(),
        )

    after = queries.following(mine.standing, mine.step.step.id)
    then = "/"
    if after is not None:
        then = url_for(".step", course_slug=course_slug, step_slug=after.step.slug, after=step_slug)
    return web.submit(finish, then=then, message=_("Done: %(title)s", title=mine.step.step.title))


@blueprint.post("/steps/<course_slug>/<step_slug>/claim")
@requires(Permission.MEMBER)
def claim(course_slug: str, step_slug: str) -> Response | tuple[str, int]:
    """Say that a task is done, with a note or a photo."""
    mine = _mine(course_slug, step_slug)
    form = ClaimForm()
    try:
        picture = form.picture() if form.validate() else None
        if form.errors:
            return mine_page(mine, claim=form), 422
        digest = _write(picture)

        def act(session: Session) -> State:
            return acts.claim_task(
                session,
                actor=web.actor(),
                assignment_id=mine.place.assignment_id,
                step_id=mine.step.step.id,
                note=form.note.data or "",
                file_id=_keep(session, picture, digest),
                now=web.now(),
            )

        return web.submit(
            act, then=_page_of(mine), message=_("Claimed. You will hear when it is decided.")
        )
    except Refused as error:
        again = _mine(course_slug, step_slug)
        if error.code in _STALE:
            return mine_page(again, claim=form, problem=refusals.sentence(error)), 409
        error.field = error.field or ("photo" if error.code.startswith("picture_") else None)
        blame(form, error)
        return mine_page(again, claim=form), 422


@blueprint.post("/steps/<course_slug>/<step_slug>/withdraw")
@requires(Permission.MEMBER)
def withdraw(course_slug: str, step_slug: str) -> Response:
    """Take a claim back before it is decided."""
    mine = _mine(course_slug, step_slug)

    def act(session: Session) -> State:
        return acts.withdraw_claim(
            session,
            actor=web.actor(),
            assignment_id=mine.place.assignment_id,
            step_id=mine.step.step.id,
            now=web.now(),
        )

    return web.submit(act, then=_page_of(mine), message=_("Your claim is taken back."))


@blueprint.post("/steps/<course_slug>/<step_slug>/effort")
@requires(Permission.MEMBER)
def effort(course_slug: str, step_slug: str) -> Response | tuple[str, int]:
    """Keep how easy a lesson was to learn."""
    mine = _mine(course_slug, step_slug)
    form = EffortForm()
    if not form.validate():
        return mine_page(mine, effort=form), 422

    def act(session: Session) -> object:
        return operations.rate_lesson(
            session,
            actor=web.actor(),
            assignment_id=mine.place.assignment_id,
            step_id=mine.step.step.id,
            score=form.effort.data or 0,
            comment=form.comment.data or "",
            now=web.now(),
        )

    then = web.own_path(web.page_arguments(then="")["then"], _page_of(mine))
    try:
        return web.submit(act, then=then, message=_("Thank you, that helps to make it better."))
    except Refused as error:
        blame(form, error)
        return mine_page(_mine(course_slug, step_slug), effort=form), 422


@blueprint.get("/steps/<course_slug>/<step_slug>/session.ics")
@requires(Permission.MEMBER)
def session_file(course_slug: str, step_slug: str) -> Response:
    """Send one's own session as a file that calendars take."""
    mine = _mine(course_slug, step_slug)
    if mine.step.dates.meets_at is None:
        raise NotFound
    page = web.belay().config.base_url + url_for(
        ".step", course_slug=course_slug, step_slug=step_slug
    )
    response = Response(session_calendar(mine, page, web.now()), mimetype="text/calendar")
    response.headers["Content-Disposition"] = f'attachment; filename="{mine.step.step.slug}.ics"'
    return response


@blueprint.get("/media/<sha256>")
@requires(Permission.MEMBER)
def medium(sha256: str) -> Response:
    """Send a picture or video that belongs to a course."""
    found = queries.course_file(web.session(), sha256=sha256[:64])
    if found is None:
        raise NotFound
    return send_kept(found)


def _track_page(
    person_id: int, template: str, show: Callable[[Standing, Reader, datetime], object]
) -> str:
    """Put a track page together. Five statements beside the viewer's."""
    session, actor = web.session(), web.actor()
    mine = person_id == actor.person_id
    place = queries.track_of(session, actor=actor, person_id=person_id)
    if place is None:
        if not people_policy.follows(session, actor, person_id):
            raise NotFound
        name = current_user.name if mine else session.get_one(Person, person_id).name
        return render_template("lessons/no_track.html", mine=mine, name=name, person_id=person_id)
    whole = standing(session, place, language=page_language(), now=web.now())
    reader = Reader(
        zone=current_user.time_zone,
        site_zone=place.site_zone,
        course_slug=place.course_slug,
        beside=ties(session, [person_id])[person_id],
        mine=mine,
        assignment_id=place.assignment_id,
    )
    return render_template(
        template,
        place=place,
        standing=whole,
        mine=mine,
        ended=place.ended_at is not None,
        shown=show(whole, reader, web.now()),
    )


def _mine(course_slug: str, step_slug: str) -> Mine:
    """Return the signed-in person's own step; raise NotFound when they are not on the course."""
    found = load_mine(course_slug, step_slug)
    if found is None:
        raise NotFound
    return found


def _page_of(mine: Mine) -> str:
    return url_for(
        ".step", course_slug=mine.place.course_slug, step_slug=mine.step.step.slug, _anchor="end"
    )


def _write(picture: Picture | None) -> str:
    """Write a photo before the transaction, so that a row never points to nothing."""
    if picture is None:
        return ""
    return files.write_content(web.belay().config.files_dir, picture.content)


def _keep(session: Session, picture: Picture | None, digest: str) -> int | None:
    if picture is None:
        return None
    row = files.keep(
        session,
        digest=digest,
        media_type=picture.media_type,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        now=web.now(),
    )
    return row.id
