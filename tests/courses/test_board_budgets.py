"""What the board and the screens beside it cost: the same for few people and for thousands."""

from typing import Any

import pytest

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.courses import planning
from lms.courses.board.queries import stuck
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.test_board import THURSDAY
from tests.courses.tracks import Track, make_crowd, make_track


def put(database: Database, people: Cast, count: int) -> Track:
    """Write the usual track and so many people who walk it."""
    with database.writing() as session:
        track = make_track(session, MONDAY)
        planning.assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=track.slug,
            now=MONDAY,
        )
        make_crowd(
            session,
            MONDAY,
            track,
            count=count,
            intake_id=people.spring,
            site_id=people.harbour,
            done=("orders",),
        )
    return track


@pytest.mark.parametrize("count", [60, 10_000])
@pytest.mark.parametrize(
    ("url", "most"),
    [
        ("/board", 8),
        ("/board?sort=name&page=2&state=behind", 8),
        ("/board?name=trainee+000", 8),
        ("/courses", 4),
        ("/courses/onboarding", 5),
        ("/intakes/{spring}/dates", 9),
        ("/people/{maya}/dates", 9),
    ],
)
def test_statements_of_a_page(
    browser: Any,
    people: Cast,
    sqlite_database: Database,
    clock: FixedClock,
    url: str,
    most: int,
    count: int,
) -> None:
    put(sqlite_database, people, count)
    clock.moment = THURSDAY
    trainer = browser(people.ines)
    address = url.format(spring=people.spring, maya=people.maya)
    assert trainer.get(address).status_code == 200
    with counting(sqlite_database) as statements:
        assert trainer.get(address).status_code == 200
    assert len(statements) <= most, "\n\n".join(statements)


def test_who_is_stuck_takes_five_statements(people: Cast, sqlite_database: Database) -> None:
    put(sqlite_database, people, 300)
    for _warm in range(2):
        with sqlite_database.reading() as session, counting(sqlite_database) as statements:
            found = stuck(session, actor=people.actor("ines"), now=THURSDAY, language="en")
    assert len(found) == 302
    assert len(statements) == 5


def test_ten_thousand_people_are_listed_by_name_and_the_page_says_so(
    browser: Any, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    put(sqlite_database, people, 10_000)
    clock.moment = THURSDAY
    page = browser(people.ines).get("/board").text
    assert "Too many people to compare at once" in page
    assert "Page 1 of 201" in page
    narrowed = browser(people.ines).get(f"/board?coach={people.ravi}").text
    assert "Too many people" not in narrowed
    assert "1 person" in narrowed
