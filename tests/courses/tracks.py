"""Tracks in a database, written row by row, and crowds of people on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.courses.models import (
    Assignment,
    Course,
    CourseVersion,
    Step,
    StepEvent,
    StepVersion,
    VersionStep,
)
from lms.people.models import IntakeMember, Person, PersonRole


@dataclass(frozen=True)
class Wanted:
    """A step to write: the slug is its identity."""

    slug: str
    kind: str = "read"
    week: int = 1
    day: int = 1
    required: bool = True
    minutes: int = 30
    options: Mapping[str, Any] = field(default_factory=dict)
    due: Mapping[str, Any] = field(default_factory=dict)
    text: str = "First words"
    ref: str | None = None


USUAL = (
    Wanted("orders"),
    Wanted("welcome", "meet", options={"at": "10:00", "place": "Training room"}),
    Wanted("returns", day=2),
    Wanted("first-case", "do", day=3, options={"confirm_by": "coach", "checklist": ["One"]}),
    Wanted("trust", week=2),
    Wanted("stories", "meet", week=2, day=2, options={"at": "15:00", "place": "Round table"}),
    Wanted("extra", week=2, day=3, required=False),
    Wanted("live", "do", week=3, day=1, options={"confirm_by": "coach", "checklist": ["One"]}),
)


@dataclass(frozen=True)
class Track:
    """A written track: ids by slug, and its newest version's."""

    course_id: int
    version_id: int
    slug: str
    steps: Mapping[str, int]


def make_track(
    session: Session,
    now: datetime,
    steps: Sequence[Wanted] = USUAL,
    *,
    slug: str = "onboarding",
    weeks: int = 3,
) -> Track:
    """Write a track, or a new version of the one with this slug; same words, same version."""
    course = session.scalar(select(Course).where(Course.slug == slug))
    if course is None:
        course = Course(kind="track", slug=slug, created_at=now)
        session.add(course)
        session.flush()
    number = len(
        session.scalars(select(CourseVersion.id).where(CourseVersion.course_id == course.id)).all()
    )
    version = CourseVersion(
        course_id=course.id,
        number=number + 1,
        digest=f"{slug}-{number + 1}",
        source="",
        title=slug.capitalize(),
        summary="Three weeks to your own customers",
        html="<p>Welcome</p>",
        weeks=[
            {"title": f"Week {n} title", "theme": "A theme", "goal": "A goal"}
            for n in range(1, weeks + 1)
        ],
        made_at=now,
    )
    session.add(version)
    session.flush()
    ids = {}
    for position, wanted in enumerate(steps):
        step_id, step_version_id = _write_step(session, course.id, wanted, now)
        ids[wanted.slug] = step_id
        session.add(
            VersionStep(
                course_version_id=version.id,
                step_version_id=step_version_id,
                position=position,
                week=wanted.week,
                day=wanted.day,
                path=f"week-{wanted.week}/{position:02}-{wanted.slug}.md",
            )
        )
    session.flush()
    return Track(course.id, version.id, slug, ids)


def _write_step(session: Session, course_id: int, wanted: Wanted, now: datetime) -> tuple[int, int]:
    step = session.scalar(select(Step).where(Step.course_id == course_id, Step.slug == wanted.slug))
    if step is None:
        step = Step(course_id=course_id, slug=wanted.slug)
        session.add(step)
        session.flush()
    known = session.scalars(
        select(StepVersion).where(StepVersion.step_id == step.id).order_by(StepVersion.number)
    ).all()
    if known and known[-1].source == repr(wanted):
        return step.id, known[-1].id
    version = StepVersion(
        step_id=step.id,
        number=len(known) + 1,
        digest=f"{wanted.slug}-{len(known) + 1}",
        source=repr(wanted),
        kind=wanted.kind,
        ref=wanted.ref,
        title=wanted.slug.replace("-", " ").capitalize(),
        html=f"<p>{wanted.text}</p>",
        minutes=wanted.minutes,
        required=wanted.required,
        options=dict(wanted.options),
        due=dict(wanted.due),
        made_at=now,
    )
    session.add(version)
    session.flush()
    return step.id, version.id


def record(
    session: Session,
    assignment_id: int,
    step_id: int,
    *kinds: str,
    at: datetime,
    actor_id: int | None = None,
) -> None:
    """Write a step's events as facts, in order, after those that are there."""
    known = session.scalars(
        select(StepEvent.id).where(
            StepEvent.assignment_id == assignment_id, StepEvent.step_id == step_id
        )
    ).all()
    version_id = session.scalars(
        select(StepVersion.id).where(StepVersion.step_id == step_id).order_by(StepVersion.number)
    ).first()
    for number, kind in enumerate(kinds, start=len(known) + 1):
        session.add(
            StepEvent(
                assignment_id=assignment_id,
                step_id=step_id,
                step_version_id=version_id,
                sequence=number,
                kind=kind,
                at=at,
                actor_id=actor_id,
            )
        )
    session.flush()


def assignment_of(session: Session, person_id: int) -> int:
    """Return the id of somebody's open assignment."""
    return session.scalars(
        select(Assignment.id).where(
            Assignment.person_id == person_id, Assignment.ended_at.is_(None)
        )
    ).one()


def make_crowd(
    session: Session,
    now: datetime,
    track: Track,
    *,
    count: int,
    intake_id: int,
    site_id: int,
    done: Sequence[str] = (),
    finish: Mapping[str, str] | None = None,
) -> list[int]:
    """Write so many trainees of an intake who have done these steps; return their ids."""
    first = len(session.scalars(select(Person.id)).all())
    names = [f"Trainee {first + n:05}" for n in range(count)]
    session.execute(
        insert(Person),
        [
            {
                "email": f"{name.replace(' ', '.').lower()}@northfold.test",
                "name": name,
                "site_id": site_id,
                "started_on": None,
                "created_at": now,
                "feed_epoch": 0,
                "digest": True,
            }
            for name in names
        ],
    )
    ids = list(session.scalars(select(Person.id).where(Person.name.in_(names))))
    session.execute(insert(PersonRole), [{"person_id": i, "role": "trainee"} for i in ids])
    session.execute(
        insert(IntakeMember),
        [{"person_id": i, "intake_id": intake_id, "joined_at": now} for i in ids],
    )
    session.execute(
        insert(Assignment),
        [
            {
                "person_id": i,
                "course_id": track.course_id,
                "course_version_id": track.version_id,
                "intake_id": intake_id,
                "site_id": site_id,
                "assigned_at": now,
            }
            for i in ids
        ],
    )
    if done:
        _finish(session, now, track, ids, done, finish or {})
    return ids


def _finish(
    session: Session,
    now: datetime,
    track: Track,
    person_ids: Sequence[int],
    done: Sequence[str],
    finish: Mapping[str, str],
) -> None:
    assignments = session.scalars(
        select(Assignment.id).where(Assignment.person_id.in_(person_ids))
    ).all()
    versions = {
        step_id: version_id
        for version_id, step_id in session.execute(select(StepVersion.id, StepVersion.step_id))
    }
    rows = [
        {
            "assignment_id": assignment_id,
            "step_id": track.steps[slug],
            "step_version_id": versions[track.steps[slug]],
            "sequence": 1,
            "kind": finish.get(slug, "done"),
            "at": now,
        }
        for assignment_id in assignments
        for slug in done
    ]
    session.execute(insert(StepEvent), rows)
