"""Several people at once: one event, whoever is first."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import Refused
from lms.courses import operations
from lms.courses.models import StepEvent
from lms.courses.rules import State
from lms.people.models import Notification
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.trails import Trail, make_trail

THREADS = 8


def at_once(database: Database, act: Callable[[Session], State]) -> Counter[str]:
    """Run an act in eight threads that start together; count the outcomes."""
    barrier = Barrier(THREADS)

    def run(_number: int) -> str:
        barrier.wait()
        try:
            with database.writing() as session:
                return act(session).value
        except Refused as error:
            return error.code

    with ThreadPoolExecutor(THREADS) as pool:
        return Counter(pool.map(run, range(THREADS)))


def claimed(database: Database, cast: Cast) -> Trail:
    with database.writing() as session:
        trail = make_trail(session, cast, MONDAY)
        operations.claim_task(
            session,
            actor=cast.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            note="done",
            now=MONDAY,
        )
    return trail


def test_eight_confirmations_at_once_are_one_event_and_one_notice(
    database: Database, cast: Cast
) -> None:
    trail = claimed(database, cast)

    def confirm(session: Session) -> State:
        return operations.confirm_task(
            session,
            actor=cast.actor("ines"),
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            now=MONDAY,
        )

    assert at_once(database, confirm) == {"done": 1, "step_state": 7}
    with database.reading() as session:
        kinds = session.scalars(
            select(StepEvent.kind)
            .where(StepEvent.step_id == trail.step("coach-case"))
            .order_by(StepEvent.sequence)
        ).all()
        notices = session.scalar(
            select(func.count()).where(
                Notification.person_id == cast.maya, Notification.kind == "task_confirmed"
            )
        )
    assert (kinds, notices) == (["claimed", "confirmed"], 1)


def test_eight_presses_of_done_are_one_event(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        trail = make_trail(session, cast, MONDAY)

    def finish(session: Session) -> State:
        return operations.finish_step(
            session,
            actor=cast.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("orders"),
            now=MONDAY,
        )

    outcomes = at_once(database, finish)
    assert outcomes["done"] >= 1
    assert set(outcomes) <= {"done", "step_state"}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(StepEvent)) == 1
