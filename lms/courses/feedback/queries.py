"""Reads of feedback. Numbers are counted each time; names are never read."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from lms.core.permissions import Actor, Permission, require
from lms.courses.catalogue.queries import Track
from lms.courses.feedback.rules import FEWEST, Answers, by_version
from lms.courses.models import (
    Assignment,
    EffortScore,
    IntakeCourse,
    Step,
)
from lms.courses.outline import Outline, OutlineStep, outline
from lms.people.models import Intake

MOST_COMMENTS = 200
LEARNT = ("read", "watch")
"""Kinds that are always listed; others when somebody answered."""


@dataclass(frozen=True)
class Comment:
    """What somebody wrote about a lesson, without their name."""

    text: str
    on: date
    intake: str | None
    """Only when enough people of that intake answered."""
    on_newest: bool


@dataclass(frozen=True)
class Lesson:
    """One lesson's feedback: the newest version against earlier ones."""

    step: OutlineStep
    newest: Answers
    earlier: Answers
    comments: Sequence[Comment]

    @property
    def all(self) -> Answers:
        """Return the answers of all versions."""
        return self.newest + self.earlier


@dataclass(frozen=True)
class Feedback:
    """The feedback of one track."""

    outline: Outline
    lessons: Sequence[Lesson]
    intakes: Sequence[tuple[int, str]]
    cut: bool
    """Whether older comments were left out."""


def feedback(
    session: Session,
    *,
    actor: Actor,
    track: Track,
    week: int,
    intake_id: int,
    language: str,
) -> Feedback:
    """Return a track's feedback by lesson; week and intake 0 mean all. Four statements.

    For an intake, comments are read only where enough of its people answered.
    """
    require(actor, Permission.READ_FEEDBACK)
    course = outline(session, track.version_id, language, track.texts_number)
    steps = [step for step in course.steps if week in (0, step.week)]
    newest = {step.id: step.version_id for step in steps}
    counted = by_version(_counts(session, track.course_id, intake_id), newest)
    spoken = _enough_of_an_intake(session, track.course_id)
    rows = _comments(session, track.course_id, intake_id)
    comments: dict[int, list[Comment]] = {}
    for step_id, version_id, text, at, of_intake, name in rows[:MOST_COMMENTS]:
        shown = (step_id, of_intake) in spoken
        if step_id not in newest or (intake_id and not shown):
            continue
        comments.setdefault(step_id, []).append(
            Comment(text, at.date(), name if shown else None, version_id == newest[step_id])
        )
    lessons = [Lesson(step, *counted[step.id], comments.get(step.id, ())) for step in steps]
    return Feedback(
        outline=course,
        lessons=[one for one in lessons if one.step.kind in LEARNT or one.all.number],
        intakes=_intakes(session, track.course_id),
        cut=len(rows) > MOST_COMMENTS,
    )


def _of_intake(intake_id: int) -> list[ColumnElement[bool]]:
    return [Assignment.intake_id == intake_id] if intake_id else []


def _counts(session: Session, course_id: int, intake_id: int) -> list[tuple[int, int, int, int]]:
    rows = session.execute(
        select(
            EffortScore.step_id,
            EffortScore.step_version_id,
            EffortScore.score,
            func.count(EffortScore.id.distinct()),
        )
        .join(Step, Step.id == EffortScore.step_id)
        .join(Assignment, _who_answered(course_id))
        .where(*_of_intake(intake_id))
        .group_by(EffortScore.step_id, EffortScore.step_version_id, EffortScore.score)
    )
    return [(step_id, version_id, score, n) for step_id, version_id, score, n in rows]


def _who_answered(course_id: int) -> ColumnElement[bool]:
    """Return the condition that a score is of this course and the assignment its giver's newest."""
    later = (
        select(func.max(Assignment.id))
        .where(Assignment.course_id == course_id)
        .group_by(Assignment.person_id)
    )
    return and_(
        Step.course_id == course_id,
        Assignment.person_id == EffortScore.person_id,
        Assignment.id.in_(later),
    )


def _comments(
    session: Session, course_id: int, intake_id: int
) -> Sequence[tuple[int, int, str, datetime, int | None, str | None]]:
    rows = session.execute(
        select(
            EffortScore.step_id,
            EffortScore.step_version_id,
            EffortScore.comment,
            EffortScore.at,
            Assignment.intake_id,
            Intake.name,
        )
        .join(Step, Step.id == EffortScore.step_id)
        .join(Assignment, _who_answered(course_id))
        .outerjoin(Intake, Intake.id == Assignment.intake_id)
        .where(EffortScore.comment.is_not(None), *_of_intake(intake_id))
        .order_by(EffortScore.at.desc(), EffortScore.id.desc())
        .limit(MOST_COMMENTS + 1)
    )
    return [(row[0], row[1], row[2] or "", row[3], row[4], row[5]) for row in rows]


def _enough_of_an_intake(session: Session, course_id: int) -> set[tuple[int, int | None]]:
    """Return the pairs of step and intake for which enough people answered. One statement."""
    rows = session.execute(
        select(EffortScore.step_id, Assignment.intake_id)
        .join(Step, Step.id == EffortScore.step_id)
        .join(Assignment, _who_answered(course_id))
        .where(Assignment.intake_id.is_not(None))
        .group_by(EffortScore.step_id, Assignment.intake_id)
        .having(func.count(EffortScore.person_id.distinct()) >= FEWEST)
    )
    return {(step_id, intake_id) for step_id, intake_id in rows}


def _intakes(session: Session, course_id: int) -> list[tuple[int, str]]:
    rows = session.execute(
        select(Intake.id, Intake.name)
        .join(IntakeCourse, IntakeCourse.intake_id == Intake.id)
        .where(IntakeCourse.course_id == course_id)
        .order_by(Intake.starts_on.desc(), Intake.id)
    )
    return [(intake_id, name) for intake_id, name in rows]
