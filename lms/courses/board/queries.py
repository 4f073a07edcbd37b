"""Reads of the board. Numbers are worked out from facts each time; nothing is stored."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from lms.core.finding import Wanted
from lms.core.models import StoredFile
from lms.core.permissions import Actor, Role
from lms.core.worktime import moment
from lms.courses import policy
from lms.courses.board.rules import Face, Row, in_order, pace
from lms.courses.models import Assignment, Course, CourseVersion
from lms.courses.queries import OnCourse, on_course, standings
from lms.courses.standing import (
    ESCALATE_AFTER_WORKING_DAYS,
    STUCK_AFTER_WORKING_DAYS,
    Standing,
)
from lms.people.models import Coaching, Intake, Person, Site
from lms.people.ties import Other, ties

PAGE = 50
MOST = 1000
"""People whose standing one page works out; beyond, the board pages by name."""
RECENT = timedelta(weeks=12)
"""Who began earlier is shown on request."""


@dataclass(frozen=True)
class Filter:
    """What the board shows. Zero and empty mean everything."""

    name: str = ""
    intake: int = 0
    site: int = 0
    coach: int = 0
    state: str = ""
    earlier: bool = False
    sort: str = "behind"


@dataclass(frozen=True)
class Options:
    """What can be filtered by: ids and names."""

    intakes: Sequence[tuple[int, str]]
    sites: Sequence[tuple[int, str]]
    coaches: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Board:
    """One page of the board."""

    rows: Sequence[Row]
    coaches: dict[int, Sequence[Other]]
    """By person id, for the rows."""
    total: int
    """How many people the filter shows; all in scope when there are too many to work out."""
    page: int
    pages: int
    by_name_only: bool
    """Whether there are too many people to sort and filter by how they are doing."""
    not_shown: int
    """How many began before `since` and are left out."""
    since: date
    options: Options

    @property
    def weeks(self) -> int:
        """Return the greatest number of weeks among the rows."""
        return max((len(row.standing.outline.weeks) for row in self.rows), default=0)


def board(
    session: Session,
    *,
    actor: Actor,
    chosen: Filter,
    page: int,
    language: str,
    now: datetime,
) -> Board:
    """Return a page of the people whom the actor follows, by week. Seven statements."""
    since = (now - RECENT).date()
    recent = _began_since(since)
    scope = and_(*_scope(actor, chosen))
    in_scope, of_late = _counts(session, scope, recent)
    shown = in_scope if chosen.earlier else of_late
    condition = scope if chosen.earlier else and_(scope, recent)
    by_name_only = shown > MOST
    if by_name_only:
        pages = _pages(shown)
        page = min(max(page, 1), pages)
        query = _by_name(condition).limit(PAGE).offset((page - 1) * PAGE)
        rows = _rows(session, query, language=language, now=now)
    else:
        found = _rows(session, _by_name(condition), language=language, now=now)
        matching = [row for row in found if not chosen.state or row.matches(chosen.state)]
        shown, pages = len(matching), _pages(len(matching))
        page = min(max(page, 1), pages)
        rows = in_order(matching, chosen.sort)[(page - 1) * PAGE : page * PAGE]
    beside = ties(session, [row.face.id for row in rows])
    return Board(
        rows=rows,
        coaches={person_id: found.coaches for person_id, found in beside.items()},
        total=shown,
        page=page,
        pages=pages,
        by_name_only=by_name_only,
        not_shown=0 if chosen.earlier else in_scope - of_late,
        since=since,
        options=_options(session, actor, None if chosen.earlier else recent),
    )


def all_rows(
    session: Session, *, actor: Actor, chosen: Filter, language: str, now: datetime
) -> Iterator[tuple[Row, Sequence[Other]]]:
    """Give every row that the filter shows, with the coaches, some hundred at a time.

    In the board's order, or by name when there are too many to sort. Five statements for every
    thousand people, and one more.
    """
    recent = _began_since((now - RECENT).date())
    scope = and_(*_scope(actor, chosen))
    condition = scope if chosen.earlier else and_(scope, recent)
    ids = session.scalars(_by_name(condition).with_only_columns(Assignment.id)).all()
    for first in range(0, len(ids), MOST):
        query = _by_name(Assignment.id.in_(ids[first : first + MOST]))
        found = _rows(session, query, language=language, now=now)
        rows = [row for row in found if not chosen.state or row.matches(chosen.state)]
        if len(ids) <= MOST:
            rows = in_order(rows, chosen.sort)
        beside = ties(session, [row.face.id for row in rows])
        for row in rows:
            yield row, beside[row.face.id].coaches


@dataclass(frozen=True)
class Stuck:
    """Somebody whose oldest missed step is late by enough days to be helped."""

    face: Face
    intake_name: str | None
    late_days: int
    late_steps: int
    step_title: str
    """The oldest step that is late."""
    due_on: date | None
    coaches: Sequence[Other]

    @property
    def url(self) -> str:
        """Return the page that shows where the person stands."""
        return f"/people/{self.face.id}/track"


def stuck(session: Session, *, actor: Actor, now: datetime, language: str) -> list[Stuck]:
    """Return the actor's people who are stuck, the longest first, at most MOST looked at.

    Late by two working days for coaches and trainers, by four for somebody who is only their
    manager. Looks at people who began in the last twelve weeks. Five statements.
    """
    only_manager = actor.has(Role.MANAGER) and not actor.has(Role.COACH, Role.TRAINER, Role.ADMIN)
    least = ESCALATE_AFTER_WORKING_DAYS if only_manager else STUCK_AFTER_WORKING_DAYS
    condition = and_(*_scope(actor, Filter()), _began_since((now - RECENT).date()))
    query = _with_photo(condition).order_by(Assignment.id.desc()).limit(MOST)
    rows = [
        row
        for row in _rows(session, query, language=language, now=now)
        if row.standing.late_days >= least
    ]
    beside = ties(session, [row.face.id for row in rows]) if rows else {}
    return [_stuck(row, beside[row.face.id].coaches) for row in in_order(rows, "behind")]


def _stuck(row: Row, coaches: Sequence[Other]) -> Stuck:
    late = row.standing.late
    oldest = min(late, key=lambda step: (step.dates.due_on or date.max, step.step.position))
    return Stuck(
        face=row.face,
        intake_name=row.intake_name,
        late_days=row.standing.late_days,
        late_steps=len(late),
        step_title=oldest.step.title,
        due_on=oldest.dates.due_on,
        coaches=coaches,
    )


def _rows(
    session: Session, query: Select[*tuple[Any, ...]], *, language: str, now: datetime
) -> list[Row]:
    """Return rows of a select that `_with_photo` made. Four statements."""
    places: list[OnCourse] = []
    photos: list[str | None] = []
    for *place, photo in session.execute(query):
        places.append(OnCourse(*place))
        photos.append(photo)
    known = standings(session, places, language=language, now=now)
    return [
        _row(place, photo, known[place.assignment_id])
        for place, photo in zip(places, photos, strict=True)
    ]


def _row(place: OnCourse, photo: str | None, standing: Standing) -> Row:
    return Row(
        assignment_id=place.assignment_id,
        face=Face(place.person_id, place.person_name, photo),
        email=place.person_email,
        intake_name=place.intake_name,
        starts_on=place.start,
        standing=standing,
        pace=pace(standing),
    )


def _with_photo(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    """Return the select of places with, in a last column, the person's picture."""
    return (
        on_course()
        .add_columns(StoredFile.sha256)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(condition)
    )


def _by_name(condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    return _with_photo(condition).order_by(Person.name, Assignment.id)


def _scope(actor: Actor, chosen: Filter) -> list[ColumnElement[bool]]:
    """Return the conditions on the people whom the actor follows and the filter shows."""
    found: list[ColumnElement[bool]] = [
        Course.kind == "track",
        # Who was taken off a track has a reason; who finished it stays in view.
        or_(Assignment.ended_at.is_(None), Assignment.ended_why.is_(None)),
        Person.deactivated_at.is_(None),
    ]
    if not actor.is_system:
        found += [policy.visible_assignments(actor), Assignment.person_id != actor.person_id]
    if chosen.intake:
        found.append(Assignment.intake_id == chosen.intake)
    if chosen.site:
        found.append(Assignment.site_id == chosen.site)
    if chosen.coach:
        found.append(
            Assignment.person_id.in_(
                select(Coaching.person_id).where(
                    Coaching.coach_id == chosen.coach, Coaching.until_at.is_(None)
                )
            )
        )
    if chosen.name:
        found.append(Wanted.of(chosen.name, "").inside(Person.name))
    return found


def _began_since(since: date) -> ColumnElement[bool]:
    """Return the condition that a person's weeks began on this day or later (or will begin)."""
    return or_(
        Assignment.starts_on >= since,
        Intake.starts_on >= since,
        and_(
            Assignment.starts_on.is_(None),
            Assignment.intake_id.is_(None),
            Assignment.assigned_at >= moment(since, time(), "UTC"),
        ),
    )


def _counts(
    session: Session, scope: ColumnElement[bool], recent: ColumnElement[bool]
) -> tuple[int, int]:
    """Return how many are in scope, and how many of them began of late. One statement."""
    total, of_late = session.execute(
        select(func.count(), func.count(case((recent, 1))))
        .select_from(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .join(Course, Course.id == Assignment.course_id)
        .outerjoin(Intake, Intake.id == Assignment.intake_id)
        .where(scope)
    ).one()
    return total, of_late


def _pages(count: int) -> int:
    return max(1, -(-count // PAGE))


def _options(session: Session, actor: Actor, recent: ColumnElement[bool] | None) -> Options:
    """Return what the people in scope can be filtered by. One statement."""
    conditions = _scope(actor, Filter())
    people = (
        select(Assignment.person_id, Assignment.intake_id, Assignment.site_id)
        .join(Person, Person.id == Assignment.person_id)
        .join(Course, Course.id == Assignment.course_id)
        .outerjoin(Intake, Intake.id == Assignment.intake_id)
        .where(*conditions, *([] if recent is None else [recent]))
        .cte("people")
    )
    coach = (
        select(Coaching.coach_id)
        .join(people, people.c.person_id == Coaching.person_id)
        .where(Coaching.until_at.is_(None))
    )
    rows = session.execute(
        union_all(
            select(literal("intake").label("kind"), Intake.id, Intake.name, Intake.starts_on).where(
                Intake.id.in_(select(people.c.intake_id))
            ),
            select(literal("site"), Site.id, Site.name, cast(null(), Date)).where(
                Site.id.in_(select(people.c.site_id))
            ),
            select(literal("coach"), Person.id, Person.name, cast(null(), Date)).where(
                Person.id.in_(coach)
            ),
        )
    ).all()
    of = {kind: [row for row in rows if row[0] == kind] for kind in ("intake", "site", "coach")}
    intakes = sorted(of["intake"], key=lambda row: (-row[3].toordinal(), row[2].casefold()))
    return Options(
        intakes=[(row[1], row[2]) for row in intakes],
        sites=sorted(((row[1], row[2]) for row in of["site"]), key=_by_words),
        coaches=sorted(((row[1], row[2]) for row in of["coach"]), key=_by_words),
    )


def _by_words(choice: tuple[int, str]) -> str:
    return choice[1].casefold()


def longest_track(session: Session) -> int:
    """Return how many weeks the longest track has had in any version. One statement."""
    return session.scalar(select(func.max(func.json_array_length(CourseVersion.weeks)))) or 0
