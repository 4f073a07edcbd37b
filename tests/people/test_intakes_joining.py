"""Making and moving intakes, joining and leaving them, on both databases."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.models import AuditEntry
from lms.core.permissions import Actor
from lms.people import hooks
from lms.people.directory import memberships
from lms.people.intakes import operations
from lms.people.intakes.rules import MOST_AT_ONCE, IntakePlan
from lms.people.models import Intake, IntakeMember, Person
from tests.cast import Cast
from tests.conftest import MONDAY

START = date(2026, 4, 6)
LATER = MONDAY + timedelta(hours=1)


def make(session: Session, cast: Cast, name: str = "April", slug: str = "") -> int:
    return operations.create_intake(
        session,
        actor=cast.actor("ines"),
        plan=IntakePlan(name, slug, cast.harbour, None),
        starts_on=START,
        now=MONDAY,
    )


def present(session: Session, person_id: int) -> int | None:
    return session.scalar(
        select(IntakeMember.intake_id).where(
            IntakeMember.person_id == person_id, IntakeMember.left_at.is_(None)
        )
    )


def trail(session: Session, verb: str) -> Sequence[AuditEntry]:
    return session.scalars(
        select(AuditEntry).where(AuditEntry.verb == verb).order_by(AuditEntry.id)
    ).all()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, list[int]]]:
    """What parts above were told: kind, intake and people."""
    said: list[tuple[str, int, list[int]]] = []

    def note(kind: str) -> hooks.Hook:
        def hook(
            _session: Session, _actor: Actor, intake: int, people: Sequence[int], _now: datetime
        ) -> None:
            said.append((kind, intake, list(people)))

        return hook

    monkeypatch.setattr(memberships, "_listeners", [])
    monkeypatch.setattr(hooks, "_joined", [])
    monkeypatch.setattr(hooks, "_left", [])
    hooks.register(on_join=note("joined"), on_leave=note("left"))
    return said


def test_a_trainer_makes_an_intake_and_it_stands_in_the_trail(session: Session, cast: Cast) -> None:
    intake = session.get_one(Intake, make(session, cast, "Spring Café"))
    assert (intake.slug, intake.starts_on) == ("spring-cafe", START)
    (entry,) = trail(session, "create_intake")
    assert (entry.actor_id, entry.subject_id) == (cast.ines, intake.id)


def test_a_short_name_that_was_not_typed_gets_a_number_and_a_typed_one_is_refused(
    session: Session, cast: Cast
) -> None:
    assert [session.get_one(Intake, make(session, cast)).slug for _ in range(3)] == [
        "april",
        "april-2",
        "april-3",
    ]
    with pytest.raises(Refused, match="slug_taken"):
        make(session, cast, slug="spring")


def test_an_intake_needs_a_site_that_exists(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="site_unknown"):
        operations.create_intake(
            session,
            actor=cast.actor("ines"),
            plan=IntakePlan("April", "", 999, None),
            starts_on=START,
            now=MONDAY,
        )


@pytest.mark.parametrize("who", ["maya", "ravi", "noa", "mei", "oleg"])
def test_whoever_does_not_run_intakes_may_not_touch_them(
    session: Session, cast: Cast, who: str
) -> None:
    actor = cast.actor(who)
    with pytest.raises(NotAllowed):
        operations.join_intake(
            session, actor=actor, person_ids=[cast.mei], intake_id=cast.spring, now=MONDAY
        )
    with pytest.raises(NotAllowed):
        operations.leave_intake(
            session,
            actor=actor,
            person_id=cast.maya,
            intake_id=cast.spring,
            reason="x",
            now=MONDAY,
        )
    with pytest.raises(NotAllowed):
        operations.move_start(
            session,
            actor=actor,
            intake_id=cast.spring,
            starts_on=START,
            seen=cast.start,
            reason="x",
            now=MONDAY,
        )


def test_changing_an_intake_records_old_and_new(session: Session, cast: Cast) -> None:
    operations.edit_intake(
        session,
        actor=cast.actor("ines"),
        intake_id=cast.spring,
        plan=IntakePlan("Early spring", "spring", cast.harbour, "ru"),
        now=MONDAY,
    )
    (entry,) = trail(session, "edit_intake")
    assert entry.detail["changed"] == {
        "name": ["Spring", "Early spring"],
        "language": [None, "ru"],
    }
    with pytest.raises(Refused, match="slug_taken"):
        operations.edit_intake(
            session,
            actor=cast.actor("ines"),
            intake_id=cast.spring,
            plan=IntakePlan("Spring", "later", cast.harbour, None),
            now=MONDAY,
        )


def move(session: Session, cast: Cast, *, to: date, seen: date, reason: str = "Roof") -> None:
    operations.move_start(
        session,
        actor=cast.actor("ines"),
        intake_id=cast.spring,
        starts_on=to,
        seen=seen,
        reason=reason,
        now=MONDAY,
    )


def test_moving_a_start_needs_a_reason_and_keeps_it(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="why_missing"):
        move(session, cast, to=START, seen=cast.start, reason=" ")
    move(session, cast, to=START, seen=cast.start)
    assert session.get_one(Intake, cast.spring).starts_on == START
    (entry,) = trail(session, "move_start")
    assert entry.reason == "Roof"
    assert entry.detail["changed"]["starts_on"] == [cast.start.isoformat(), START.isoformat()]


def test_a_start_that_moved_meanwhile_is_not_moved_again(session: Session, cast: Cast) -> None:
    move(session, cast, to=START, seen=cast.start)
    with pytest.raises(Refused) as refused:
        move(session, cast, to=START + timedelta(days=7), seen=cast.start)
    assert refused.value.code == "start_changed"
    assert refused.value.values == {"starts_on": START.isoformat()}
    with pytest.raises(Refused, match="start_same"):
        move(session, cast, to=START, seen=START)


def test_people_join_leave_their_old_intake_and_parts_above_hear_of_it(
    session: Session, cast: Cast, heard: list[tuple[str, int, list[int]]]
) -> None:
    joined = operations.join_intake(
        session,
        actor=cast.actor("ines"),
        person_ids=[cast.mei, cast.lior, cast.maya],
        intake_id=cast.spring,
        now=LATER,
    )
    assert joined == sorted([cast.mei, cast.lior])
    assert [present(session, who) for who in (cast.mei, cast.lior, cast.maya)] == [cast.spring] * 3
    old = session.scalars(
        select(IntakeMember).where(
            IntakeMember.person_id == cast.lior, IntakeMember.intake_id == cast.later
        )
    ).one()
    assert old.left_at == LATER
    assert heard == [("joined", cast.spring, joined)]
    assert [entry.subject_id for entry in trail(session, "join_intake")] == joined


def test_joining_again_changes_nothing(
    session: Session, cast: Cast, heard: list[tuple[str, int, list[int]]]
) -> None:
    joined = operations.join_intake(
        session,
        actor=cast.actor("ines"),
        person_ids=[cast.maya, cast.maya],
        intake_id=cast.spring,
        now=LATER,
    )
    assert (joined, heard, list(trail(session, "join_intake"))) == ([], [], [])


def test_nobody_joins_when_one_is_closed_unknown_or_there_are_too_many(
    session: Session, cast: Cast
) -> None:
    session.get_one(Person, cast.oleg).deactivated_at = MONDAY
    session.flush()
    for people, error in (
        ([cast.mei, cast.oleg], Refused),
        ([cast.mei, 9999], NotFound),
        (range(1, MOST_AT_ONCE + 2), Refused),
    ):
        with pytest.raises(error):
            operations.join_intake(
                session,
                actor=cast.actor("ines"),
                person_ids=list(people),
                intake_id=cast.spring,
                now=LATER,
            )
    assert present(session, cast.mei) is None


def test_whoever_is_taken_out_keeps_the_past_and_parts_above_hear_of_it(
    session: Session, cast: Cast, heard: list[tuple[str, int, list[int]]]
) -> None:
    def take_out() -> None:
        operations.leave_intake(
            session,
            actor=cast.actor("ines"),
            person_id=cast.maya,
            intake_id=cast.spring,
            reason="Starts in autumn",
            now=LATER,
        )

    take_out()
    assert present(session, cast.maya) is None
    row = session.scalars(select(IntakeMember).where(IntakeMember.person_id == cast.maya)).one()
    assert (row.joined_at, row.left_at) == (MONDAY, LATER)
    assert heard == [("left", cast.spring, [cast.maya])]
    assert [entry.reason for entry in trail(session, "leave_intake")] == ["Starts in autumn"]
    with pytest.raises(NotFound):
        take_out()
