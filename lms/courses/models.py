"""Tables of courses: what is taught (immutable versions), who is on it, what was done (facts)."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.core.db import Base, Fact, UtcDateTime


class Course(Base):
    """A track or module. Its folder name is its slug; its content is in its versions."""

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("kind", "slug"),
        CheckConstraint("kind IN ('track', 'module')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    slug: Mapped[str] = mapped_column(String(80))
    texts_number: Mapped[int] = mapped_column(default=0)
    """Raised whenever a translation is added, so that caches of outlines notice."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CourseVersion(Fact, Base):
    """An immutable version of a course: its frame and, through VersionStep, its steps."""

    __tablename__ = "course_version"
    __table_args__ = (UniqueConstraint("course_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 over the source of the frame and of every step, in order."""
    source: Mapped[str] = mapped_column(Text)
    """The frame's file, byte for byte."""
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    days_per_week: Mapped[int] = mapped_column(SmallInteger, default=5)
    weeks: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    """One entry a week: title, theme, goal."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))

    course: Mapped[Course] = relationship(lazy="raise")


class CourseText(Fact, Base):
    """A translation of a course's frame, written against one version. The latest counts."""

    __tablename__ = "course_text"
    __table_args__ = (UniqueConstraint("course_id", "language", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    weeks: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Step(Base):
    """The lasting identity of one thing to do: it may move and change, evidence stays with it."""

    __tablename__ = "step"
    __table_args__ = (UniqueConstraint("course_id", "slug"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    slug: Mapped[str] = mapped_column(String(80))


class StepVersion(Fact, Base):
    """An immutable version of a step: what was shown when somebody did it."""

    __tablename__ = "step_version"
    __table_args__ = (UniqueConstraint("step_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    number: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(Text)
    """The file, byte for byte, so that an export writes it back."""
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str | None] = mapped_column(String(300))
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text)
    """Sanitised when the version was made."""
    minutes: Mapped[int] = mapped_column(SmallInteger)
    required: Mapped[bool]
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """By kind: do: checklist, confirm_by, critical; meet: at, place, hosted_by."""
    due: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Empty for the end of its own day, else anchor, days and at."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)

    step: Mapped[Step] = relationship(lazy="raise")


class StepText(Fact, Base):
    """A translation of a step, written against one version. The latest for a version counts."""

    __tablename__ = "step_text"
    __table_args__ = (UniqueConstraint("step_id", "language", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    step_version_id: Mapped[int] = mapped_column(ForeignKey("step_version.id"), index=True)
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(Text, default="")
    html: Mapped[str] = mapped_column(Text)
    options: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """Translated options: checklist, place."""
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)


class VersionStep(Fact, Base):
    """A step's place in a version of its course."""

    __tablename__ = "version_step"
    __table_args__ = (UniqueConstraint("course_version_id", "step_version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    step_version_id: Mapped[int] = mapped_column(ForeignKey("step_version.id"), index=True)
    position: Mapped[int]
    """From 0, through the whole course."""
    week: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[int] = mapped_column(SmallInteger)
    path: Mapped[str] = mapped_column(String(200))
    """The file's path in the course's folder."""

    step_version: Mapped[StepVersion] = relationship(lazy="raise")


class VersionMedium(Fact, Base):
    """A picture or video of a version, by its path in the course's folder."""

    __tablename__ = "version_medium"
    __table_args__ = (UniqueConstraint("course_version_id", "path"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    path: Mapped[str] = mapped_column(String(200))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class IntakeCourse(Base):
    """The track that an intake walks, pinned to the version it began with."""

    __tablename__ = "intake_course"
    __table_args__ = (UniqueConstraint("intake_id", "course_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Assignment(Base):
    """A person on a course, pinned to a version; one open assignment for each course.

    `course_version_id` changes only through `operations.move_to_version`, which writes an
    audit entry with the reason.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        Index(
            "uq_assignment_open",
            "person_id",
            "course_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    course_version_id: Mapped[int] = mapped_column(ForeignKey("course_version.id"))
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    """Whose calendar and zone hold."""
    starts_on: Mapped[date | None]
    """The person's own start; None means the intake's."""
    assigned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    assigned_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(Text)
    """The reason of whoever ended it; None when it is over with everything done."""

    course_version: Mapped[CourseVersion] = relationship(lazy="raise")


class StepEvent(Fact, Base):
    """Something that was done about a step, by the person or for them. `rules` lists the kinds.

    `sequence` counts the events of one step of one assignment from 1: two people deciding at
    once cannot both be the third.
    """

    __tablename__ = "step_event"
    __table_args__ = (
        UniqueConstraint("assignment_id", "step_id", "sequence"),
        Index("ix_step_event_at", "at"),
        Index(
            "ix_step_event_claimed",
            "assignment_id",
            sqlite_where=text("kind = 'claimed'"),
            postgresql_where=text("kind = 'claimed'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    step_version_id: Mapped[int] = mapped_column(ForeignKey("step_version.id"))
    sequence: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    note: Mapped[str | None] = mapped_column(Text)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    follow_up_on: Mapped[date | None]
    """For `returned`: the day to show it again."""


class DateException(Base):
    """Why dates differ for a whole intake, a person or one step; always with a reason.

    Kinds: `shift` (by working `days`), `pause` (`from_on` to `until_on`, both included),
    `unlock` (opens at once), `waive` (not asked for), `set` (due `on_date` at `at_time`).
    """

    __tablename__ = "date_exception"
    __table_args__ = (
        CheckConstraint(
            "(intake_id IS NULL) <> (assignment_id IS NULL)", name="intake_or_assignment"
        ),
        CheckConstraint("kind IN ('shift', 'pause', 'unlock', 'waive', 'set')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"), index=True)
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"), index=True)
    step_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"))
    kind: Mapped[str] = mapped_column(String(10))
    days: Mapped[int | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    on_date: Mapped[date | None]
    at_time: Mapped[time | None]
    reason: Mapped[str] = mapped_column(Text)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Meeting(Base):
    """Where and when a meet step really takes place for an intake or one person.

    Without a row the step's own day, time and place hold. Wall-clock in `time_zone`.
    """

    __tablename__ = "meeting"
    __table_args__ = (
        CheckConstraint(
            "(intake_id IS NULL) <> (assignment_id IS NULL)", name="intake_or_assignment"
        ),
        Index(
            "uq_meeting_intake",
            "intake_id",
            "step_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
        Index(
            "uq_meeting_assignment",
            "assignment_id",
            "step_id",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int | None] = mapped_column(ForeignKey("intake.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignment.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    on_date: Mapped[date]
    at_time: Mapped[time]
    time_zone: Mapped[str] = mapped_column(String(60))
    place: Mapped[str] = mapped_column(String(300))
    host_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class EffortScore(Base):
    """Was this easy to learn? 1 to 5, by one person of one version; they may change it."""

    __tablename__ = "effort_score"
    __table_args__ = (
        UniqueConstraint("person_id", "step_version_id"),
        CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        Index("ix_effort_score_step", "step_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    step_id: Mapped[int] = mapped_column(ForeignKey("step.id"))
    step_version_id: Mapped[int] = mapped_column(ForeignKey("step_version.id"))
    score: Mapped[int] = mapped_column(SmallInteger)
    comment: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
