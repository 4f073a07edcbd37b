"""The page of one step: the signed-in trainee's own, or a preview for those who teach."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import render_template
from flask_login import current_user

from lms.core import web
from lms.core.errors import NotFound
from lms.core.i18n import direction
from lms.core.permissions import Permission, may
from lms.courses.addresses import medium_address
from lms.courses.bodies import body, media
from lms.courses.lessons import elsewhere, pages, queries, rows
from lms.courses.lessons.days import day, page_language
from lms.courses.lessons.forms import ClaimForm, EffortForm
from lms.courses.lessons.rows import Reader, Row
from lms.courses.outline import Outline, OutlineStep
from lms.courses.queries import OnCourse, standing
from lms.courses.rules import State
from lms.courses.standing import Standing, StepStanding, Timing


@dataclass(frozen=True)
class Mine:
    """A step of the signed-in person's own course."""

    place: OnCourse
    standing: Standing
    step: StepStanding
    texts_number: int


def load_mine(course_slug: str, step_slug: str) -> Mine | None:
    """Return the signed-in person's step, None when they are not on the course.

    NotFound when their version has no such step. Four statements.
    """
    session = web.session()
    person_id = web.actor().person_id or 0
    place = queries.place_on(session, person_id=person_id, course_slug=course_slug)
    if place is None:
        return None
    whole = standing(session, place, language=page_language(), now=web.now())
    found = whole.outline.by_slug(step_slug)
    if found is None:
        raise NotFound
    return Mine(place, whole, whole.by_id[found.id], place.texts_number)


def mine_page(
    mine: Mine,
    *,
    claim: ClaimForm | None = None,
    effort: EffortForm | None = None,
    after: str = "",
    problem: str = "",
) -> str:
    """Return the page of one's own step. One statement beside those of `load_mine`.

    `problem` says why a claim could not be taken: then its words are shown to be copied.
    """
    place, step, whole = mine.place, mine.step, mine.standing
    around = queries.around(web.session(), place, step)
    reader = Reader(
        zone=current_user.time_zone,
        site_zone=place.site_zone,
        course_slug=place.course_slug,
        beside=around.beside,
        assignment_id=place.assignment_id,
    )
    is_open = step.done or step.timing is not Timing.LOCKED
    return render_template(
        "lessons/step.html",
        **_frame(whole.outline, step.step, place.texts_number, readable=is_open),
        place=place,
        standing=whole,
        state=step.state.value,
        word=rows.state_word(step, whole),
        is_open=is_open,
        opens=day(step.dates.opens_on),
        may_act=is_open and place.ended_at is None and not step.waived,
        waived=step.dates.waived if not step.done else None,
        due=rows.due_sentence(step, reader) if step.timing is not Timing.SETTLED else "",
        meeting=pages.session_of(step, reader, around.host_name, web.now()),
        confirmers=rows.confirmers(step.step, around.beside),
        since=rows.waiting_since(step, reader) if step.state is State.CLAIMED else "",
        returned=around.history[-1] if step.state is State.RETURNED else None,
        again=day(step.last.follow_up_on) if step.last and step.last.follow_up_on else "",
        history=pages.history(around.history, reader, web.actor().person_id),
        day_rows=_day_rows(mine, reader),
        claim=claim or ClaimForm(formdata=None),
        problem=problem,
        effort=effort,
        score=around.effort,
        comment=around.effort_comment,
        finished=_just_finished(whole, after),
        on=queries.following(whole, step.step.id),
    )


def preview_page(course_slug: str, step_slug: str) -> str:
    """Return the newest version of a step for those who teach or follow; NotFound for others."""
    if not (
        may(web.actor(), Permission.FOLLOW_TRAINEES) or may(web.actor(), Permission.RUN_INTAKES)
    ):
        raise NotFound
    found = queries.preview(web.session(), course_slug=course_slug, language=page_language())
    step = found.outline.by_slug(step_slug) if found is not None else None
    if found is None or step is None:
        raise NotFound
    return render_template(
        "lessons/preview.html", **_frame(found.outline, step, found.texts_number, readable=True)
    )


def _frame(
    outline: Outline, step: OutlineStep, texts_number: int, *, readable: bool
) -> dict[str, Any]:
    """Return what own step and preview have in common."""
    previous, following = pages.neighbours(outline, step)
    shown = None
    if readable:
        shown = body(web.session(), step.version_id, page_language(), texts_number)
    return {
        "outline": outline,
        "step": step,
        "body": shown,
        "direction_of": direction,
        "video": _video(outline, step) if readable else None,
        "kind_page": elsewhere.page_of(step.kind),
        "previous": previous,
        "following": following,
    }


@dataclass(frozen=True)
class Video:
    """What a watch step shows: a file of the course, or a page elsewhere."""

    url: str
    media_type: str
    """Empty for a page elsewhere."""
    host: str


def _video(outline: Outline, step: OutlineStep) -> Video | None:
    if step.kind != "watch" or step.ref is None:
        return None
    if not step.ref.startswith("media/"):
        return Video(step.ref, "", urlsplit(step.ref).hostname or "")
    medium = media(web.session(), outline.version_id).get(step.ref)
    return Video(medium_address(medium.sha256), medium.media_type, "") if medium else None


def _day_rows(mine: Mine, reader: Reader) -> list[Row]:
    """Return the steps of the same day, for the list beside the lesson."""
    here = mine.step.step
    return [
        rows.row(s, mine.standing, reader, web.now())
        for s in mine.standing.steps
        if (s.step.week, s.step.day) == (here.week, here.day)
    ]


def _just_finished(whole: Standing, slug: str) -> StepStanding | None:
    """Return the step that the reader comes from, if it is done: its effort may be asked."""
    step = whole.outline.by_slug(slug) if slug else None
    found = whole.by_id[step.id] if step is not None else None
    return found if found is not None and found.done else None
