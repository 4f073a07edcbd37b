"""Fills an empty database with the demo company, relative to the demo's own today."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.clock import Clock
from lms.core.config import Config
from lms.core.db import Database
from lms.core.passwords import hash_password
from lms.core.permissions import SYSTEM, Actor, Role
from lms.core.worktime import Calendar
from lms.courses import planning
from lms.courses.material.importing import import_course
from lms.courses.material.reading import read_course
from lms.courses.models import Assignment, Step
from lms.courses.outline import Outline, outline
from lms.courses.queries import OnCourse, on_course
from lms.courses.schedule import Frame
from lms.demo.company import SITES, STAFF, House, Planned, build_house, hire, people_names
from lms.demo.history import Walker, walk
from lms.people.account.operations import make_link
from lms.people.calendars import site_calendar
from lms.people.ties import ties

PASSWORD = "northfold-demo"  # noqa: S105 - the demo's password is printed on its sign-in page
COURSES = Path(__file__).parent.parent.parent / "courses"
SMALL = 60
NEXT_INTAKE = 6
_CHUNK = 500

Progress = Callable[[str], None]


def fill(
    database: Database, config: Config, clock: Clock, *, people: int = SMALL, progress: Progress
) -> None:
    """Write the demo company with about `people` people into an empty database.

    One intake each in weeks 1, 2 and 3 and one that finished last month; the rest are sellers
    from earlier intakes with their whole history.
    """
    now = clock.now()
    chance = random.Random(41)
    password_hash = hash_password(PASSWORD)
    progress("Building the house: sites, categories, staff")
    with database.writing() as session:
        house = build_house(session, password_hash, now)
        trainer = Actor(house.staff["trainer@demo.test"], frozenset({Role.TRAINER}))
    progress("Bringing in the starter curriculum")
    with database.writing() as session:
        source, problems = read_course(COURSES / "onboarding")
        if problems:
            raise ValueError(f"the starter curriculum has problems: {problems[:3]}")
        import_course(session, actor=SYSTEM, source=source, files_dir=config.files_dir, now=now)
    names = people_names()
    today = now.date()
    for planned in _intakes(today, max(people, SMALL)):
        progress(f"Hiring the {planned.name} intake: {planned.people} people")
        _run_intake(database, house, trainer, planned, names, password_hash, now, chance)
    progress("Hiring the next intake and inviting some of it")
    with database.writing() as session:
        _announce_next(session, house, trainer, names, now, chance)
    progress("Writing down exceptions")
    with database.writing() as session:
        _make_exceptions(session, trainer, now)


def _intakes(today: date, people: int) -> list[Planned]:
    """Return the intakes: three that walk now, one of last month, older ones as needed."""
    size = max(6, min(60, people // 8))
    plan = [
        _plan("this-week", today, 2, 0, size, "trainee@demo.test"),
        _plan("week-two", today, 7, 1, size),
        _plan("week-three", today, 12, 0, size, "trainee3@demo.test"),
        _plan("last-month", today, 33, 2, size),
    ]
    left, number = people - sum(p.people for p in plan) - len(STAFF) - NEXT_INTAKE, 0
    while left > 0:
        number += 1
        count = min(left, _CHUNK)
        plan.append(_plan(f"earlier-{number}", today, 33 + 20 * number, number % 3, count))
        left -= count
    return plan


def _plan(
    slug: str, today: date, working_days_ago: int, site: int, people: int, star: str | None = None
) -> Planned:
    """Return an intake that began so many of its site's working days ago."""
    _, _, zone, _, weekdays = SITES[site]
    calendar = Calendar(zone, frozenset(int(digit) for digit in weekdays))
    starts_on = calendar.day_at(today, -working_days_ago)
    return Planned(slug, _name(starts_on), starts_on, site, people, star)


def _name(starts_on: date) -> str:
    return f"{starts_on.day} {starts_on:%B %Y}"


def _run_intake(
    database: Database,
    house: House,
    trainer: Actor,
    planned: Planned,
    names: Iterator[tuple[str, str]],
    password_hash: str,
    now: datetime,
    chance: random.Random,
) -> None:
    began = now - timedelta(days=(now.date() - planned.starts_on).days + 5)
    with database.writing() as session:
        intake_id, _ = hire(
            session, house, planned, planned.people, names, password_hash, began, chance
        )
        assert intake_id is not None
        planning.assign_intake(
            session, actor=trainer, intake_id=intake_id, course_slug="onboarding", now=began
        )
        places = _places(session, intake_id)
        course = outline(session, places[0].version_id, "en", 0)
        walkers = _walkers(session, house, course, places, planned, chance)
        walk(session, course, walkers, now, seed=intake_id)
        if (now.date() - planned.starts_on).days > 28:
            session.execute(
                update(Assignment)
                .where(Assignment.intake_id == intake_id)
                .values(
                    ended_at=now - timedelta(days=(now.date() - planned.starts_on).days - 25),
                )
            )


def _announce_next(
    session: Session,
    house: House,
    trainer: Actor,
    names: Iterator[tuple[str, str]],
    now: datetime,
    chance: random.Random,
) -> None:
    """Hire the intake of next week: nobody in yet, some invited, one too long ago."""
    starts_on = Calendar("UTC").day_at(now.date(), 5)
    planned = Planned("next", _name(starts_on), starts_on, 0, NEXT_INTAKE)
    intake_id, ids = hire(session, house, planned, NEXT_INTAKE, names, None, now, chance)
    assert intake_id is not None
    planning.assign_intake(
        session, actor=trainer, intake_id=intake_id, course_slug="onboarding", now=now
    )
    for person_id, days_ago in zip(ids, (2, 2, 1, 20), strict=False):
        make_link(
            session,
            actor=SYSTEM,
            person_id=person_id,
            purpose="invite",
            now=now - timedelta(days=days_ago),
        )


def _places(session: Session, intake_id: int) -> list[OnCourse]:
    rows = session.execute(
        on_course().where(Assignment.intake_id == intake_id).order_by(Assignment.id)
    )
    return [OnCourse(*row) for row in rows]


def _walkers(
    session: Session,
    house: House,
    course: Outline,
    places: Sequence[OnCourse],
    planned: Planned,
    chance: random.Random,
) -> list[Walker]:
    beside = ties(session, [place.person_id for place in places])
    finished = planned.slug.startswith(("last-month", "earlier"))
    calendar = site_calendar(session, places[0].site_id, places[0].company_version)
    walkers = []
    for place in places:
        own = beside[place.person_id]
        star = place.person_email if place.person_email == planned.star else None
        walkers.append(
            Walker(
                assignment_id=place.assignment_id,
                person_id=place.person_id,
                coach_id=own.coaches[0].id if own.coaches else house.by_role[Role.COACH][0],
                trainer_id=house.by_role[Role.TRAINER][0],
                manager_id=own.manager.id if own.manager else house.by_role[Role.MANAGER][0],
                mentor_id=chance.choice(house.by_role[Role.MENTOR]),
                frame=Frame(starts_on=place.start, own_start=place.start, calendar=calendar),
                pace=1.0 if finished or star else chance.choice((0.97, 0.95, 0.9, 0.85, 0.55)),
                star=star,
            )
        )
    return walkers


def _make_exceptions(session: Session, trainer: Actor, now: datetime) -> None:
    """Make one exception of each usual kind, so that the screen shows what it is for."""
    rows = session.execute(on_course().where(Assignment.ended_at.is_(None)).order_by(Assignment.id))
    places = [OnCourse(*row) for row in rows]
    fitting_rooms = session.scalar(select(Step.id).where(Step.slug == "fitting-rooms"))
    late, ill, known = places[2], places[8 % len(places)], places[3]
    planning.make_exception(
        session,
        actor=trainer,
        scope=planning.Scope(assignment_id=late.assignment_id),
        kind="shift",
        days=1,
        reason="First day moved: the train from the coast did not run.",
        now=now - timedelta(days=1),
    )
    planning.make_exception(
        session,
        actor=trainer,
        scope=planning.Scope(assignment_id=ill.assignment_id),
        kind="pause",
        from_on=now.date() - timedelta(days=2),
        until_on=now.date() - timedelta(days=1),
        reason="Two days ill.",
        now=now - timedelta(days=1),
    )
    if fitting_rooms is not None:
        planning.make_exception(
            session,
            actor=trainer,
            scope=planning.Scope(assignment_id=known.assignment_id),
            kind="waive",
            step_id=fitting_rooms,
            reason="Built fitting rooms for two seasons at Old Mill.",
            now=now - timedelta(days=1),
        )
