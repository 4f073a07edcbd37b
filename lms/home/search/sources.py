"""What can be found, and by whom. Each source asks the policies of the part it reads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from lms.core.finding import Wanted
from lms.core.i18n import lazy_gettext
from lms.core.pages import Found
from lms.core.permissions import Actor, Permission, may
from lms.courses.addresses import step_address
from lms.courses.models import Course, CourseVersion
from lms.courses.outline import Outline, OutlineStep, outline
from lms.courses.queries import current_track
from lms.home.search import texts
from lms.home.search.pages import PAGES, Page
from lms.people.models import Department, Intake, Person
from lms.people.policy import visible_people

STEP_ICONS = {"read": "book", "watch": "video", "do": "clipboard-check", "meet": "calendar-event"}
KINDS = {
    "steps": lazy_gettext("Steps"),
    "people": lazy_gettext("People"),
    "intakes": lazy_gettext("Intakes"),
    "courses": lazy_gettext("Courses"),
    "pages": lazy_gettext("Pages"),
}


@dataclass(frozen=True)
class _Readable:
    """A course version that somebody may read."""

    outline: Outline
    texts_number: int


def steps(session: Session, actor: Actor, wanted: Wanted, most: int) -> Sequence[Found]:
    """Find steps by title, summary and body: of one's own pinned version, in the page's language.

    Who follows trainees finds those of the newest version of every course. Two statements.
    """
    hits: list[tuple[int, int, Found]] = []
    for course in _readable(session, actor, wanted.language):
        bodies = texts.bodies(
            session, course.outline.version_id, wanted.language, course.texts_number
        )
        for step in course.outline.steps:
            body = bodies.get(step.id, "")
            rank = wanted.rank((step.title, step.summary, body))
            if rank is not None:
                found = _found_step(course.outline, step, wanted, body)
                hits.append((rank, step.position, found))
    return [found for _rank, _position, found in sorted(hits, key=lambda hit: hit[:2])[:most]]


def _found_step(course: Outline, step: OutlineStep, wanted: Wanted, body: str) -> Found:
    return Found(
        title=step.title,
        url=step_address(course.course_slug, step.slug),
        kind=KINDS["steps"],
        excerpt=wanted.excerpt(step.summary) or wanted.excerpt(body) or step.summary,
        icon=STEP_ICONS.get(step.kind, "flag"),
    )


def _readable(session: Session, actor: Actor, language: str) -> Iterable[_Readable]:
    assert actor.person_id is not None
    own = current_track(session, person_id=actor.person_id)
    if own is not None:
        yield _Readable(
            outline(session, own.version_id, language, own.texts_number), own.texts_number
        )
    if may(actor, Permission.FOLLOW_TRAINEES):
        for version_id, texts_number, course_id in _newest_versions(session):
            if own is None or own.course_id != course_id:
                yield _Readable(outline(session, version_id, language, texts_number), texts_number)


def _newest_versions(session: Session) -> Sequence[tuple[int, int, int]]:
    newest = (
        select(CourseVersion.course_id, func.max(CourseVersion.number).label("number"))
        .group_by(CourseVersion.course_id)
        .subquery()
    )
    rows = session.execute(
        select(CourseVersion.id, Course.texts_number, Course.id)
        .join(
            newest,
            (newest.c.course_id == CourseVersion.course_id)
            & (newest.c.number == CourseVersion.number),
        )
        .join(Course, Course.id == CourseVersion.course_id)
        .order_by(Course.kind.desc(), Course.slug)
    )
    return [(version_id, texts, course_id) for version_id, texts, course_id in rows]


def people(session: Session, actor: Actor, wanted: Wanted, most: int) -> Sequence[Found]:
    """Find people by name; who manages people finds them by mail address too. One statement."""
    match: ColumnElement[bool] = wanted.inside(Person.name)
    if may(actor, Permission.MANAGE_PEOPLE):
        match = or_(match, Person.email.contains(wanted.text.lower(), autoescape=True))
    rows = session.execute(
        select(Person.id, Person.name, Department.name)
        .outerjoin(Department, Department.id == Person.department_id)
        .where(visible_people(actor), match)
        .order_by(Person.name, Person.id)
        .limit(most)
    )
    return [
        Found(name, f"/people/{person_id}", KINDS["people"], department or "", "user")
        for person_id, name, department in rows
    ]


def intakes(session: Session, actor: Actor, wanted: Wanted, most: int) -> Sequence[Found]:
    """Find intakes by name, for whoever runs them. One statement."""
    if not may(actor, Permission.RUN_INTAKES):
        return ()
    rows = session.execute(
        select(Intake.id, Intake.name, Intake.starts_on)
        .where(wanted.inside(Intake.name))
        .order_by(Intake.starts_on.desc())
        .limit(most)
    )
    return [
        Found(name, f"/intakes/{intake_id}", KINDS["intakes"], str(starts_on), "users-group")
        for intake_id, name, starts_on in rows
    ]


def courses(session: Session, actor: Actor, wanted: Wanted, most: int) -> Sequence[Found]:
    """Find courses by title, for those who follow trainees. One statement."""
    if not may(actor, Permission.FOLLOW_TRAINEES):
        return ()
    found = []
    for version_id, texts_number, _course_id in _newest_versions(session):
        course = outline(session, version_id, wanted.language, texts_number)
        if wanted.rank((course.title, course.summary)) is not None:
            excerpt = wanted.excerpt(course.summary) or course.summary
            url = f"/courses/{course.course_slug}"
            found.append(Found(course.title, url, KINDS["courses"], excerpt, "school"))
    return found[:most]


def pages(_session: Session, actor: Actor, wanted: Wanted, most: int) -> Sequence[Found]:
    """Find the pages that one may open, by what they are called and what one does there."""
    hits = [
        (rank, page)
        for page in PAGES
        if may(actor, page.permission) and (rank := _page_rank(page, wanted)) is not None
    ]
    return [
        Found(str(page.title), page.url, KINDS["pages"], str(page.words), page.icon)
        for _rank, page in sorted(hits, key=lambda hit: hit[0])[:most]
    ]


def _page_rank(page: Page, wanted: Wanted) -> int | None:
    return wanted.rank((str(page.title), str(page.words)))


SOURCES = (pages, steps, people, intakes, courses)
"""In the order of the result page: what one does, learns, whom one looks for."""
