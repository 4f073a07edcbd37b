"""Tracks with everything done are closed some days after their last; nothing done is lost."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.core.errors import NotAllowed
from lms.core.models import AuditEntry
from lms.core.permissions import SYSTEM
from lms.courses import finishing, operations, planning
from lms.courses.board.queries import Filter, board
from lms.courses.jobs import close_finished
from lms.courses.models import Assignment
from lms.courses.queries import current_track, standing
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import Track, Wanted, assignment_of, make_track, record

LAST_KEPT = MONDAY + timedelta(days=25)
"""Friday of the fourth week, the fifth working day after the last of the third."""
OVER = LAST_KEPT + timedelta(days=3)


@pytest.fixture
def track(database: Database, cast: Cast) -> Track:
    """A track that Maya has done and Ben has not; what is only offered counts for neither."""
    steps = [Wanted("orders"), Wanted("returns", day=2), Wanted("extra", required=False)]
    with database.writing() as session:
        made = make_track(session, MONDAY, steps)
        planning.assign_intake(
            session, actor=SYSTEM, intake_id=cast.spring, course_slug=made.slug, now=MONDAY
        )
        session.flush()
        maya, ben = (assignment_of(session, one) for one in (cast.maya, cast.ben))
        for assignment_id, slug in ((maya, "orders"), (maya, "returns"), (ben, "orders")):
            record(session, assignment_id, made.steps[slug], "done", at=MONDAY)
    return made


def ended(database: Database) -> list[tuple[int, datetime | None, str | None]]:
    with database.reading() as session:
        rows = session.execute(
            select(Assignment.person_id, Assignment.ended_at, Assignment.ended_why).where(
                Assignment.ended_at.is_not(None)
            )
        )
        return [(person_id, at, why) for person_id, at, why in rows]


def test_a_finished_track_is_closed_once_when_its_weeks_are_long_over(
    database: Database, cast: Cast, track: Track
) -> None:
    assert close_finished(database, LAST_KEPT) == 0
    assert close_finished(database, OVER) == 1
    assert close_finished(database, OVER + timedelta(days=90)) == 0
    assert ended(database) == [(cast.maya, OVER, None)]
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "finish_course")).one()
    assert (entry.actor_id, entry.subject_id, entry.at) == (None, cast.maya, OVER)


def test_a_closed_track_still_shows_what_was_done(
    database: Database, cast: Cast, track: Track
) -> None:
    close_finished(database, OVER)
    with database.reading() as session:
        place = current_track(session, person_id=cast.maya)
        assert place is not None
        assert place.ended_at == OVER
        assert standing(session, place, language="en", now=OVER).progress.complete


def on_board(database: Database, cast: Cast, state: str) -> list[int]:
    with database.reading() as session:
        found = board(
            session,
            actor=cast.actor("ines"),
            chosen=Filter(state=state),
            page=1,
            language="en",
            now=OVER,
        )
    return [row.face.id for row in found.rows]


def test_the_board_keeps_who_finished_and_not_who_was_taken_off(
    database: Database, cast: Cast, track: Track
) -> None:
    close_finished(database, OVER)
    with database.writing() as session:
        planning.end_assignment(
            session,
            actor=cast.actor("ines"),
            assignment_id=assignment_of(session, cast.ben),
            why="Left the company",
            now=OVER,
        )
    assert on_board(database, cast, "finished") == [cast.maya]
    assert on_board(database, cast, "") == [cast.maya]


def test_a_step_opened_again_meanwhile_keeps_the_track_open(
    database: Database, cast: Cast, track: Track
) -> None:
    with database.reading() as session:
        maya = assignment_of(session, cast.maya)
        assert finishing.over(session, [maya], OVER) == [maya]
    with database.writing() as session:
        operations.reopen_step(
            session,
            actor=cast.actor("ines"),
            assignment_id=maya,
            step_id=track.steps["orders"],
            reason="Ticked by mistake",
            now=OVER,
        )
    with database.writing() as session:
        closed = finishing.finish_courses(session, actor=SYSTEM, assignment_ids=[maya], now=OVER)
    assert closed == 0
    assert ended(database) == []


def test_trainees_and_coaches_close_no_track(database: Database, cast: Cast, track: Track) -> None:
    for name in ("maya", "ravi"):
        with database.writing() as session, pytest.raises(NotAllowed):
            finishing.finish_courses(
                session,
                actor=cast.actor(name),
                assignment_ids=[assignment_of(session, cast.maya)],
                now=OVER,
            )
    assert ended(database) == []
