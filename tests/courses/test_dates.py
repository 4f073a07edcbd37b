"""What moves, what speaks against a session, and the reads behind the screens of dates."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy.orm import Session

from lms.core.errors import NotFound, Refused
from lms.core.worktime import Calendar
from lms.courses import planning
from lms.courses.dates import queries, sessions
from lms.courses.dates.rules import Doubt, Shifts, Slot, doubts, moves
from lms.courses.planning import Scope
from lms.courses.schedule import Adjustment, Appointment, Frame, resolve
from lms.people.models import Shift, ShiftException
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.outlines import make_outline, make_step
from tests.courses.tracks import Track, assignment_of, make_track

BERLIN = Calendar("Europe/Berlin")
TEN = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""Monday, ten o'clock in Berlin."""


def slot(step_id: int = 1, *, at: datetime = TEN, minutes: int = 60, host: int | None = 7) -> Slot:
    return Slot(step_id, f"Session {step_id}", at, at + timedelta(minutes=minutes), host)


def test_only_what_changes_moves_and_what_is_settled_stays_out() -> None:
    outline = make_outline([make_step(1), make_step(2, day=2), make_step(3, week=2)])
    frame = Frame(date(2026, 3, 2), date(2026, 3, 2), BERLIN)
    shift = Adjustment(id=1, kind="shift", reason="", step_id=2, days=1)
    before = resolve(outline, frame)
    after = resolve(outline, Frame(frame.starts_on, frame.own_start, BERLIN, [shift]))
    (move,) = moves(outline, before, after)
    assert move.step.id == 2
    assert move.was is not None
    assert move.becomes is not None
    assert move.becomes - move.was == timedelta(days=1)
    assert moves(outline, before, after, settled=[2]) == []
    assert moves(outline, before, before) == []


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (slot(2, at=TEN + timedelta(minutes=59)), [Doubt.HOST_BUSY]),
        (slot(2, at=TEN - timedelta(minutes=59)), [Doubt.HOST_BUSY]),
        (slot(2, at=TEN + timedelta(minutes=60)), []),
        (slot(2, at=TEN - timedelta(minutes=60)), []),
        (slot(2, host=8), []),
        (slot(2, host=None), []),
        (slot(1), []),
        (slot(1, at=TEN + timedelta(minutes=1)), [Doubt.HOST_BUSY]),
    ],
)
def test_a_host_cannot_be_in_two_sessions_at_once(other: Slot, found: list[Doubt]) -> None:
    assert [kind for kind, _other in doubts(slot(), [other], BERLIN, None)] == found


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (TEN, []),
        (TEN.replace(hour=6), []),
        (TEN.replace(hour=5, minute=59), [Doubt.HOURS]),
        (TEN.replace(hour=18), []),
        (TEN.replace(hour=18, minute=1), [Doubt.HOURS]),
        (TEN + timedelta(days=5), [Doubt.DAY_OFF]),
    ],
)
def test_days_off_and_odd_hours_are_asked_about(at: datetime, found: list[Doubt]) -> None:
    assert [kind for kind, _other in doubts(slot(at=at), [], BERLIN, None)] == found


def test_a_host_works_by_pattern_and_exceptions() -> None:
    shifts = Shifts(
        "Europe/Berlin",
        {0: [(time(9), time(12)), (time(13), time(17))], 4: [(time(22), time(6))]},
        {date(2026, 3, 9): None, date(2026, 3, 10): (time(8), time(11))},
    )

    def works(at: datetime, minutes: int = 60) -> bool:
        return shifts.covers(at, at + timedelta(minutes=minutes))

    assert works(TEN)
    assert not works(TEN, minutes=180), "the lunch break lies inside"
    assert not works(TEN + timedelta(days=1))
    assert not works(TEN + timedelta(days=7)), "a day off"
    assert works(TEN + timedelta(days=8))
    assert works(datetime(2026, 3, 7, 2, tzinfo=UTC)), "Friday's shift goes past midnight"
    assert Shifts("Europe/Berlin", {}, {}).covers(TEN, TEN)
    only_exception = Shifts("Europe/Berlin", {}, {date(2026, 3, 2): None})
    assert not only_exception.covers(TEN, TEN + timedelta(minutes=1))
    assert only_exception.covers(TEN + timedelta(days=1), TEN + timedelta(days=1))


# ---- reads, on both databases --------------------------------------------------------------


@pytest.fixture
def track(session: Session, cast: Cast) -> Track:
    """The usual track, walked by both intakes."""
    made = make_track(session, MONDAY)
    for intake_id in (cast.spring, cast.later):
        planning.assign_intake(
            session,
            actor=cast.actor("ines"),
            intake_id=intake_id,
            course_slug=made.slug,
            now=MONDAY,
        )
    return made


def rows_of(session: Session, intake_id: int) -> list[sessions.SessionRow]:
    place = queries.intake_place(session, intake_id)
    assert place is not None
    return sessions.sessions(session, place, queries.situation(session, place, language="en"))


def meet(session: Session, cast: Cast, track: Track, slug: str, intake_id: int, day: int) -> None:
    planning.set_meeting(
        session,
        actor=cast.actor("ines"),
        scope=Scope(intake_id=intake_id),
        step_id=track.steps[slug],
        on_date=date(2026, 3, day),
        at_time=time(10),
        time_zone="Europe/Berlin",
        place="Roof",
        host_id=cast.ravi,
        now=MONDAY,
    )


def test_sessions_of_an_intake_follow_the_plan_without_a_row(
    session: Session, cast: Cast, track: Track
) -> None:
    welcome, stories = rows_of(session, cast.spring)
    assert (welcome.starts_at, welcome.place, welcome.host_id) == (TEN, "Training room", None)
    assert not welcome.is_set
    assert stories.starts_at == datetime(2026, 3, 10, 14, tzinfo=UTC)
    first = rows_of(session, cast.later)[0]
    assert first.zone == "Asia/Jerusalem"
    assert first.starts_at == datetime(2026, 3, 15, 8, tzinfo=UTC)


def test_a_host_in_two_intakes_at_once_and_away_is_doubted(
    session: Session, cast: Cast, track: Track
) -> None:
    session.add_all(
        [
            Shift(person_id=cast.ravi, weekday=0, starts_at=time(9), ends_at=time(17)),
            ShiftException(person_id=cast.ravi, on_date=date(2026, 3, 9)),
        ]
    )
    meet(session, cast, track, "welcome", cast.spring, 2)
    assert rows_of(session, cast.spring)[0].doubts == ()
    meet(session, cast, track, "stories", cast.later, 2)
    assert rows_of(session, cast.spring)[0].doubts == ((Doubt.HOST_BUSY, "Stories"),)
    meet(session, cast, track, "stories", cast.later, 9)
    meet(session, cast, track, "welcome", cast.spring, 9)
    found = rows_of(session, cast.spring)[0].doubts
    assert found == ((Doubt.HOST_BUSY, "Stories"), (Doubt.HOST_AWAY, ""))
    assert rows_of(session, cast.spring)[0].host_name == "Ravi Menon"


def test_a_session_being_moved_does_not_clash_with_itself(
    session: Session, cast: Cast, track: Track
) -> None:
    meet(session, cast, track, "welcome", cast.spring, 3)
    place = queries.intake_place(session, cast.spring)
    assert place is not None
    step_id = track.steps["welcome"]
    met = Appointment(date(2026, 3, 3), time(10, 15), "Europe/Berlin", "Roof", cast.ravi)
    one = sessions.with_session(queries.situation(session, place, language="en"), step_id, met)
    rows = sessions.sessions(session, place, one, without=step_id)
    assert next(row for row in rows if row.step.id == step_id).doubts == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"time_zone": "Mars/Olympus"}, "zone_unknown"),
        ({"place": " "}, "place_missing"),
        ({"place": "x" * 301}, "place_long"),
        ({"host_id": 9999}, "host_unknown"),
        ({"slug": "orders"}, "not_a_session"),
    ],
)
def test_a_session_that_makes_no_sense_is_refused(
    session: Session, cast: Cast, track: Track, changed: dict[str, object], code: str
) -> None:
    values: dict[str, object] = {
        "slug": "welcome",
        "on_date": cast.start,
        "at_time": time(10),
        "time_zone": "Europe/Berlin",
        "place": "Roof",
        "host_id": None,
        **changed,
    }
    step_id = track.steps[str(values.pop("slug"))]
    with pytest.raises(Refused, match=code):
        planning.set_meeting(
            session,
            actor=cast.actor("ines"),
            scope=Scope(intake_id=cast.spring),
            step_id=step_id,
            now=MONDAY,
            **values,  # type: ignore[arg-type]
        )


def test_exceptions_are_listed_for_who_may_see_them(
    session: Session, cast: Cast, track: Track
) -> None:
    for scope in (
        Scope(intake_id=cast.spring),
        Scope(assignment_id=assignment_of(session, cast.maya)),
        Scope(assignment_id=assignment_of(session, cast.lior)),
    ):
        planning.make_exception(
            session,
            actor=cast.actor("ines"),
            scope=scope,
            kind="shift",
            days=1,
            reason="Because",
            now=MONDAY,
        )

    def listed(name: str, person_id: int | None = None) -> list[str | None]:
        actor = cast.actor(name)
        place = (
            queries.person_place(session, actor, person_id)
            if person_id
            else queries.intake_place(session, cast.spring)
        )
        assert place is not None
        return [row.person_name for row in queries.exceptions(session, actor, place)]

    assert listed("ines") == ["Maya Winter", None]
    assert listed("tomas") == [None]
    assert listed("ravi", cast.maya) == ["Maya Winter", None]
    assert listed("tomas", cast.ben) == [None]
    assert listed("olga", cast.lior) == ["ליאור כהן"]
    with pytest.raises(NotFound):
        queries.person_place(session, cast.actor("tomas"), cast.maya)
