"""Small outlines for tests of rules: a course of some weeks without a database."""

from collections.abc import Mapping, Sequence
from typing import Any

from lms.courses.outline import Outline, OutlineStep, Week


def make_step(
    step_id: int,
    kind: str = "read",
    *,
    week: int = 1,
    day: int = 1,
    required: bool = True,
    options: Mapping[str, Any] | None = None,
    due: Mapping[str, Any] | None = None,
) -> OutlineStep:
    """Return a step named after its id."""
    return OutlineStep(
        id=step_id,
        version_id=1000 + step_id,
        slug=f"step-{step_id}",
        kind=kind,
        ref=None,
        title=f"Step {step_id}",
        summary="",
        minutes=30,
        required=required,
        week=week,
        day=day,
        position=step_id,
        options=options or {},
        due=due or {},
    )


def make_outline(steps: Sequence[OutlineStep], weeks: int = 3) -> Outline:
    """Return a course of so many weeks of five days."""
    return Outline(
        course_id=1,
        course_slug="course",
        version_id=1,
        number=1,
        title="Course",
        summary="",
        html="",
        weeks=tuple(Week(f"Week {n}", "", "") for n in range(1, weeks + 1)),
        days_per_week=5,
        steps=tuple(steps),
        language="en",
    )
