"""Courses that are over: everything is done and the weeks are past. Nobody has to end them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.permissions import Actor, Permission, require
from lms.courses.models import Assignment
from lms.courses.queries import OnCourse, on_course, standings


def over(session: Session, assignment_ids: Sequence[int], now: datetime) -> list[int]:
    """Return which of these open assignments are over with everything done. Four statements."""
    rows = session.execute(
        on_course().where(Assignment.id.in_(assignment_ids), Assignment.ended_at.is_(None))
    )
    places = [OnCourse(*row) for row in rows]
    known = standings(session, places, language="en", now=now)
    return [assignment_id for assignment_id, standing in known.items() if standing.is_over]


def finish_courses(
    session: Session, *, actor: Actor, assignment_ids: Sequence[int], now: datetime
) -> int:
    """End those of these assignments that are over, and return how many. What was done stays.

    Asks again what `over` says: a trainer may have opened a step since.
    """
    require(actor, Permission.RUN_INTAKES)
    ids = over(session, assignment_ids, now)
    # Another worker may be closing the same ones: whoever comes second finds them ended.
    rows = session.scalars(
        select(Assignment)
        .where(Assignment.id.in_(ids), Assignment.ended_at.is_(None))
        .with_for_update()
    ).all()
    for row in rows:
        row.ended_at = now
        audit.record(
            session,
            actor=actor,
            verb="finish_course",
            subject_type="person",
            subject_id=row.person_id,
            now=now,
            course=row.course_id,
        )
    session.flush()
    return len(rows)
