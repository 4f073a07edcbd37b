"""Who walks which track: assigning, joining, ending, moving to another version."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.courses.dates.operations import (
    REASON_LENGTH,
    Scope,
    make_exception,
    set_meeting,
    withdraw_exception,
)
from lms.courses.models import Assignment, Course, CourseVersion, IntakeCourse
from lms.courses.operations import load_visible
from lms.courses.queries import OnCourse, on_course
from lms.people.models import Intake, IntakeMember, Person

__all__ = [
    "Scope",
    "assign_intake",
    "assign_person",
    "end_assignment",
    "join_track",
    "leave_track",
    "make_exception",
    "move_intake_to_version",
    "move_to_version",
    "newest_version",
    "set_meeting",
    "withdraw_exception",
]
"""One door for planning: exceptions and sessions live in `dates.operations`."""

FARTHEST_START = 366
"""Days between now and the day on which one person begins."""
_AT_ONCE = 1000
"""People in one statement: databases limit how many values it may carry."""


def newest_version(session: Session, course_id: int) -> CourseVersion:
    """Return the newest version of a course; raise NotFound when it has none. One statement."""
    version = session.scalars(
        select(CourseVersion)
        .where(CourseVersion.course_id == course_id)
        .order_by(CourseVersion.number.desc())
        .limit(1)
    ).first()
    if version is None:
        raise NotFound
    return version


def assign_intake(
    session: Session, *, actor: Actor, intake_id: int, course_slug: str, now: datetime
) -> IntakeCourse:
    """Put an intake, its members now and those who join later on a track's newest version.

    Refuses `intake_has_track` when the intake walks a track already.
    """
    require(actor, Permission.RUN_INTAKES)
    _lock_intake(session, intake_id)
    course = _track(session, course_slug)
    taken = session.scalar(select(IntakeCourse).where(IntakeCourse.intake_id == intake_id))
    if taken is not None:
        raise Refused("intake_has_track")
    row = IntakeCourse(
        intake_id=intake_id,
        course_id=course.id,
        course_version_id=newest_version(session, course.id).id,
        assigned_at=now,
    )
    _add(session, row, "intake_has_track")
    members = session.scalars(
        select(IntakeMember.person_id).where(
            IntakeMember.intake_id == intake_id, IntakeMember.left_at.is_(None)
        )
    ).all()
    join_track(session, actor, intake_id, members, now)
    audit.record(
        session,
        actor=actor,
        verb="assign_intake",
        subject_type="intake",
        subject_id=intake_id,
        now=now,
        track=course_slug,
        people=len(members),
    )
    return row


def join_track(
    session: Session, actor: Actor, intake_id: int, person_ids: Sequence[int], now: datetime
) -> None:
    """Give people who joined an intake its track, if it has one. Repeating it changes nothing.

    Somebody who starts after the intake gets their own start; somebody who is on the track
    already (moved from another intake) keeps what is done and follows the new intake's dates.
    """
    intake = _lock_intake(session, intake_id)
    plan = session.scalar(select(IntakeCourse).where(IntakeCourse.intake_id == intake_id))
    if plan is None:
        return
    for first in range(0, len(person_ids), _AT_ONCE):
        _join(session, actor, intake, plan, person_ids[first : first + _AT_ONCE], now)
    session.flush()


def _join(
    session: Session,
    actor: Actor,
    intake: Intake,
    plan: IntakeCourse,
    person_ids: Sequence[int],
    now: datetime,
) -> None:
    people = session.execute(
        select(Person.id, Person.site_id)
        .where(Person.id.in_(person_ids))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    ).all()
    open_ones = {
        row.person_id: row
        for row in session.scalars(
            select(Assignment).where(
                Assignment.person_id.in_(person_ids),
                Assignment.course_id == plan.course_id,
                Assignment.ended_at.is_(None),
            )
        )
    }
    for person_id, site_id in people:
        known = open_ones.get(person_id)
        if known is not None:
            known.intake_id = intake.id
            known.starts_on = None
            continue
        session.add(
            Assignment(
                person_id=person_id,
                course_id=plan.course_id,
                course_version_id=plan.course_version_id,
                intake_id=intake.id,
                site_id=site_id or intake.site_id,
                assigned_at=now,
                assigned_by=actor.person_id,
            )
        )


def leave_track(
    session: Session, _actor: Actor, intake_id: int, person_ids: Sequence[int], now: datetime
) -> None:
    """Let people who left an intake walk its track on their own, from the same start.

    What they did and their own exceptions stay; what was set for the whole intake does not
    come along. Repeating it changes nothing.
    """
    _lock_intake(session, intake_id)
    for first in range(0, len(person_ids), _AT_ONCE):
        walking = on_course().where(
            Assignment.person_id.in_(person_ids[first : first + _AT_ONCE]),
            Assignment.intake_id == intake_id,
            Assignment.ended_at.is_(None),
        )
        places = {row[0]: OnCourse(*row) for row in session.execute(walking)}
        for row in session.scalars(select(Assignment).where(Assignment.id.in_(places))):
            row.intake_id, row.starts_on = None, places[row.id].start
    session.flush()


def assign_person(
    session: Session,
    *,
    actor: Actor,
    person_id: int,
    course_slug: str,
    starts_on: date,
    now: datetime,
) -> Assignment:
    """Put one person outside any intake on a track's newest version, from their own start.

    Refuses `already_on_track`, `person_without_site` and, for a day more than a year away,
    `start_range`.
    """
    require(actor, Permission.RUN_INTAKES)
    if abs((starts_on - now.date()).days) > FARTHEST_START:
        raise Refused("start_range", field="starts_on")
    course = _track(session, course_slug)
    person = session.get(Person, person_id, with_for_update={"key_share": True})
    if person is None:
        raise NotFound
    if person.site_id is None:
        raise Refused("person_without_site")
    known = session.scalar(
        select(Assignment.id).where(
            Assignment.person_id == person_id,
            Assignment.course_id == course.id,
            Assignment.ended_at.is_(None),
        )
    )
    if known is not None:
        raise Refused("already_on_track")
    assignment = Assignment(
        person_id=person_id,
        course_id=course.id,
        course_version_id=newest_version(session, course.id).id,
        site_id=person.site_id,
        starts_on=starts_on,
        assigned_at=now,
        assigned_by=actor.person_id,
    )
    _add(session, assignment, "already_on_track")
    audit.record(
        session,
        actor=actor,
        verb="assign_person",
        subject_type="person",
        subject_id=person_id,
        now=now,
        track=course_slug,
    )
    return assignment


def end_assignment(
    session: Session, *, actor: Actor, assignment_id: int, why: str, now: datetime
) -> None:
    """Take somebody off a course, with a reason. What they did stays."""
    require(actor, Permission.RUN_INTAKES)
    place = load_visible(session, actor, assignment_id)
    reason = _check_reason(why)
    if place.ended_at is not None:
        raise Refused("course_ended")
    session.execute(
        update(Assignment)
        .where(Assignment.id == assignment_id, Assignment.ended_at.is_(None))
        .values(ended_at=now, ended_why=reason)
    )
    audit.record(
        session,
        actor=actor,
        verb="end_assignment",
        subject_type="person",
        subject_id=place.person_id,
        reason=reason,
        now=now,
    )


def move_to_version(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    version_id: int,
    reason: str,
    now: datetime,
) -> None:
    """Move somebody to another version of their course on purpose, with a reason.

    What is done stays done for every step that the other version still has. Moving to the
    version that they are on changes nothing; refuses `course_ended` and `reason_missing`.
    """
    require(actor, Permission.RUN_INTAKES)
    place = load_visible(session, actor, assignment_id)
    _version_of(session, version_id, place.course_id)
    why = _check_reason(reason)
    if place.ended_at is not None:
        raise Refused("course_ended")
    if place.version_id != version_id:
        _move(session, actor, [place.assignment_id], place.course_id, version_id, why, now)


def move_intake_to_version(
    session: Session,
    *,
    actor: Actor,
    intake_id: int,
    version_id: int,
    reason: str,
    now: datetime,
) -> int:
    """Move an intake and everyone on its track to another version on purpose, with a reason.

    Those who join later begin with it too. Returns how many people were moved.
    """
    require(actor, Permission.RUN_INTAKES)
    _lock_intake(session, intake_id)
    plan = session.scalar(select(IntakeCourse).where(IntakeCourse.intake_id == intake_id))
    if plan is None:
        raise NotFound
    _version_of(session, version_id, plan.course_id)
    why = _check_reason(reason)
    before, plan.course_version_id = plan.course_version_id, version_id
    assignment_ids = session.scalars(
        select(Assignment.id).where(
            Assignment.intake_id == intake_id,
            Assignment.course_id == plan.course_id,
            Assignment.ended_at.is_(None),
            Assignment.course_version_id != version_id,
        )
    ).all()
    _move(session, actor, assignment_ids, plan.course_id, version_id, why, now)
    if before != version_id:
        audit.record(
            session,
            actor=actor,
            verb="move_to_version",
            subject_type="intake",
            subject_id=intake_id,
            reason=why,
            now=now,
            version_from=before,
            version_to=version_id,
        )
    return len(assignment_ids)


def _move(
    session: Session,
    actor: Actor,
    assignment_ids: Sequence[int],
    course_id: int,
    version_id: int,
    reason: str,
    now: datetime,
) -> None:
    for row in session.scalars(select(Assignment).where(Assignment.id.in_(assignment_ids))):
        audit.record(
            session,
            actor=actor,
            verb="move_to_version",
            subject_type="person",
            subject_id=row.person_id,
            reason=reason,
            now=now,
            course=course_id,
            version_from=row.course_version_id,
            version_to=version_id,
        )
        row.course_version_id = version_id
    session.flush()


def _version_of(session: Session, version_id: int, course_id: int) -> CourseVersion:
    version = session.get(CourseVersion, version_id)
    if version is None or version.course_id != course_id:
        raise NotFound
    return version


def _track(session: Session, slug: str) -> Course:
    course = session.scalar(select(Course).where(Course.kind == "track", Course.slug == slug))
    if course is None:
        raise NotFound
    return course


def _lock_intake(session: Session, intake_id: int) -> Intake:
    """Return the intake, kept from others who change its plan until this transaction ends.

    So a person who joins while a track is being assigned gets it, whoever commits first. The
    weaker lock lets memberships that refer to the intake be written meanwhile.
    """
    intake = session.get(Intake, intake_id, with_for_update={"key_share": True})
    if intake is None:
        raise NotFound
    return intake


def _check_reason(reason: str) -> str:
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refused("reason_long", field="reason", most=REASON_LENGTH)
    return reason.strip()


def _add(session: Session, row: IntakeCourse | Assignment, taken: str) -> None:
    """Write a row that a constraint allows once; whoever comes second is refused by `taken`."""
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refused(taken) from None
