"""Missed deadlines: trainee, then coach, then manager; each once for a due date."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.courses import operations
from lms.courses.jobs import escalate
from lms.courses.models import DateException
from lms.people.models import Notification, Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Wanted, assignment_of, make_crowd, make_track
from tests.courses.trails import Trail, make_trail

LATE = ("step_late", "trainee_stuck", "trainee_behind")


@pytest.fixture
def trail(database: Database, cast: Cast) -> Trail:
    with database.writing() as session:
        return make_trail(session, cast, MONDAY)


def told(database: Database, person_id: int) -> list[tuple[str, str]]:
    with database.reading() as session:
        rows = session.scalars(
            select(Notification).where(
                Notification.person_id == person_id, Notification.kind.in_(LATE)
            )
        ).all()
    return sorted((row.kind, row.values["step"]["en"]) for row in rows)


def finish_others(database: Database, cast: Cast, trail: Trail) -> None:
    """Let Ben be waived of everything, so that only Maya is late."""
    with database.writing() as session:
        session.add_all(
            DateException(
                assignment_id=trail.ben, step_id=step_id, kind="waive", reason="x", made_at=MONDAY
            )
            for step_id in trail.track.steps.values()
        )


def on(day: int, hour: int = 8) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour - 8)


def test_nothing_is_said_before_a_deadline_has_passed(
    database: Database, cast: Cast, trail: Trail
) -> None:
    assert escalate(database, MONDAY) == 0
    assert told(database, cast.maya) == []


def test_the_trainee_hears_first_then_the_coach_then_the_manager(
    database: Database, cast: Cast, trail: Trail
) -> None:
    finish_others(database, cast, trail)
    with database.writing() as session:
        for slug in ("orders", "film"):
            operations.finish_step(
                session,
                actor=cast.actor("maya"),
                assignment_id=trail.maya,
                step_id=trail.step(slug),
                now=MONDAY,
            )
        session.add(
            DateException(
                assignment_id=trail.maya,
                step_id=trail.step("welcome"),
                kind="waive",
                reason="Met already",
                made_at=MONDAY,
            )
        )
    # Coach case and manager case were due on Tuesday.
    late = ["Coach case", "Manager case"]
    assert escalate(database, on(2)) == 2
    assert told(database, cast.maya) == [("step_late", title) for title in late]
    assert told(database, cast.ravi) == []
    escalate(database, on(3))
    assert told(database, cast.ravi) == [("trainee_stuck", title) for title in late]
    assert told(database, cast.noa) == []
    escalate(database, on(4))
    assert told(database, cast.noa) == []
    # Four working days after Tuesday is Monday: the weekend does not count.
    escalate(database, on(6))
    assert told(database, cast.noa) == []
    escalate(database, on(7))
    assert told(database, cast.noa) == [("trainee_behind", title) for title in late]
    assert told(database, cast.tomas) == []


def test_the_same_missed_date_is_told_once_and_a_new_date_again(
    database: Database, cast: Cast, trail: Trail
) -> None:
    finish_others(database, cast, trail)
    first = escalate(database, on(1))
    assert first > 0
    assert escalate(database, on(1, 20)) == 0
    with database.writing() as session:
        session.add(
            DateException(
                assignment_id=trail.maya,
                step_id=trail.step("orders"),
                kind="set",
                on_date=on(1).date(),
                reason="One more day",
                made_at=on(1),
            )
        )
    escalate(database, on(2))
    with database.reading() as session:
        dates = session.scalars(
            select(Notification).where(
                Notification.person_id == cast.maya, Notification.kind == "step_late"
            )
        ).all()
    orders = [row.values["due_on"] for row in dates if row.values["step"]["en"] == "Orders"]
    assert orders == ["2026-03-02", "2026-03-03"]


def test_paused_ended_and_deactivated_people_are_left_in_peace(
    database: Database, cast: Cast, trail: Trail
) -> None:
    finish_others(database, cast, trail)
    escalate(database, on(1))
    with database.writing() as session:
        session.add(
            DateException(
                assignment_id=trail.maya,
                kind="pause",
                from_on=on(1).date(),
                until_on=on(13).date(),
                reason="Ill",
                made_at=on(1),
            )
        )
    escalate(database, on(13))
    assert told(database, cast.ravi) == []
    with database.writing() as session:
        session.get_one(Person, cast.maya).deactivated_at = on(14)
    assert escalate(database, on(30)) == 0


def test_claimed_offered_and_waived_steps_do_not_alarm(
    database: Database, cast: Cast, trail: Trail
) -> None:
    finish_others(database, cast, trail)
    with database.writing() as session:
        operations.claim_task(
            session,
            actor=cast.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            note="done",
            now=MONDAY,
        )
    escalate(database, on(5))
    titles = [title for _kind, title in told(database, cast.maya)]
    assert "Coach case" not in titles
    assert "Extra" not in titles
    assert "Manager case" in titles


def test_a_crowd_costs_a_handful_of_statements_a_batch_and_none_when_all_is_told(
    database: Database, cast: Cast
) -> None:
    with database.writing() as session:
        track = make_track(session, MONDAY, [Wanted("orders")])
        ids = make_crowd(
            session, MONDAY, track, count=250, intake_id=cast.spring, site_id=cast.harbour
        )
        assert assignment_of(session, ids[0])
    assert escalate(database, on(1)) == 250
    with counting(database) as statements:
        assert escalate(database, on(1)) == 0
    assert len(statements) <= 20, len(statements)
