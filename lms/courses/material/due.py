"""Due references between the steps of a course: they lead somewhere and never in a circle."""

from collections.abc import Mapping, Sequence

from lms.courses.material.folder import Findings
from lms.courses.material.source import StepSource


def check_due(steps: Sequence[StepSource], findings: Findings, lines: Mapping[str, int]) -> None:
    """Note anchors that lead nowhere and circles; `lines` says where each step has its anchor."""
    by_slug = {step.slug: step for step in steps}
    waits_for: dict[str, str] = {}
    for step in steps:
        before, _, name = str(step.due.get("anchor", "")).partition(":")
        if not name:
            continue
        anchor = by_slug.get(name)
        if anchor is None:
            findings.add(step.path, lines[step.path], f"due.anchor: there is no step {name}")
        elif before == "session" and anchor.kind != "meet":
            findings.add(step.path, lines[step.path], f"due.anchor: {name} is no meet step")
        elif before == "done" or anchor is step:
            waits_for[step.slug] = name
    for slug in _circling(waits_for):
        step = by_slug[slug]
        message = f"due.anchor: a circle, {waits_for[slug]} waits for {slug} itself"
        findings.add(step.path, lines[step.path], message)


def _circling(waits_for: Mapping[str, str]) -> list[str]:
    """Return the steps that stand on a circle. Each waits for at most one other."""
    settled: set[str] = set()
    circling: list[str] = []
    for start in waits_for:
        way: dict[str, int] = {}
        at: str | None = start
        while at is not None and at not in settled and at not in way:
            way[at] = len(way)
            at = waits_for.get(at)
        if at is not None and at in way:
            circling += [slug for slug, position in way.items() if position >= way[at]]
        settled.update(way)
    return circling
