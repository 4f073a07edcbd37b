"""A course as its folder says it: frozen, checked, rendered, without a database."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Week:
    """A week's words."""

    title: str
    theme: str
    goal: str


@dataclass(frozen=True)
class Medium:
    """A picture or video: its path in the course's folder and what is in it."""

    path: str
    file: Path
    sha256: str
    size: int
    media_type: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class FrameTranslation:
    """`track.<language>.md`."""

    language: str
    path: str
    source: str
    title: str
    summary: str
    weeks: tuple[Week, ...]
    html: str
    media: tuple[Medium, ...] = ()


@dataclass(frozen=True)
class StepTranslation:
    """`<nn>-<name>.<language>.md`."""

    language: str
    path: str
    source: str
    title: str
    summary: str
    options: Mapping[str, Any]
    html: str
    media: tuple[Medium, ...] = ()
    """The pictures that its text shows."""


@dataclass(frozen=True)
class StepSource:
    """A step's file and its translations."""

    slug: str
    path: str
    source: str
    week: int
    number: int
    day: int
    kind: str
    ref: str | None
    title: str
    summary: str
    minutes: int
    required: bool
    options: Mapping[str, Any]
    due: Mapping[str, Any]
    html: str
    media: tuple[Medium, ...] = ()
    translations: tuple[StepTranslation, ...] = ()

    @property
    def digest(self) -> str:
        """Return the SHA-256 of what makes a version: the file and the pictures in its text."""
        shown = sorted((medium.path, medium.sha256) for medium in self.media)
        return _digest([self.source, *shown])


@dataclass(frozen=True)
class CourseSource:
    """A track's whole folder. Steps are in the order in which they are walked."""

    slug: str
    source: str
    title: str
    summary: str
    days_per_week: int
    weeks: tuple[Week, ...]
    html: str
    frame_media: tuple[Medium, ...]
    translations: tuple[FrameTranslation, ...]
    steps: tuple[StepSource, ...]
    media: tuple[Medium, ...]
    files: int
    """How many files were looked at."""

    @property
    def digest(self) -> str:
        """Return the SHA-256 over frame, steps in order, and media; translations are apart."""
        steps = [(step.path, step.digest) for step in self.steps]
        media = [(medium.path, medium.sha256) for medium in self.media]
        return _digest([self.source, steps, media])


def _digest(parts: list[Any]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
