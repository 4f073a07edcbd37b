"""The list of waiting claims: the same rule as deciding, cheap, oldest first."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotAllowed, NotFound
from lms.core.permissions import SYSTEM
from lms.courses import operations
from lms.courses.claims.queries import waiting_claims, waiting_count
from tests.cast import ROLES, Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.trails import Trail, make_trail

TASKS = ("coach-case", "manager-case", "trainer-case", "mentor-case")


@pytest.fixture
def trail(database: Database, cast: Cast) -> Trail:
    """Maya and Ben have claimed every task, Ben an hour later."""
    with database.writing() as session:
        trail = make_trail(session, cast, MONDAY)
        for hours, (who, assignment) in enumerate((("maya", trail.maya), ("ben", trail.ben))):
            for slug in TASKS:
                operations.claim_task(
                    session,
                    actor=cast.actor(who),
                    assignment_id=assignment,
                    step_id=trail.step(slug),
                    note=f"{slug} by {who}",
                    now=MONDAY + timedelta(hours=hours),
                )
    return trail


@pytest.mark.parametrize("who", sorted(ROLES))
def test_the_list_holds_exactly_what_one_may_decide(
    database: Database, cast: Cast, trail: Trail, who: str
) -> None:
    actor = cast.actor(who)
    with database.reading() as session:
        listed = {
            (claim.assignment_id, claim.step_id)
            for claim in waiting_claims(session, actor=actor, now=MONDAY, language="en")
        }
        assert waiting_count(session, actor=actor) == len(listed)
    allowed = set()
    for assignment in (trail.maya, trail.ben):
        for slug in TASKS:
            with database.session() as session:
                try:
                    operations.confirm_task(
                        session,
                        actor=actor,
                        assignment_id=assignment,
                        step_id=trail.step(slug),
                        now=MONDAY,
                    )
                    allowed.add((assignment, trail.step(slug)))
                except (NotAllowed, NotFound):
                    pass
                session.rollback()
    assert listed == allowed


def test_a_claim_shows_who_what_and_since_when_oldest_first(
    database: Database, cast: Cast, trail: Trail
) -> None:
    with database.reading() as session:
        found = waiting_claims(
            session,
            actor=cast.actor("ines"),
            now=MONDAY + timedelta(hours=2),
            language="en",
        )
    assert [claim.person.name for claim in found] == ["Maya Winter"] * 3 + ["Ben Okoro"] * 3
    assert found[0].title == "Coach case"
    assert found[0].note == "coach-case by maya"
    assert found[0].intake_name == "Spring"
    assert found[0].waits == timedelta(hours=2)


def decide(session: Session, cast: Cast, trail: Trail) -> None:
    operations.confirm_task(
        session,
        actor=cast.actor("ravi"),
        assignment_id=trail.maya,
        step_id=trail.step("coach-case"),
        now=MONDAY,
    )


def test_decided_withdrawn_and_ended_claims_leave_the_list(
    database: Database, cast: Cast, trail: Trail
) -> None:
    from lms.courses.planning import end_assignment

    with database.writing() as session:
        decide(session, cast, trail)
        assert waiting_count(session, actor=cast.actor("ravi")) == 0
        operations.withdraw_claim(
            session,
            actor=cast.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("trainer-case"),
            now=MONDAY,
        )
        assert waiting_count(session, actor=cast.actor("ines")) == 4
        end_assignment(session, actor=SYSTEM, assignment_id=trail.ben, why="Left", now=MONDAY)
        assert waiting_count(session, actor=cast.actor("ines")) == 1


def test_the_list_costs_one_statement_however_long(
    database: Database, cast: Cast, trail: Trail
) -> None:
    for _round in range(2):
        with database.reading() as session, counting(database) as statements:
            waiting_claims(session, actor=cast.actor("ines"), now=MONDAY, language="en")
    assert len(statements) == 1


def test_a_claim_is_listed_once_after_not_yet_and_again(
    database: Database, cast: Cast, trail: Trail
) -> None:
    values = {"assignment_id": trail.maya, "step_id": trail.step("coach-case"), "now": MONDAY}
    with database.writing() as session:
        operations.return_task(
            session,
            actor=cast.actor("ravi"),
            because="In order, please",
            follow_up_on=MONDAY.date(),
            **values,  # type: ignore[arg-type]
        )
        operations.claim_task(
            session,
            actor=cast.actor("maya"),
            note="again",
            **values,  # type: ignore[arg-type]
        )
    with database.reading() as session:
        found = waiting_claims(session, actor=cast.actor("ravi"), now=MONDAY, language="en")
    assert [claim.note for claim in found] == ["again"]
