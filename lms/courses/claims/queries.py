"""Reads of claims. Each says how many statements it costs when caches are warm."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from lms.core.models import StoredFile
from lms.core.permissions import Actor
from lms.courses import policy
from lms.courses.claims.policy import decidable_claims
from lms.courses.lessons.queries import File
from lms.courses.models import Assignment, Course, StepEvent, StepVersion, VersionStep
from lms.courses.outline import outline
from lms.courses.rules import Event
from lms.people.models import Intake, Person
from lms.people.sign_in import initials, photo_url


@dataclass(frozen=True)
class Claimant:
    """Whose claim it is, as lists show a person."""

    id: int
    name: str
    photo_url: str | None

    @property
    def initials(self) -> str:
        """Return one or two letters for a picture's place."""
        return initials(self.name)


@dataclass(frozen=True)
class WaitingClaim:
    """A claim that waits for a decision."""

    assignment_id: int
    step_id: int
    person: Claimant
    intake_name: str | None
    title: str
    """The task, in the asked language."""
    critical: bool
    note: str
    has_photo: bool
    at: datetime
    waits: timedelta


def waiting_claims(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    language: str,
    limit: int = 50,
    offset: int = 0,
) -> list[WaitingClaim]:
    """Return the claims that the actor may decide on, those that wait longest first.

    One statement.
    """
    photo = aliased(StoredFile)
    rows = session.execute(
        _waiting(actor)
        .with_only_columns(
            Assignment.id.label("assignment_id"),
            Assignment.course_version_id,
            Course.texts_number,
            StepEvent.step_id,
            StepEvent.note,
            StepEvent.file_id,
            StepEvent.at,
            Person.id.label("person_id"),
            Person.name,
            photo.sha256,
            Intake.name.label("intake_name"),
        )
        .outerjoin(photo, photo.id == Person.photo_file_id)
        .outerjoin(Intake, Intake.id == Assignment.intake_id)
        .order_by(StepEvent.at, StepEvent.id)
        .limit(limit)
        .offset(offset)
    ).all()
    found = []
    for row in rows:
        course = outline(session, row.course_version_id, language, row.texts_number)
        step = course.step(row.step_id)
        assert step is not None
        found.append(
            WaitingClaim(
                assignment_id=row.assignment_id,
                step_id=row.step_id,
                person=Claimant(row.person_id, row.name, photo_url(row.sha256)),
                intake_name=row.intake_name,
                title=step.title,
                critical=bool(step.options.get("critical")),
                note=row.note or "",
                has_photo=row.file_id is not None,
                at=row.at,
                waits=now - row.at,
            )
        )
    return found


def waiting_count(session: Session, *, actor: Actor) -> int:
    """Return how many claims the actor may decide on. One statement."""
    return session.scalar(_waiting(actor).with_only_columns(func.count())) or 0


def _waiting(actor: Actor) -> Select[int]:
    """Select open claims, each joined with its assignment, person, course and pinned step.

    A claim waits as long as it is the newest event of its step.
    """
    later = aliased(StepEvent)
    return (
        select(StepEvent.id)
        .join(Assignment, Assignment.id == StepEvent.assignment_id)
        .join(Person, Person.id == Assignment.person_id)
        .join(Course, Course.id == Assignment.course_id)
        .join(VersionStep, VersionStep.course_version_id == Assignment.course_version_id)
        .join(
            StepVersion,
            and_(
                StepVersion.id == VersionStep.step_version_id,
                StepVersion.step_id == StepEvent.step_id,
            ),
        )
        .where(
            StepEvent.kind == Event.CLAIMED.value,
            Assignment.ended_at.is_(None),
            decidable_claims(actor),
            ~select(later.id)
            .where(
                later.assignment_id == StepEvent.assignment_id,
                later.step_id == StepEvent.step_id,
                later.sequence > StepEvent.sequence,
            )
            .exists(),
        )
    )


def last_sequence(session: Session, *, assignment_id: int, step_id: int) -> int:
    """Return the number of a step's newest event, 0 without one. One statement."""
    return (
        session.scalar(
            select(func.max(StepEvent.sequence)).where(
                StepEvent.assignment_id == assignment_id, StepEvent.step_id == step_id
            )
        )
        or 0
    )


def photo_of(session: Session, *, actor: Actor, event_id: int) -> File | None:
    """Return the photo of a claim if the actor may see the assignment. One statement."""
    row = session.execute(
        select(StoredFile.sha256, StoredFile.media_type)
        .join(StepEvent, StepEvent.file_id == StoredFile.id)
        .join(Assignment, Assignment.id == StepEvent.assignment_id)
        .join(Person, Person.id == Assignment.person_id)
        .where(StepEvent.id == event_id, policy.visible_assignments(actor))
    ).first()
    return None if row is None else File(*row)
