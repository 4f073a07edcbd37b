"""Acts on dates: exceptions with a reason, sessions set to another time, attendance."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import available_timezones

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.core.worktime import moment
from lms.courses.dates.queries import attendees, intake_place
from lms.courses.models import (
    Assignment,
    DateException,
    Meeting,
    Step,
    StepEvent,
    StepVersion,
)
from lms.courses.operations import load_visible
from lms.courses.outline import titles
from lms.courses.queries import standing, standings
from lms.courses.rules import Event, State, next_state
from lms.courses.standing import StepStanding
from lms.people.models import Intake, Person
from lms.people.notices.operations import notify

LONGEST_SHIFT = 60
LONGEST_PAUSE = 180
REASON_LENGTH = 1000
PLACE_LENGTH = 300


@dataclass(frozen=True)
class Scope:
    """Whom an exception or session is for: a whole intake or one person's assignment."""

    intake_id: int | None = None
    assignment_id: int | None = None


def make_exception(
    session: Session,
    *,
    actor: Actor,
    scope: Scope,
    kind: str,
    reason: str,
    now: datetime,
    step_id: int | None = None,
    days: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    on_date: date | None = None,
    at_time: time | None = None,
) -> DateException:
    """Make dates differ for an intake, a person or one step, with a reason. See DateException.

    Refuses what `check_exception` refuses, and `reason_missing` or `reason_long`.
    """
    require(actor, Permission.RUN_INTAKES)
    _check_scope(session, actor, scope)
    check_exception(
        kind, step_id=step_id, days=days, from_on=from_on, until_on=until_on, on_date=on_date
    )
    if not reason.strip():
        raise Refused("reason_missing", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refused("reason_long", field="reason", most=REASON_LENGTH)
    if step_id is not None and session.get(Step, step_id) is None:
        raise NotFound
    row = DateException(
        intake_id=scope.intake_id,
        assignment_id=scope.assignment_id,
        step_id=step_id if kind != "pause" else None,
        kind=kind,
        days=days if kind == "shift" else None,
        from_on=from_on if kind == "pause" else None,
        until_on=until_on if kind == "pause" else None,
        on_date=on_date if kind == "set" else None,
        at_time=at_time if kind == "set" else None,
        reason=reason.strip(),
        made_by=actor.person_id,
        made_at=now,
    )
    session.add(row)
    session.flush()
    _audit(session, actor, scope, "make_exception", now, reason.strip(), kind=kind)
    return row


def check_exception(
    kind: str,
    *,
    step_id: int | None = None,
    days: int | None = None,
    from_on: date | None = None,
    until_on: date | None = None,
    on_date: date | None = None,
) -> None:
    """Refuse an exception that says nothing that dates could follow.

    Refuses `shift_range`, `pause_range`, `set_date_missing`, `step_missing`.
    """
    if kind == "shift" and not (days and abs(days) <= LONGEST_SHIFT):
        raise Refused("shift_range", field="days", most=LONGEST_SHIFT)
    if kind == "pause":
        if from_on is None or until_on is None:
            missing = "from_on" if from_on is None else "until_on"
            raise Refused("pause_range", field=missing, most=LONGEST_PAUSE)
        if not 0 <= (until_on - from_on).days < LONGEST_PAUSE:
            raise Refused("pause_range", field="until_on", most=LONGEST_PAUSE)
    if kind == "set" and on_date is None:
        raise Refused("set_date_missing", field="on_date")
    if kind in ("set", "waive") and step_id is None:
        raise Refused("step_missing", field="step_id")


def withdraw_exception(session: Session, *, actor: Actor, exception_id: int, now: datetime) -> None:
    """Take an exception back; it stays readable. Doing it again changes nothing."""
    require(actor, Permission.RUN_INTAKES)
    row = session.get(DateException, exception_id)
    if row is None:
        raise NotFound
    scope = Scope(row.intake_id, row.assignment_id)
    _check_scope(session, actor, scope)
    if row.withdrawn_at is not None:
        return
    row.withdrawn_at, row.withdrawn_by = now, actor.person_id
    _audit(session, actor, scope, "withdraw_exception", now, None, kind=row.kind)


def set_meeting(
    session: Session,
    *,
    actor: Actor,
    scope: Scope,
    step_id: int,
    on_date: date,
    at_time: time,
    time_zone: str,
    place: str,
    host_id: int | None,
    now: datetime,
) -> Meeting:
    """Set when and where a meet step takes place; the row before stays readable.

    Refuses `zone_unknown`, `place_missing`, `place_long`, `not_a_session`, `host_unknown` and
    `session_changed` when somebody else set it in the same moment.
    """
    require(actor, Permission.RUN_INTAKES)
    _check_scope(session, actor, scope)
    step_version_id = check_session(session, step_id, time_zone, place, host_id)
    session.execute(
        update(Meeting)
        .where(
            Meeting.step_id == step_id,
            Meeting.intake_id == scope.intake_id
            if scope.intake_id is not None
            else Meeting.assignment_id == scope.assignment_id,
            Meeting.replaced_at.is_(None),
        )
        .values(replaced_at=now)
    )
    row = Meeting(
        intake_id=scope.intake_id,
        assignment_id=scope.assignment_id,
        step_id=step_id,
        on_date=on_date,
        at_time=at_time,
        time_zone=time_zone,
        place=place.strip(),
        host_id=host_id,
        made_by=actor.person_id,
        made_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise Refused("session_changed") from None
    _audit(session, actor, scope, "set_meeting", now, None, step_id=step_id)
    _tell(session, row, step_version_id, now)
    return row


def take_attendance(
    session: Session,
    *,
    actor: Actor,
    intake_id: int,
    step_id: int,
    marks: Mapping[int, bool],
    now: datetime,
) -> int:
    """Write down who was at an intake's session, by assignment: True for present.

    Returns how many marks were new; repeating changes nothing. Trainers mark everyone, the
    session's host everyone in it, coaches and managers their own people. Refuses
    `session_not_begun`, and `step_state` for somebody whose presence would be taken back.
    """
    places = attendees(session, actor, intake_id=intake_id, step_id=step_id, only=sorted(marks))
    if len(places) < len(marks):
        raise NotFound
    known = standings(session, places, language="en", now=now)
    begun = _has_begun(session, intake_id, step_id, now)
    events = []
    for place in places:
        step = known[place.assignment_id].by_id.get(step_id)
        if step is None or step.step.kind != "meet":
            raise NotFound
        event = _mark(step, marks[place.assignment_id], begun, now)
        if event is not None:
            events.append(_event(place.assignment_id, step, event, actor, now))
    try:
        with session.begin_nested():
            if events:
                session.execute(insert(StepEvent), events)
    except IntegrityError:
        raise Refused("session_changed") from None
    return len(events)


def _has_begun(session: Session, intake_id: int, step_id: int, now: datetime) -> bool:
    """Whether the intake's session has begun, whatever a late starter's own dates say."""
    place = intake_place(session, intake_id)
    step = standing(session, place, language="en", now=now).by_id.get(step_id) if place else None
    return step is not None and step.dates.meets_at is not None and step.dates.meets_at <= now


def _mark(step: StepStanding, present: bool, begun: bool, now: datetime) -> Event | None:
    """Return the event that a mark means, or None when it says what is known."""
    if step.state is (State.DONE if present else State.MISSED):
        return None
    own = step.dates.meets_at
    if not begun and (own is None or now < own):
        raise Refused("session_not_begun")
    event = Event.ATTENDED if present else Event.MISSED
    next_state("meet", step.state, event)
    return event


def _event(
    assignment_id: int, step: StepStanding, event: Event, actor: Actor, now: datetime
) -> dict[str, object]:
    return {
        "assignment_id": assignment_id,
        "step_id": step.step.id,
        "step_version_id": step.step.version_id,
        "sequence": step.last.sequence + 1 if step.last else 1,
        "kind": event.value,
        "at": now,
        "actor_id": actor.person_id,
    }


def check_session(
    session: Session, step_id: int, time_zone: str, place: str, host_id: int | None
) -> int:
    """Return the session's newest version; refuse what `set_meeting` refuses of its values."""
    if time_zone not in available_timezones():
        raise Refused("zone_unknown", field="time_zone")
    if not place.strip():
        raise Refused("place_missing", field="place")
    if len(place) > PLACE_LENGTH:
        raise Refused("place_long", field="place", most=PLACE_LENGTH)
    step = session.execute(
        select(StepVersion.id, StepVersion.kind)
        .where(StepVersion.step_id == step_id)
        .order_by(StepVersion.number.desc())
        .limit(1)
    ).first()
    if step is None:
        raise NotFound
    if step.kind != "meet":
        raise Refused("not_a_session")
    if host_id is not None:
        host = session.get(Person, host_id)
        if host is None or host.deactivated_at is not None:
            raise Refused("host_unknown", field="host_id")
    return int(step.id)


def _tell(session: Session, row: Meeting, step_version_id: int, now: datetime) -> None:
    """Tell those who are to come, and the host, of a session that still lies ahead."""
    starts_at = moment(row.on_date, row.at_time, row.time_zone)
    if starts_at <= now:
        return
    whose = (
        Assignment.intake_id == row.intake_id
        if row.intake_id is not None
        else Assignment.id == row.assignment_id
    )
    people = session.scalars(
        select(Assignment.person_id).where(whose, Assignment.ended_at.is_(None))
    )
    step = titles(session, step_version_id)
    for person_id in {*people, *([row.host_id] if row.host_id is not None else [])}:
        notify(
            session,
            person_id=person_id,
            kind="session_moved",
            key=f"session:{row.id}",
            values={"step": step, "starts_at": starts_at.isoformat(), "place": row.place},
            url="/",
            now=now,
        )


def _check_scope(session: Session, actor: Actor, scope: Scope) -> None:
    if scope.assignment_id is not None:
        load_visible(session, actor, scope.assignment_id)
    elif scope.intake_id is None or session.get(Intake, scope.intake_id) is None:
        raise NotFound


def _audit(
    session: Session,
    actor: Actor,
    scope: Scope,
    verb: str,
    now: datetime,
    reason: str | None,
    **detail: object,
) -> None:
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type="intake" if scope.intake_id is not None else "assignment",
        subject_id=scope.intake_id or scope.assignment_id,
        reason=reason,
        now=now,
        **detail,
    )
