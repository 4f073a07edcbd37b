"""What people do about steps: finish, claim, confirm, say not yet, attend. One function an act.

Each writes one StepEvent after asking permission, state and rule. Another part completes a step
of its own kind through `complete_step`.
"""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.permissions import Actor, Permission, Role, require
from lms.courses import policy
from lms.courses.models import Assignment, EffortScore, StepEvent
from lms.courses.outline import OutlineStep, titles
from lms.courses.queries import OnCourse, on_course, standing
from lms.courses.rules import (
    Event,
    State,
    check_confirmer,
    check_follow_up,
    next_state,
)
from lms.courses.standing import Standing, StepStanding
from lms.people.notices.operations import notify
from lms.people.ties import Ties, ties

NOTE_LENGTH = 4000


@dataclass(frozen=True)
class _Found:
    """What an act on one step needs to know."""

    place: OnCourse
    standing: Standing
    step: StepStanding


def finish_step(
    session: Session, *, actor: Actor, assignment_id: int, step_id: int, now: datetime
) -> State:
    """Finish a step that one finishes oneself (read, watch); doing it again changes nothing.

    Refuses `step_locked` before its week opens and `step_kind` for kinds that others settle.
    """
    found = _find(session, actor, assignment_id, step_id, now)
    if found.place.person_id != actor.person_id:
        raise NotAllowed("own_steps_only")
    if found.step.step.kind not in ("read", "watch"):
        raise Refused("step_kind")
    if found.step.done:
        return State.DONE
    _check_open(found, now)
    return _record(session, found, Event.DONE, actor=actor, now=now)


def complete_step(
    session: Session, *, actor: Actor, assignment_id: int, step_id: int, now: datetime, note: str
) -> State:
    """Complete a step of a kind that another part settles (quiz, observe), by its own rule.

    Repeating it changes nothing. `note` says by what evidence. Called by operations above, never
    by a view; the caller has asked its own policy.
    """
    found = _find(session, actor, assignment_id, step_id, now)
    if found.step.step.kind in ("read", "watch", "do", "meet"):
        raise Refused("step_kind")
    if found.step.done:
        return State.DONE
    return _record(session, found, Event.DONE, actor=actor, now=now, note=note)


def claim_task(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    note: str,
    now: datetime,
    file_id: int | None = None,
) -> State:
    """Say that a task is done, with a note or a photo, and ask its role to confirm.

    Refuses `claim_empty` without both, `claim_long`, `step_locked` and `step_state`.
    """
    found = _find(session, actor, assignment_id, step_id, now)
    if found.place.person_id != actor.person_id:
        raise NotAllowed("own_steps_only")
    if not note.strip() and file_id is None:
        raise Refused("claim_empty", field="note")
    _check_note(note)
    _check_open(found, now)
    state = _record(
        session, found, Event.CLAIMED, actor=actor, now=now, note=note.strip(), file_id=file_id
    )
    beside = ties(session, [found.place.person_id])[found.place.person_id]
    step = titles(session, found.step.step.version_id)
    for person_id in _confirmers(found.step.step, beside):
        notify(
            session,
            person_id=person_id,
            kind="task_claimed",
            key=_key(found, state, now),
            values={"person": found.place.person_name, "step": step},
            url=f"/claims/{found.place.assignment_id}/{step_id}",
            now=now,
        )
    return state


def withdraw_claim(
    session: Session, *, actor: Actor, assignment_id: int, step_id: int, now: datetime
) -> State:
    """Take a claim back before anybody has decided on it."""
    found = _find(session, actor, assignment_id, step_id, now)
    if found.place.person_id != actor.person_id:
        raise NotAllowed("own_steps_only")
    return _record(session, found, Event.WITHDRAWN, actor=actor, now=now)


def confirm_task(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    now: datetime,
    note: str = "",
) -> State:
    """Confirm a claimed task, as the role that the step names. Nobody confirms their own."""
    found = _decidable(session, actor, assignment_id, step_id, now)
    _check_note(note)
    state = _record(session, found, Event.CONFIRMED, actor=actor, now=now, note=note.strip())
    _tell_trainee(session, found, "task_confirmed", state, now)
    return state


def return_task(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    because: str,
    follow_up_on: date | None,
    now: datetime,
) -> State:
    """Say "not yet, because …" about a claimed task and set the day to show it again.

    Refuses `because_missing` and a day that is not within the next 30 days.
    """
    found = _decidable(session, actor, assignment_id, step_id, now)
    if not because.strip():
        raise Refused("because_missing", field="because")
    _check_note(because)
    day = check_follow_up(follow_up_on, found.standing.today)
    state = _record(
        session,
        found,
        Event.RETURNED,
        actor=actor,
        now=now,
        note=because.strip(),
        follow_up_on=day,
    )
    _tell_trainee(session, found, "task_returned", state, now)
    return state


def note_attendance(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    attended: bool,
    now: datetime,
) -> State:
    """Write down whether somebody was at a session; only from its start on.

    The session's hosts do it: trainers, and coaches for their own trainees.
    """
    found = _find(session, actor, assignment_id, step_id, now)
    if found.place.person_id == actor.person_id or not (
        policy.may_run_intakes(actor) or actor.has(Role.COACH, Role.MANAGER, Role.MENTOR)
    ):
        raise NotAllowed("attendance")
    if found.step.dates.meets_at is None or now < found.step.dates.meets_at:
        raise Refused("session_not_begun")
    event = Event.ATTENDED if attended else Event.MISSED
    if found.step.state is (State.DONE if attended else State.MISSED):
        return found.step.state
    return _record(session, found, event, actor=actor, now=now)


def reopen_step(
    session: Session,
    *,
    actor: Actor,
    assignment_id: int,
    step_id: int,
    reason: str,
    now: datetime,
) -> State:
    """Open a done step again, with a reason that the trainee reads."""
    require(actor, Permission.RUN_INTAKES)
    found = _find(session, actor, assignment_id, step_id, now)
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    state = _record(session, found, Event.REOPENED, actor=actor, now=now, note=reason.strip())
    audit.record(
        session,
        actor=actor,
        verb="reopen_step",
        subject_type="assignment",
        subject_id=assignment_id,
        reason=reason.strip(),
        now=now,
        step_id=step_id,
    )
    _tell_trainee(session, found, "step_reopened", state, now)
    return state


def rate_effort(
    session: Session,
    *,
    actor: Actor,
    step_id: int,
    step_version_id: int,
    score: int,
    comment: str,
    now: datetime,
) -> EffortScore:
    """Keep a person's "was this easy to learn?" for a version; giving it again changes it."""
    if not 1 <= score <= 5:
        raise Refused("effort_range", field="effort")
    _check_note(comment)
    row = session.scalar(
        select(EffortScore).where(
            EffortScore.person_id == actor.person_id,
            EffortScore.step_version_id == step_version_id,
        )
    )
    if row is None:
        row = EffortScore(
            person_id=actor.person_id, step_id=step_id, step_version_id=step_version_id
        )
        session.add(row)
    row.score, row.comment, row.at = score, comment.strip() or None, now
    return row


def load_visible(session: Session, actor: Actor, assignment_id: int) -> OnCourse:
    """Return an assignment that the actor may see; raise NotFound otherwise. One statement."""
    query = on_course().where(Assignment.id == assignment_id)
    if not actor.is_system:
        query = query.where(policy.visible_assignments(actor))
    row = session.execute(query).first()
    if row is None:
        raise NotFound
    return OnCourse(*row)


def _find(
    session: Session, actor: Actor, assignment_id: int, step_id: int, now: datetime
) -> _Found:
    place = load_visible(session, actor, assignment_id)
    if place.ended_at is not None:
        raise Refused("course_ended")
    whole = standing(session, place, language="en", now=now)
    step = whole.by_id.get(step_id)
    if step is None:
        raise NotFound
    return _Found(place, whole, step)


def _decidable(
    session: Session, actor: Actor, assignment_id: int, step_id: int, now: datetime
) -> _Found:
    require(actor, Permission.CONFIRM_TASKS)
    found = _find(session, actor, assignment_id, step_id, now)
    beside = ties(session, [found.place.person_id])[found.place.person_id]
    check_confirmer(
        actor,
        str(found.step.step.options.get("confirm_by", Role.COACH)),
        person_id=found.place.person_id,
        coaches=beside.coach_ids,
        manager=beside.manager_id,
    )
    return found


def _check_open(found: _Found, now: datetime) -> None:
    if found.step.waived:
        raise Refused("step_waived")
    if not found.step.dates.is_open(now):
        raise Refused("step_locked", opens=found.step.dates.opens_on.isoformat())


def _check_note(note: str) -> None:
    if len(note) > NOTE_LENGTH:
        raise Refused("note_long", field="note", most=NOTE_LENGTH)


def _record(
    session: Session,
    found: _Found,
    event: Event,
    *,
    actor: Actor,
    now: datetime,
    note: str | None = None,
    file_id: int | None = None,
    follow_up_on: date | None = None,
) -> State:
    """Write the event as the next of its step; whoever comes second is refused."""
    state = next_state(found.step.step.kind, found.step.state, event)
    sequence = found.step.last.sequence + 1 if found.step.last else 1
    try:
        with session.begin_nested():
            session.add(
                StepEvent(
                    assignment_id=found.place.assignment_id,
                    step_id=found.step.step.id,
                    step_version_id=found.step.step.version_id,
                    sequence=sequence,
                    kind=event.value,
                    at=now,
                    actor_id=actor.person_id,
                    note=note or None,
                    file_id=file_id,
                    follow_up_on=follow_up_on,
                )
            )
    except IntegrityError:
        raise Refused("step_state", state=found.step.state.value, event=event.value) from None
    return state


def _confirmers(step: OutlineStep, beside: Ties) -> list[int]:
    """Return whom to tell of a claim: the trainee's own coaches or manager.

    Trainers and mentors are not told one by one: a claim waits for any of them, on Today.
    """
    role = step.options.get("confirm_by")
    if role == Role.MANAGER:
        return [beside.manager.id] if beside.manager else []
    return [coach.id for coach in beside.coaches] if role == Role.COACH else []


def _tell_trainee(session: Session, found: _Found, kind: str, state: State, now: datetime) -> None:
    notify(
        session,
        person_id=found.place.person_id,
        kind=kind,
        key=_key(found, state, now),
        values={"step": titles(session, found.step.step.version_id)},
        url=f"/steps/{found.place.course_slug}/{found.step.step.slug}",
        now=now,
    )


def _key(found: _Found, state: State, now: datetime) -> str:
    sequence = found.step.last.sequence + 1 if found.step.last else 1
    return f"step:{found.place.assignment_id}:{found.step.step.id}:{sequence}:{state.value}"
