"""Tables of people. Ties between people are dated, so that the past stays as it was."""

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from lms.core.db import Base, Fact, UtcDateTime


class Company(Base):
    """The one company of this database."""

    __tablename__ = "company"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1)
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(8), default="en")
    time_zone: Mapped[str] = mapped_column(String(60), default="UTC")
    logo_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=1)
    """Raised by every change, so that processes notice."""


class Site(Base):
    """A place of work: its zone, its week and (through Holiday) its days off."""

    __tablename__ = "site"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    time_zone: Mapped[str] = mapped_column(String(60))
    week_starts_on: Mapped[int] = mapped_column(default=0)
    """0 = Monday … 6 = Sunday."""
    working_weekdays: Mapped[str] = mapped_column(String(7), default="01234")
    """The digits of the weekdays worked, 0 = Monday."""


class Holiday(Base):
    """A day off: of one site, or of the whole company (no site)."""

    __tablename__ = "holiday"
    __table_args__ = (
        UniqueConstraint("site_id", "on_date"),
        Index(
            "uq_holiday_company",
            "on_date",
            unique=True,
            sqlite_where=text("site_id IS NULL"),
            postgresql_where=text("site_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    on_date: Mapped[date]
    name: Mapped[str] = mapped_column(String(120))


class Department(Base):
    """A part of the company, as a label on people."""

    __tablename__ = "department"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))


class Category(Base):
    """A gear category that a seller can be expert in."""

    __tablename__ = "category"
    __table_args__ = (CheckConstraint("season IN ('summer', 'winter', 'all')", name="season"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    season: Mapped[str] = mapped_column(String(10))


class Intake(Base):
    """New hires who start together. Everything else about their weeks is relative to it."""

    __tablename__ = "intake"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    language: Mapped[str | None] = mapped_column(String(8))

    site: Mapped[Site] = relationship(lazy="raise")


class Person(Base):
    """Somebody who can sign in, or could once. Never deleted while facts point here."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    """Normalised and lower-cased: case does not matter."""
    name: Mapped[str] = mapped_column(String(120), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str | None] = mapped_column(String(8))
    time_zone: Mapped[str | None] = mapped_column(String(60))
    """For showing times; None means the site's."""
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("department.id"))
    started_on: Mapped[date | None]
    leaves_on: Mapped[date | None]
    """Last day of work: access ends when it is over, in the site's zone."""
    deactivated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    photo_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    about: Mapped[str | None] = mapped_column(Text)
    feed_epoch: Mapped[int] = mapped_column(default=0)
    """0 = no calendar address yet; raising it revokes the one before."""
    digest: Mapped[bool] = mapped_column(default=True)
    """Whether the daily mail is wanted."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    site: Mapped[Site | None] = relationship(lazy="raise")
    department: Mapped[Department | None] = relationship(lazy="raise")
    roles: Mapped[list["PersonRole"]] = relationship(lazy="raise", order_by="PersonRole.role")


class PersonRole(Base):
    """One role of a person."""

    __tablename__ = "person_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True, index=True)


class PersonCategory(Base):
    """A gear category a person knows: `claimed` until there is evidence."""

    __tablename__ = "person_category"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("category.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=1)

    category: Mapped[Category] = relationship(lazy="raise")


class WorkingLanguage(Base):
    """A language a person can serve customers in."""

    __tablename__ = "working_language"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(8), primary_key=True)


class IntakeMember(Base):
    """Membership of an intake; one at a time."""

    __tablename__ = "intake_member"
    __table_args__ = (
        Index(
            "uq_intake_member_current",
            "person_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    intake_id: Mapped[int] = mapped_column(ForeignKey("intake.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Coaching(Base):
    """A coach stands beside a trainee from a date until another."""

    __tablename__ = "coaching"
    __table_args__ = (
        CheckConstraint("person_id <> coach_id", name="not_self"),
        Index(
            "uq_coaching_current",
            "person_id",
            "coach_id",
            unique=True,
            sqlite_where=text("until_at IS NULL"),
            postgresql_where=text("until_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    coach_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Reporting(Base):
    """A person reports to a manager from a date until another; one manager at a time."""

    __tablename__ = "reporting"
    __table_args__ = (
        CheckConstraint("person_id <> manager_id", name="not_self"),
        Index(
            "uq_reporting_current",
            "person_id",
            unique=True,
            sqlite_where=text("until_at IS NULL"),
            postgresql_where=text("until_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    manager_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    since_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Shift(Base):
    """A weekly pattern: on this weekday from wall-clock time to time, in the site's zone."""

    __tablename__ = "shift"
    __table_args__ = (UniqueConstraint("person_id", "weekday", "starts_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    weekday: Mapped[int]
    starts_at: Mapped[time]
    ends_at: Mapped[time]
    """Not after `starts_at` means past midnight."""


class ShiftException(Base):
    """One date that differs from the weekly pattern; without times it is a day off."""

    __tablename__ = "shift_exception"
    __table_args__ = (UniqueConstraint("person_id", "on_date"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    on_date: Mapped[date]
    starts_at: Mapped[time | None]
    ends_at: Mapped[time | None]


class SelfCheckAnswer(Fact, Base):
    """An answer to a day-one question; the latest counts, earlier ones stay."""

    __tablename__ = "self_check_answer"
    __table_args__ = (Index("ix_self_check_answer_person", "person_id", "question"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    question: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(Text)
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Base):
    """One signed-in browser. Ending the row ends it at the next request, in every worker."""

    __tablename__ = "sign_in"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remembered: Mapped[bool]
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(200))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_why: Mapped[str | None] = mapped_column(String(40))


class SignInFailure(Base):
    """A failed sign-in, reset or confirmation, counted by address and by mail address."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    email_hash: Mapped[str] = mapped_column(String(64), index=True)


class AccessLink(Base):
    """A one-use link: `invite`, `reset` or `slip`. Only the hash of its token is kept."""

    __tablename__ = "access_link"
    __table_args__ = (
        CheckConstraint("purpose IN ('invite', 'reset', 'slip')", name="purpose"),
        Index("ix_access_link_person", "person_id", "purpose"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    purpose: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Notification(Base):
    """A sentence for a person in the app; mailed in the daily digest, or at once if urgent.

    `kind` names the sentence, `values` fill it, `url` leads to the thing. `key` makes it one
    for each event.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        Index("ix_notification_person", "person_id", "id"),
        Index(
            "ix_notification_unmailed",
            "created_at",
            sqlite_where=text("mailed_at IS NULL"),
            postgresql_where=text("mailed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(120))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    url: Mapped[str] = mapped_column(String(300))
    urgent: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
