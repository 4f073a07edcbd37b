"""The page of feedback: how easy each lesson was to learn."""

from flask import Blueprint, render_template, url_for

from lms.core import web
from lms.core.permissions import Permission, requires
from lms.courses.catalogue.queries import tracks
from lms.courses.feedback import queries
from lms.courses.feedback.rules import FEWEST, SCORES
from lms.courses.lessons import days

blueprint = Blueprint("feedback", __name__)


@blueprint.get("/feedback")
@requires(Permission.READ_FEEDBACK)
def index() -> str:
    """Show a track's lessons with their scores and comments."""
    session = web.session()
    typed = web.page_arguments(track="", week=0, intake=0, sort="order")
    choices = tracks(session)
    track = next((one for one in choices if one.slug == typed["track"]), None)
    track = track or (choices[0] if choices else None)
    if track is None:
        return render_template("feedback/none.html")
    found = queries.feedback(
        session,
        actor=web.actor(),
        track=track,
        week=typed["week"],
        intake_id=typed["intake"],
        language=days.page_language(),
    )
    lessons = list(found.lessons)
    if typed["sort"] == "hardest":
        lessons.sort(key=lambda lesson: (lesson.all.mean is None, lesson.all.mean or 0))
    return render_template(
        "feedback/index.html",
        feedback=found,
        lessons=lessons,
        answered=sum(lesson.all.number for lesson in lessons),
        tracks=[(one.slug, one.title) for one in choices],
        track=track,
        typed=typed,
        fewest=FEWEST,
        scores=SCORES,
        days=days,
        everything=url_for(".index", track=track.slug),
    )
