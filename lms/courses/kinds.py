"""Kinds of steps: which front-matter keys each takes. Other parts register their own.

A `Key` says what a value must be; a check returns what is wrong with it, or None. Nothing here
knows what doing a step means: that is for `rules` and for the part that registered the kind.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

Check = Callable[[Any], str | None]
"""Says in a few words what a value must be instead, or None when it is fine."""

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_SLUG = 80
CONFIRMING_ROLES = ("coach", "trainer", "manager", "mentor")
_VIDEO = re.compile(r"media/[a-z0-9-]+\.(?:mp4|webm)")
_CLOCK_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class Key:
    """A front-matter key of a kind: what it must be, and what holds when it is left out."""

    name: str
    check: Check
    required: bool = False
    default: object = None
    translated: bool = False
    """Whether a translation may give its own value."""


@dataclass(frozen=True)
class StepKind:
    """A kind of step. With `check_ref` its `ref` is required and must pass."""

    name: str
    keys: tuple[Key, ...] = ()
    check_ref: Check | None = None

    @property
    def needs_ref(self) -> bool:
        """Whether a step of this kind refers to something: a video, a quiz."""
        return self.check_ref is not None

    def key(self, name: str) -> Key | None:
        """Return the key of this name, or None."""
        return next((key for key in self.keys if key.name == name), None)


def text(longest: int) -> Check:
    """Check for one line of words."""

    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "must be text; put it in quotes"
        if not value.strip():
            return "must not be empty"
        if "\n" in value.strip():
            return "must be one line"
        return f"is longer than {longest} characters" if len(value) > longest else None

    return check


def whole(least: int, most: int) -> Check:
    """Check for a whole number within limits."""

    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            return f"must be a whole number from {least} to {most}"
        return None

    return check


def one_of(*choices: str) -> Check:
    """Check for one of some words."""

    def check(value: Any) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}"

    return check


def sentences(least: int, most: int, longest: int) -> Check:
    """Check for a list of short sentences."""
    sentence = text(longest)

    def check(value: Any) -> str | None:
        if not isinstance(value, list) or not least <= len(value) <= most:
            return f"must be a list of {least} to {most} sentences"
        for number, entry in enumerate(value, 1):
            if wrong := sentence(entry):
                return f"entry {number} {wrong}"
        return None

    return check


def flag(value: Any) -> str | None:
    """Check for true or false."""
    return None if isinstance(value, bool) else "must be true or false"


def clock_time(value: Any) -> str | None:
    """Check for a wall-clock time such as "10:00", which YAML reads as a number unless quoted."""
    if isinstance(value, str) and _CLOCK_TIME.fullmatch(value):
        return None
    return 'must be a time in quotes, such as "10:00"'


def slug(value: Any) -> str | None:
    """Check for lower-case letters, digits and single hyphens."""
    if isinstance(value, str) and len(value) <= MAX_SLUG and SLUG.fullmatch(value):
        return None
    return "must be lower-case letters, digits and hyphens"


def https_address(value: str) -> bool:
    """Whether this is an https address with a host and without spaces or user names."""
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    plain = re.search(r"[\s\\<>\"]", value) is None
    return plain and parts.scheme == "https" and bool(parts.hostname) and parts.username is None


def place(value: Any) -> str | None:
    """Check for a room, or an https link when it is a link."""
    if wrong := text(300)(value):
        return wrong
    if re.match(r"[a-z][a-z0-9+.-]*:", value, re.I) and "://" in value:
        return None if https_address(value) else "must be a room or an https link"
    if re.match(r"\s*(?:javascript|data|vbscript)\s*:", value, re.I):
        return "must be a room or an https link"
    return None


def video(value: Any) -> str | None:
    """Check for `media/<file>` or an https address; whether the file is there is asked later."""
    if (
        isinstance(value, str)
        and len(value) <= 300
        and (_VIDEO.fullmatch(value) or https_address(value))
    ):
        return None
    return "must be media/<file>.mp4, media/<file>.webm or an https address"


_kinds: dict[str, StepKind] = {}


def register(kind: StepKind) -> None:
    """Make a kind known. The same kind again is fine; another one of its name is refused."""
    known = _kinds.setdefault(kind.name, kind)
    if known != kind:
        raise ValueError(f"step kind {kind.name} is already registered")


def find(name: str) -> StepKind | None:
    """Return a registered kind."""
    return _kinds.get(name)


def names() -> tuple[str, ...]:
    """Return the names of the registered kinds, in the order of registration."""
    return tuple(_kinds)


def registered() -> tuple[StepKind, ...]:
    """Return the registered kinds."""
    return tuple(_kinds.values())


READ = StepKind("read")
WATCH = StepKind("watch", check_ref=video)
DO = StepKind(
    "do",
    keys=(
        Key("checklist", sentences(2, 12, 300), required=True, translated=True),
        Key("confirm_by", one_of(*CONFIRMING_ROLES), required=True),
        Key("critical", flag, default=False),
    ),
)
MEET = StepKind(
    "meet",
    keys=(
        Key("at", clock_time, required=True),
        Key("place", place, required=True, translated=True),
        Key("hosted_by", one_of(*CONFIRMING_ROLES), default="trainer"),
    ),
)
for _kind in (READ, WATCH, DO, MEET):
    register(_kind)
