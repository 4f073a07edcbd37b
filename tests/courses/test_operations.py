"""What people do about steps: finishing, claiming, deciding; who may, and what is refused."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.permissions import SYSTEM
from lms.courses import operations
from lms.courses.models import Assignment, EffortScore, StepEvent, StepText, StepVersion
from lms.courses.rules import State
from lms.people.models import Notification
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.trails import Trail, make_trail

TOMORROW = date(2026, 3, 3)


@pytest.fixture
def trail(session: Session, cast: Cast) -> Trail:
    return make_trail(session, cast, MONDAY)


@pytest.fixture
def act(session: Session, cast: Cast, trail: Trail) -> Any:
    """Run an operation on a step of Maya's as a member of the cast."""

    def run(name: str, who: str, slug: str, *, now: datetime = MONDAY, **values: Any) -> State:
        operation = getattr(operations, name)
        found: State = operation(
            session,
            actor=cast.actor(who),
            assignment_id=trail.maya,
            step_id=trail.step(slug),
            now=now,
            **values,
        )
        session.flush()
        return found

    return run


def kinds(session: Session, trail: Trail, slug: str) -> list[str]:
    return list(
        session.scalars(
            select(StepEvent.kind)
            .where(StepEvent.assignment_id == trail.maya, StepEvent.step_id == trail.step(slug))
            .order_by(StepEvent.sequence)
        )
    )


def told(session: Session, person_id: int) -> list[str]:
    return list(
        session.scalars(
            select(Notification.kind)
            .where(Notification.person_id == person_id)
            .order_by(Notification.id)
        )
    )


def test_finishing_a_lesson_twice_is_one_event(act: Any, session: Session, trail: Trail) -> None:
    assert act("finish_step", "maya", "orders") is State.DONE
    assert act("finish_step", "maya", "orders", now=MONDAY + timedelta(hours=1)) is State.DONE
    assert kinds(session, trail, "orders") == ["done"]


def test_a_locked_week_is_refused_until_it_opens(act: Any) -> None:
    with pytest.raises(Refused, match="step_locked"):
        act("finish_step", "maya", "trust", now=MONDAY + timedelta(days=6))
    assert act("finish_step", "maya", "trust", now=MONDAY + timedelta(days=7)) is State.DONE


@pytest.mark.parametrize("slug", ["coach-case", "welcome", "check"])
def test_only_lessons_and_videos_are_finished_by_reading(act: Any, slug: str) -> None:
    with pytest.raises(Refused, match="step_kind"):
        act("finish_step", "maya", slug)


@pytest.mark.parametrize("who", ["ravi", "ines", "noa"])
def test_nobody_finishes_or_claims_for_somebody_else(act: Any, who: str) -> None:
    with pytest.raises(NotAllowed):
        act("finish_step", who, "orders")
    with pytest.raises(NotAllowed):
        act("claim_task", who, "coach-case", note="done")


@pytest.mark.parametrize("who", ["ben", "lior", "oleg", "tomas", "olga"])
def test_to_strangers_the_assignment_does_not_exist(act: Any, who: str) -> None:
    with pytest.raises(NotFound):
        act("finish_step", who, "orders")


def test_a_step_of_another_course_is_not_found(act: Any, session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        operations.finish_step(
            session, actor=cast.actor("maya"), assignment_id=1, step_id=987654, now=MONDAY
        )


def test_a_task_goes_from_claim_over_not_yet_to_confirmed(
    act: Any, session: Session, trail: Trail, cast: Cast
) -> None:
    assert act("claim_task", "maya", "coach-case", note="Edda Brandt found") is State.CLAIMED
    assert told(session, cast.ravi) == ["task_claimed"]
    returned = act(
        "return_task", "ravi", "coach-case", because="Tell it in order", follow_up_on=TOMORROW
    )
    assert returned is State.RETURNED
    act("claim_task", "maya", "coach-case", note="Told in order", now=MONDAY + timedelta(days=1))
    confirmed = act("confirm_task", "ravi", "coach-case", now=MONDAY + timedelta(days=1))
    assert confirmed is State.DONE
    assert kinds(session, trail, "coach-case") == ["claimed", "returned", "claimed", "confirmed"]
    assert told(session, cast.maya) == ["task_returned", "task_confirmed"]
    assert told(session, cast.ravi) == ["task_claimed", "task_claimed"]


def translate(session: Session, trail: Trail, slug: str, version_id: int, **titles: str) -> None:
    known = len(session.scalars(select(StepText.id)).all())
    session.add_all(
        StepText(
            step_id=trail.step(slug),
            step_version_id=version_id,
            language=language,
            number=known + number,
            source="",
            title=title,
            html="",
            made_at=MONDAY,
        )
        for number, (language, title) in enumerate(titles.items(), start=1)
    )
    session.flush()


def test_a_notice_keeps_the_titles_of_the_version_it_is_about(
    act: Any, session: Session, trail: Trail, cast: Cast
) -> None:
    pinned = session.scalars(
        select(StepVersion).where(StepVersion.step_id == trail.step("coach-case"))
    ).one()
    columns = {key: getattr(pinned, key) for key, _column in StepVersion.__table__.columns.items()}
    newer = StepVersion(**{**columns, "id": None, "number": 2, "title": "Another case"})
    session.add(newer)
    session.flush()
    translate(session, trail, "coach-case", pinned.id, ru="Дело", he="מקרה", zh="案例")
    translate(session, trail, "coach-case", pinned.id, ru="Дело с наставником", he="")
    translate(session, trail, "coach-case", newer.id, ru="Другое дело")
    act("claim_task", "maya", "coach-case", note="Edda Brandt found")
    values = session.scalars(
        select(Notification.values).where(Notification.kind == "task_claimed")
    ).one()
    assert values["step"] == {"en": "Coach case", "ru": "Дело с наставником", "zh": "案例"}


def test_a_claim_can_be_taken_back_until_it_is_decided(
    act: Any, session: Session, trail: Trail
) -> None:
    act("claim_task", "maya", "coach-case", note="done")
    assert act("withdraw_claim", "maya", "coach-case") is State.OPEN
    with pytest.raises(Refused, match="step_state"):
        act("confirm_task", "ravi", "coach-case")
    act("claim_task", "maya", "coach-case", note="done now")
    act("confirm_task", "ravi", "coach-case")
    with pytest.raises(Refused, match="step_state"):
        act("withdraw_claim", "maya", "coach-case")


@pytest.mark.parametrize(
    ("slug", "may", "may_not"),
    [
        ("coach-case", ("ravi", "ines"), ("noa", "mei")),
        ("manager-case", ("noa",), ("ravi", "ines", "mei")),
        ("trainer-case", ("ines",), ("ravi", "noa", "mei")),
        ("mentor-case", ("mei", "ines"), ("ravi", "noa")),
    ],
)
def test_the_role_that_a_task_names_decides(
    act: Any, slug: str, may: tuple[str, ...], may_not: tuple[str, ...]
) -> None:
    act("claim_task", "maya", slug, note="done")
    for who in may_not:
        with pytest.raises(NotAllowed):
            act("confirm_task", who, slug)
        with pytest.raises(NotAllowed):
            act("return_task", who, slug, because="no", follow_up_on=TOMORROW)
    for who in ("tomas", "olga"):
        with pytest.raises(NotFound):
            act("confirm_task", who, slug)
    for who in ("ada", "maya"):
        with pytest.raises(NotAllowed):
            act("confirm_task", who, slug)
    for who in may:
        assert (
            act("return_task", who, slug, because="Once more", follow_up_on=TOMORROW)
            is State.RETURNED
        )
        act("claim_task", "maya", slug, note="again")
    assert act("confirm_task", may[0], slug) is State.DONE


def test_nobody_confirms_their_own_whatever_their_roles(
    session: Session, cast: Cast, trail: Trail
) -> None:
    from dataclasses import replace

    from lms.core.permissions import Role

    everything = replace(cast.actor("maya"), roles=frozenset(Role))
    step_id = trail.step("trainer-case")
    operations.claim_task(
        session,
        actor=everything,
        assignment_id=trail.maya,
        step_id=step_id,
        note="done",
        now=MONDAY,
    )
    with pytest.raises(NotAllowed):
        operations.confirm_task(
            session, actor=everything, assignment_id=trail.maya, step_id=step_id, now=MONDAY
        )


@pytest.mark.parametrize("note", ["", "  \n "])
def test_an_empty_claim_is_refused(act: Any, note: str) -> None:
    with pytest.raises(Refused, match="claim_empty"):
        act("claim_task", "maya", "coach-case", note=note)


def test_a_note_that_is_far_too_long_is_refused(act: Any) -> None:
    with pytest.raises(Refused, match="note_long"):
        act("claim_task", "maya", "coach-case", note="x" * 100_000)


@pytest.mark.parametrize(
    ("because", "on", "code"),
    [
        ("", TOMORROW, "because_missing"),
        ("Order is missing", None, "follow_up_missing"),
        ("Order is missing", date(2026, 3, 1), "follow_up_range"),
        ("Order is missing", date(2026, 4, 2), "follow_up_range"),
    ],
)
def test_not_yet_needs_a_reason_and_a_day_soon(
    act: Any, because: str, on: date | None, code: str
) -> None:
    act("claim_task", "maya", "coach-case", note="done")
    with pytest.raises(Refused, match=code):
        act("return_task", "ravi", "coach-case", because=because, follow_up_on=on)


def test_a_waived_step_asks_for_nothing(
    act: Any, session: Session, cast: Cast, trail: Trail
) -> None:
    from lms.courses.models import DateException

    session.add(
        DateException(
            assignment_id=trail.maya,
            step_id=trail.step("orders"),
            kind="waive",
            reason="Knows it by heart",
            made_by=cast.ines,
            made_at=MONDAY,
        )
    )
    session.flush()
    with pytest.raises(Refused, match="step_waived"):
        act("finish_step", "maya", "orders")


def test_an_ended_course_takes_no_more_acts(act: Any, session: Session, trail: Trail) -> None:
    session.get_one(Assignment, trail.maya).ended_at = MONDAY
    session.flush()
    with pytest.raises(Refused, match="course_ended"):
        act("finish_step", "maya", "orders")


def test_attendance_is_noted_by_others_once_the_session_has_begun(act: Any) -> None:
    begun = datetime(2026, 3, 2, 9, 0, tzinfo=MONDAY.tzinfo)
    with pytest.raises(Refused, match="session_not_begun"):
        act("note_attendance", "ines", "welcome", attended=True, now=begun - timedelta(minutes=1))
    with pytest.raises(NotAllowed):
        act("note_attendance", "maya", "welcome", attended=True, now=begun)
    assert act("note_attendance", "ravi", "welcome", attended=False, now=begun) is State.MISSED
    assert act("note_attendance", "ines", "welcome", attended=True, now=begun) is State.DONE
    assert act("note_attendance", "ines", "welcome", attended=True, now=begun) is State.DONE


def test_reopening_needs_the_right_and_a_reason_and_is_told(
    act: Any, session: Session, cast: Cast
) -> None:
    act("finish_step", "maya", "orders")
    with pytest.raises(NotAllowed):
        act("reopen_step", "ravi", "orders", reason="Read it again")
    with pytest.raises(Refused, match="reason_missing"):
        act("reopen_step", "ines", "orders", reason=" ")
    assert act("reopen_step", "ines", "orders", reason="The page has changed") is State.OPEN
    assert told(session, cast.maya) == ["step_reopened"]
    assert act("finish_step", "maya", "orders") is State.DONE


def test_steps_of_other_parts_are_completed_by_them_once(session: Session, trail: Trail) -> None:
    values: dict[str, Any] = {
        "actor": SYSTEM,
        "assignment_id": trail.maya,
        "step_id": trail.step("check"),
        "now": MONDAY,
        "note": "Passed with 9 of 10",
    }
    assert operations.complete_step(session, **values) is State.DONE
    assert operations.complete_step(session, **values) is State.DONE
    assert kinds(session, trail, "check") == ["done"]
    values["step_id"] = trail.step("orders")
    with pytest.raises(Refused, match="step_kind"):
        operations.complete_step(session, **values)


def test_an_effort_score_can_be_changed_and_stays_one_row(
    session: Session, cast: Cast, trail: Trail
) -> None:
    from lms.courses.lessons.operations import rate_lesson

    values: dict[str, Any] = {
        "actor": cast.actor("maya"),
        "assignment_id": trail.maya,
        "step_id": trail.step("orders"),
        "comment": " Two tables less ",
        "now": MONDAY,
    }
    with pytest.raises(Refused, match="effort_not_done"):
        rate_lesson(session, score=2, **values)
    operations.finish_step(
        session,
        actor=cast.actor("maya"),
        assignment_id=trail.maya,
        step_id=trail.step("orders"),
        now=MONDAY,
    )
    with pytest.raises(Refused, match="effort_range"):
        rate_lesson(session, score=6, **values)
    rate_lesson(session, score=2, **values)
    rate_lesson(session, score=4, **values)
    rows = session.scalars(select(EffortScore)).all()
    assert [(row.score, row.comment) for row in rows] == [(4, "Two tables less")]
    with pytest.raises(NotAllowed):
        rate_lesson(session, score=5, **{**values, "actor": cast.actor("ravi")})
