"""What the demo's trainees did up to now: events that obey the same rules as real ones."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.courses.models import EffortScore, StepEvent
from lms.courses.outline import Outline, OutlineStep
from lms.courses.rules import Event
from lms.courses.schedule import Frame, StepDates, resolve

_BATCH = 5000
_WHOLE = {"render_nulls": True}
"""Every row names every column, so that a batch stays one batch."""
CLAIM_NOTES = (
    "Done. The second part took me two tries; I wrote down why.",
    "I did the first one with a colleague and the rest alone.",
    "Ready. There was one thing I was not sure about, so I asked before I guessed.",
    "All of it is in the practice area under my name. I am proud of the last one.",
)
NOT_YET = (
    "The facts are right, the note is missing: a colleague could not take over from you tomorrow.",
    "You told me what the screens show. Tell me what she needs, then we are there.",
    "Nearly. You answered before you had read to the end; take one more, slowly, and show me.",
)
CONFIRMED = (
    "Calm and complete. The note says exactly what I would need.",
    "You asked before you guessed. Keep that.",
    "",
)
COMMENTS = (
    (2, "The part about split shipments needs a picture."),
    (2, "I had to read the warranty table three times."),
    (3, "Good case, but the checklist came too late for me."),
    (5, "The dialogue showed it at once."),
    (4, "More of these cases, please."),
    (5, "I used it with a customer the same afternoon."),
)


@dataclass(frozen=True)
class Walker:
    """One trainee: how reliably and how fast they walk. `pace` is 0 to 1."""

    assignment_id: int
    person_id: int
    coach_id: int
    trainer_id: int
    manager_id: int
    mentor_id: int
    frame: Frame
    pace: float
    star: str | None = None


def walk(
    session: Session, outline: Outline, walkers: Sequence[Walker], now: datetime, seed: int
) -> int:
    """Write the events of all walkers up to `now`; return how many."""
    chance = random.Random(seed)
    events: list[dict[str, Any]] = []
    scores: list[dict[str, Any]] = []
    written = 0
    known: dict[date, dict[int, StepDates]] = {}
    for walker in walkers:
        # The walkers of an intake share one calendar, so dates differ by start alone.
        start = walker.frame.starts_on
        dates = known.setdefault(start, known.get(start) or resolve(outline, walker.frame))
        for step in outline.steps:
            events.extend(_events(step, dates[step.id], walker, now, chance))
            scores.extend(_scores(step, events, walker, now, chance))
        if len(events) > _BATCH:
            written += _write(session, events, scores)
    return written + _write(session, events, scores)


def _write(session: Session, events: list[dict[str, Any]], scores: list[dict[str, Any]]) -> int:
    count = len(events)
    if events:
        session.execute(insert(StepEvent), events, execution_options=_WHOLE)
    if scores:
        session.execute(insert(EffortScore), scores, execution_options=_WHOLE)
    events.clear()
    scores.clear()
    return count


def _events(
    step: OutlineStep, dates: StepDates, walker: Walker, now: datetime, chance: random.Random
) -> Iterator[dict[str, Any]]:
    """Yield what happened about one step."""
    planned = dates.opens_at + (dates.planned_on - dates.opens_on)
    at = planned + timedelta(hours=9 + step.position % 7, minutes=chance.randrange(55))
    if walker.star is None and chance.random() > walker.pace:
        at += timedelta(days=chance.choice((1, 1, 2, 4)))
        if chance.random() > 0.75:
            return
    story = _star_story(step, walker) if walker.star else None
    if at >= now and story is None:
        return
    yield from _of_kind(step, walker, at, now, chance, story)


def _star_story(step: OutlineStep, walker: Walker) -> str | None:
    """Return what the demo's listed trainees have met, so that every state can be seen."""
    if walker.star == "trainee@demo.test" and step.slug == "first-look-round":
        return "returned"
    if walker.star == "trainee3@demo.test" and step.slug == "first-live-conversation":
        return "claimed"
    return None


def _of_kind(
    step: OutlineStep,
    walker: Walker,
    at: datetime,
    now: datetime,
    chance: random.Random,
    story: str | None,
) -> Iterator[dict[str, Any]]:
    if step.kind == "meet":
        attended = walker.star is not None or chance.random() < 0.95
        kind = Event.ATTENDED if attended else Event.MISSED
        yield _row(step, walker, 1, kind, at, walker.trainer_id)
        return
    if step.kind != "do":
        yield _row(step, walker, 1, Event.DONE, at, walker.person_id)
        return
    at = min(at, now - timedelta(hours=20)) if story else at
    note = chance.choice(CLAIM_NOTES)
    yield _row(step, walker, 1, Event.CLAIMED, at, walker.person_id, note)
    decided = at + timedelta(hours=3)
    if decided >= now or story == "claimed":
        return
    confirmer = _confirmer(step, walker)
    sequence = 2
    if story == "returned" or (story is None and chance.random() < 0.25):
        because = chance.choice(NOT_YET)
        follow_up = now.date() if story else (decided + timedelta(days=1)).date()
        yield _row(step, walker, 2, Event.RETURNED, decided, confirmer, because, follow_up)
        again = decided + timedelta(hours=20)
        if story == "returned" or again + timedelta(hours=3) >= now:
            return
        yield _row(step, walker, 3, Event.CLAIMED, again, walker.person_id, note)
        decided, sequence = again + timedelta(hours=3), 4
    elif chance.random() < 0.12 and decided > now - timedelta(days=2):
        return
    praise = chance.choice(CONFIRMED) or None
    yield _row(step, walker, sequence, Event.CONFIRMED, decided, confirmer, praise)


def _confirmer(step: OutlineStep, walker: Walker) -> int:
    return {
        "manager": walker.manager_id,
        "mentor": walker.mentor_id,
        "trainer": walker.trainer_id,
    }.get(str(step.options.get("confirm_by")), walker.coach_id)


def _row(
    step: OutlineStep,
    walker: Walker,
    sequence: int,
    kind: Event,
    at: datetime,
    actor_id: int,
    note: str | None = None,
    follow_up_on: object = None,
) -> dict[str, Any]:
    return {
        "assignment_id": walker.assignment_id,
        "step_id": step.id,
        "step_version_id": step.version_id,
        "sequence": sequence,
        "kind": kind.value,
        "at": at,
        "actor_id": actor_id,
        "note": note,
        "file_id": None,
        "follow_up_on": follow_up_on,
    }


def _scores(
    step: OutlineStep,
    events: Sequence[dict[str, Any]],
    walker: Walker,
    now: datetime,
    chance: random.Random,
) -> Iterator[dict[str, Any]]:
    """Yield an effort score for about every second lesson that was just read."""
    newest = events[-1] if events else None
    read = (
        step.kind == "read"
        and newest is not None
        and newest["step_id"] == step.id
        and newest["assignment_id"] == walker.assignment_id
    )
    if not read or newest is None or chance.random() < 0.5:
        return
    score, comment = chance.choice((3, 4, 4, 5, 5)), None
    if chance.random() < 0.12:
        score, comment = chance.choice(COMMENTS)
    yield {
        "person_id": walker.person_id,
        "step_id": step.id,
        "step_version_id": step.version_id,
        "score": score,
        "comment": comment,
        "at": min(newest["at"] + timedelta(minutes=20), now),
    }
