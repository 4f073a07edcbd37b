"""Lesson bodies and media addresses, kept in the process.

A step's version never changes, so neither does its body; a new translation raises the course's
`texts_number`, which is part of the key.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lms.core.db import cache_key
from lms.core.models import StoredFile
from lms.courses.models import StepText, StepVersion, VersionMedium

Kept = TypeVar("Kept")


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


class _Shelf(Generic[Kept]):
    """The newest so many things by key, shared by the threads of a process."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, session: Session, key: tuple[Hashable, ...], load: Callable[[], Kept]) -> Kept:
        """Return what is kept under the key; load it when it is not, and while writing."""
        database = cache_key(session)
        if database is None:
            return load()
        full_key = (database, *key)
        with self._lock:
            if full_key in self._things:
                self._things.move_to_end(full_key)
                return self._things[full_key]
        made = load()
        with self._lock:
            self._things[full_key] = made
            while len(self._things) > self._size:
                self._things.popitem(last=False)
        return made


_bodies: _Shelf[Body] = _Shelf(1000)
_media: _Shelf[Mapping[str, Medium]] = _Shelf(100)


def body(session: Session, step_version_id: int, language: str, texts_number: int) -> Body:
    """Return a lesson's body in a language, else in the source's.

    No statements when warm, one when cold.
    """
    return _bodies.get(
        session,
        (step_version_id, language, texts_number),
        lambda: _load_body(session, step_version_id, language),
    )


def media(session: Session, course_version_id: int) -> Mapping[str, Medium]:
    """Return a version's files by their path. No statements when warm, one when cold."""
    return _media.get(
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
