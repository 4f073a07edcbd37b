"""What comes round: telling of late steps, and closing courses that are over.

Of a late step the trainee hears first, then the coach, then the manager; once for each due date.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.permissions import SYSTEM
from lms.courses import finishing
from lms.courses.models import Assignment, Course
from lms.courses.outline import titles
from lms.courses.queries import OnCourse, Situation, on_course, situations
from lms.courses.standing import (
    ESCALATE_AFTER_WORKING_DAYS,
    STUCK_AFTER_WORKING_DAYS,
    StepStanding,
    days_late,
    stand,
)
from lms.people.models import Notification, Person
from lms.people.notices.operations import notify
from lms.people.ties import Ties, ties

BATCH = 200
OLDEST = timedelta(days=60)
"""Deadlines missed longer ago are history: nobody is told of them any more."""


@dataclass(frozen=True)
class Alarm:
    """One sentence for one person about one missed deadline."""

    person_id: int
    kind: str
    key: str
    step_version_id: int
    values: dict[str, str]
    url: str


def escalate(database: Database, now: datetime) -> int:
    """Tell people of missed deadlines and return how many sentences were new.

    The trainee at once, the coaches after STUCK_AFTER_WORKING_DAYS, the manager after
    ESCALATE_AFTER_WORKING_DAYS. Harmless to run as often as one likes, by several workers.
    """
    told = 0
    for assignment_ids in _batches(database):
        with database.reading() as session:
            alarms = _not_told(session, _alarms(session, assignment_ids, now))
        if alarms:
            with database.writing() as session:
                told += sum(_tell(session, alarm, now) for alarm in alarms)
    return told


def close_finished(database: Database, now: datetime) -> int:
    """End the tracks that are over with everything done and return how many.

    Harmless to run as often as one likes, by several workers.
    """
    closed = 0
    for assignment_ids in _batches(database):
        with database.reading() as session:
            over = finishing.over(session, assignment_ids, now)
        if over:
            with database.writing() as session:
                closed += finishing.finish_courses(
                    session, actor=SYSTEM, assignment_ids=over, now=now
                )
    return closed


def _batches(database: Database) -> Iterator[Sequence[int]]:
    last = 0
    while True:
        with database.reading() as session:
            ids = session.scalars(
                select(Assignment.id)
                .join(Person, Person.id == Assignment.person_id)
                .join(Course, Course.id == Assignment.course_id)
                .where(
                    Assignment.id > last,
                    Assignment.ended_at.is_(None),
                    Person.deactivated_at.is_(None),
                    Course.kind == "track",
                )
                .order_by(Assignment.id)
                .limit(BATCH)
            ).all()
        if not ids:
            return
        yield ids
        last = ids[-1]


def _alarms(session: Session, assignment_ids: Sequence[int], now: datetime) -> list[Alarm]:
    """Return all alarms of these assignments, told already or not. Five statements."""
    rows = session.execute(on_course().where(Assignment.id.in_(assignment_ids)))
    places = [OnCourse(*row) for row in rows]
    found = situations(session, places, language="en")
    beside = ties(session, [place.person_id for place in places])
    return [
        alarm
        for place in places
        for alarm in _alarms_of(place, found[place.assignment_id], beside[place.person_id], now)
    ]


def _alarms_of(
    place: OnCourse, situation: Situation, beside: Ties, now: datetime
) -> Iterator[Alarm]:
    standing = stand(situation.outline, situation.frame, situation.settled, now)
    for step in standing.late:
        due_on = step.dates.due_on
        if due_on is None or standing.today - due_on > OLDEST:
            continue
        days = days_late(situation.frame, due_on, standing.today)
        yield _alarm(place, step, due_on, place.person_id, "step_late")
        if days >= STUCK_AFTER_WORKING_DAYS:
            for coach in beside.coaches:
                yield _alarm(place, step, due_on, coach.id, "trainee_stuck")
        if days >= ESCALATE_AFTER_WORKING_DAYS and beside.manager is not None:
            yield _alarm(place, step, due_on, beside.manager.id, "trainee_behind")


def _alarm(place: OnCourse, step: StepStanding, due_on: date, person_id: int, kind: str) -> Alarm:
    values = {"due_on": due_on.isoformat()}
    url = f"/steps/{place.course_slug}/{step.step.slug}"
    if kind != "step_late":
        values["person"] = place.person_name
        url = f"/people/{place.person_id}/track/why"
    key = f"{kind}:{place.assignment_id}:{step.step.id}:{due_on.isoformat()}"
    return Alarm(person_id, kind, key, step.step.version_id, values, url)


def _not_told(session: Session, alarms: Sequence[Alarm]) -> list[Alarm]:
    """Leave out what was told before, so that an hour without news writes nothing."""
    known: set[tuple[int, str]] = set()
    keys = [alarm.key for alarm in alarms]
    for start in range(0, len(keys), 500):
        query = select(Notification.person_id, Notification.key).where(
            Notification.key.in_(keys[start : start + 500])
        )
        known.update((person_id, key) for person_id, key in session.execute(query))
    return [alarm for alarm in alarms if (alarm.person_id, alarm.key) not in known]


def _tell(session: Session, alarm: Alarm, now: datetime) -> bool:
    return notify(
        session,
        person_id=alarm.person_id,
        kind=alarm.kind,
        key=alarm.key,
        values={**alarm.values, "step": titles(session, alarm.step_version_id)},
        url=alarm.url,
        now=now,
    )
