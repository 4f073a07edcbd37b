"""Lesson bodies and media addresses, kept in the process.

A step's version never changes, so neither does its body; a new translation raises the course's
`texts_number`, which is part of the key.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lms.core.models import StoredFile
from lms.core.shelf import Shelf
from lms.courses.models import StepText, StepVersion, VersionMedium


@dataclass(frozen=True)
class Body:
    """A lesson's sanitised HTML and the language that it is in."""

    html: str
    language: str


@dataclass(frozen=True)
class Medium:
    """A file of a course version: its content's SHA-256 and type."""

    sha256: str
    media_type: str


_bodies: Shelf[Body] = Shelf(1000)
_media: Shelf[Mapping[str, Medium]] = Shelf(100)


def body(session: Session, step_version_id: int, language: str, texts_number: int) -> Body:
    """Return a lesson's body in a language, else in the source's.

    No statements when warm, one when cold.
    """
    return _bodies.read(
        session,
        (step_version_id, language, texts_number),
        lambda: _load_body(session, step_version_id, language),
    )


def media(session: Session, course_version_id: int) -> Mapping[str, Medium]:
    """Return a version's files by their path. No statements when warm, one when cold."""
    return _media.read(
        session, (course_version_id,), lambda: _load_media(session, course_version_id)
    )


def _load_body(session: Session, step_version_id: int, language: str) -> Body:
    """Take the newest translation written against this version or an earlier one."""
    against = aliased(StepVersion)
    translated = (
        select(StepText.html)
        .join(against, against.id == StepText.step_version_id)
        .where(
            StepText.step_id == StepVersion.step_id,
            StepText.language == language,
            against.number <= StepVersion.number,
        )
        .order_by(StepText.number.desc())
        .limit(1)
        .correlate(StepVersion)
        .scalar_subquery()
    )
    source, text = session.execute(
        select(StepVersion.html, translated).where(StepVersion.id == step_version_id)
    ).one()
    # A withdrawn translation is an empty one.
    return Body(text, language) if text else Body(source, "en")


def _load_media(session: Session, course_version_id: int) -> Mapping[str, Medium]:
    rows = session.execute(
        select(VersionMedium.path, StoredFile.sha256, StoredFile.media_type)
        .join(StoredFile, StoredFile.id == VersionMedium.file_id)
        .where(VersionMedium.course_version_id == course_version_id)
    )
    return {path: Medium(sha256, media_type) for path, sha256, media_type in rows}
