"""Who walks which track, and by which dates: assigning, moving, exceptions, sessions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.courses.models import (
    Assignment,
    Course,
    CourseVersion,
    DateException,
    IntakeCourse,
    Meeting,
    Step,
)
from lms.courses.operations import load_visible
from lms.people.models import Intake, IntakeMember, Person

LONGEST_SHIFT = 60
LONGEST_PAUSE = 180


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
    intake = session.get(Intake, intake_id)
    course = session.scalar(
        select(Course).where(Course.kind == "track", Course.slug == course_slug)
    )
    if intake is None or course is None:
        raise NotFound
    taken = session.scalar(select(IntakeCourse).where(IntakeCourse.intake_id == intake_id))
    if taken is not None:
        raise Refused("intake_has_track")
    row = IntakeCourse(
        intake_id=intake_id,
        course_id=course.id,
        course_version_id=newest_version(session, course.id).id,
        assigned_at=now,
    )
    session.add(row)
    session.flush()
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
    plan = session.scalar(select(IntakeCourse).where(IntakeCourse.intake_id == intake_id))
    if plan is None or not person_ids:
        return
    intake = session.get_one(Intake, intake_id)
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
    people = session.execute(
        select(Person.id, Person.started_on, Person.site_id).where(Person.id.in_(person_ids))
    )
    for person_id, started_on, site_id in people:
        late_start = started_on if started_on and started_on > intake.starts_on else None
        known = open_ones.get(person_id)
        if known is not None:
            known.intake_id = intake_id
            known.starts_on = late_start
            continue
        session.add(
            Assignment(
                person_id=person_id,
                course_id=plan.course_id,
                course_version_id=plan.course_version_id,
                intake_id=intake_id,
                site_id=site_id or intake.site_id,
                starts_on=late_start,
                assigned_at=now,
                assigned_by=actor.person_id,
            )
        )
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

    Refuses `already_on_track` and `person_without_site`.
    """
    require(actor, Permission.RUN_INTAKES)
    course = session.scalar(
        select(Course).where(Course.kind == "track", Course.slug == course_slug)
    )
    person = session.get(Person, person_id)
    if course is None or person is None:
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
    session.add(assignment)
    session.flush()
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
    if not why.strip():
        raise Refused("reason_missing", field="reason")
    if place.ended_at is not None:
        raise Refused("course_ended")
    session.execute(
        update(Assignment)
        .where(Assignment.id == assignment_id, Assignment.ended_at.is_(None))
        .values(ended_at=now, ended_why=why.strip())
    )
    audit.record(
        session,
        actor=actor,
        verb="end_assignment",
        subject_type="person",
        subject_id=place.person_id,
        reason=why.strip(),
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

    What is done stays done for every step that the other version still has.
    """
    require(actor, Permission.RUN_INTAKES)
    place = load_visible(session, actor, assignment_id)
    version = session.get(CourseVersion, version_id)
    if version is None or version.course_id != place.course_id:
        raise NotFound
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    session.execute(
        update(Assignment)
        .where(Assignment.id == assignment_id)
        .values(course_version_id=version_id)
    )
    audit.record(
        session,
        actor=actor,
        verb="move_to_version",
        subject_type="person",
        subject_id=place.person_id,
        reason=reason.strip(),
        now=now,
        version_from=place.version_id,
        version_to=version_id,
    )


@dataclass(frozen=True)
class Scope:
    """Whom an exception or session is for: a whole intake or one person's assignment."""

    intake_id: int | None = None
    assignment_id: int | None = None


def make_exception(
    session: Session,
    *,
    actor: Actor,
    scope: Scope,
    kind: str,
    reason: str,
    now: datetime,
    step_id: int | None = None,
    days: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    on_date: date | None = None,
    at_time: time | None = None,
) -> DateException:
    """Make dates differ for an intake, a person or one step, with a reason. See DateException.

    Refuses `reason_missing`, `shift_range`, `pause_range`, `set_date_missing`, `step_missing`.
    """
    require(actor, Permission.RUN_INTAKES)
    _check_scope(session, actor, scope)
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    if kind == "shift" and not (days and abs(days) <= LONGEST_SHIFT):
        raise Refused("shift_range", field="days", most=LONGEST_SHIFT)
    if kind == "pause":
        _check_pause(from_on, until_on)
    if kind == "set" and on_date is None:
        raise Refused("set_date_missing", field="on_date")
    if kind in ("set", "waive") and step_id is None:
        raise Refused("step_missing", field="step_id")
    if step_id is not None and session.get(Step, step_id) is None:
        raise NotFound
    row = DateException(
        intake_id=scope.intake_id,
        assignment_id=scope.assignment_id,
        step_id=step_id,
        kind=kind,
        days=days if kind == "shift" else None,
        from_on=from_on if kind == "pause" else None,
        until_on=until_on if kind == "pause" else None,
        on_date=on_date if kind == "set" else None,
        at_time=at_time if kind == "set" else None,
        reason=reason.strip(),
        made_by=actor.person_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    _audit_scope(session, actor, scope, "make_exception", now, reason.strip(), kind=kind)
    return row


def withdraw_exception(session: Session, *, actor: Actor, exception_id: int, now: datetime) -> None:
    """Take an exception back; it stays readable. Doing it again changes nothing."""
    require(actor, Permission.RUN_INTAKES)
    row = session.get(DateException, exception_id)
    if row is None:
        raise NotFound
    scope = Scope(row.intake_id, row.assignment_id)
    _check_scope(session, actor, scope)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = now, actor.person_id
    _audit_scope(session, actor, scope, "withdraw_exception", now, None, kind=row.kind)


def set_meeting(
    session: Session,
    *,
    actor: Actor,
    scope: Scope,
    step_id: int,
    on_date: date,
    at_time: time,
    time_zone: str,
    place: str,
    host_id: int | None,
    now: datetime,
) -> Meeting:
    """Set when and where a meet step takes place; the row before stays readable.

    Refuses `zone_unknown`, `place_missing` and `not_a_session`.
    """
    require(actor, Permission.RUN_INTAKES)
    _check_scope(session, actor, scope)
    if time_zone not in available_timezones():
        raise Refused("zone_unknown", field="time_zone")
    if not place.strip():
        raise Refused("place_missing", field="place")
    if session.get(Step, step_id) is None:
        raise NotFound
    session.execute(
        update(Meeting)
        .where(
            Meeting.step_id == step_id,
            Meeting.intake_id == scope.intake_id
            if scope.intake_id is not None
            else Meeting.assignment_id == scope.assignment_id,
            Meeting.replaced_at.is_(None),
        )
        .values(replaced_at=now)
    )
    row = Meeting(
        intake_id=scope.intake_id,
        assignment_id=scope.assignment_id,
        step_id=step_id,
        on_date=on_date,
        at_time=at_time,
        time_zone=ZoneInfo(time_zone).key,
        place=place.strip()[:300],
        host_id=host_id,
        made_by=actor.person_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    _audit_scope(session, actor, scope, "set_meeting", now, None, step_id=step_id)
    return row


def _track(session: Session, slug: str) -> Course:
    course = session.scalar(select(Course).where(Course.kind == "track", Course.slug == slug))
    if course is None:
        raise NotFound
    return course


def _check_pause(from_on: date | None, until_on: date | None) -> None:
    if from_on is None or until_on is None:
        raise Refused("pause_range", field="from_on", most=LONGEST_PAUSE)
    if not 0 <= (until_on - from_on).days < LONGEST_PAUSE:
        raise Refused("pause_range", field="until_on", most=LONGEST_PAUSE)


def _check_scope(session: Session, actor: Actor, scope: Scope) -> None:
    if scope.assignment_id is not None:
        load_visible(session, actor, scope.assignment_id)
    elif scope.intake_id is None or session.get(Intake, scope.intake_id) is None:
        raise NotFound


def _audit_scope(
    session: Session,
    actor: Actor,
    scope: Scope,
    verb: str,
    now: datetime,
    reason: str | None,
    **detail: object,
) -> None:
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type="intake" if scope.intake_id is not None else "assignment",
        subject_id=scope.intake_id or scope.assignment_id,
        reason=reason,
        now=now,
        **detail,
    )
