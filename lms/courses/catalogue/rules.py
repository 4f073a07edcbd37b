"""What differs between two versions of a course, and how far translations follow. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from lms.courses.outline import Outline, OutlineStep


class Kind(StrEnum):
    """How a step differs between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True)
class Change:
    """A step that differs, as it is afterwards (or was, when removed)."""

    kind: Kind
    step: OutlineStep


def changes(old: Outline, new: Outline) -> list[Change]:
    """Return what somebody meets who moves from one version to another.

    In the order of the new version, what is gone at the end. A step with new words counts as
    changed even when it moved too.
    """
    before = {step.id: step for step in old.steps}
    found = []
    for step in new.steps:
        known = before.pop(step.id, None)
        if known is None:
            found.append(Change(Kind.ADDED, step))
        elif known.version_id != step.version_id:
            found.append(Change(Kind.CHANGED, step))
        elif (known.week, known.day) != (step.week, step.day):
            found.append(Change(Kind.MOVED, step))
    return found + [Change(Kind.REMOVED, step) for step in before.values()]


@dataclass(frozen=True)
class Translation:
    """How far a language follows the newest version of a track."""

    language: str
    translated: int
    total: int
    stale: Sequence[str]
    """Slugs of the steps whose translation was written against an older version."""

    @property
    def complete(self) -> bool:
        """Whether every step is translated and none is stale."""
        return self.translated == self.total and not self.stale
