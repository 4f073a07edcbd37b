"""Today of a trainee, as they see it."""

from typing import Any

import pytest

from lms.core.db import Database
from lms.courses.planning import assign_intake
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import Track, make_track


@pytest.fixture
def track(people: Cast, sqlite_database: Database) -> Track:
    """A track that the spring intake walks."""
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY)
        assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=made.slug,
            now=MONDAY,
        )
        return made


def test_the_first_morning_greets_and_names_one_step(
    people: Cast, track: Track, browser: Any
) -> None:
    page = browser(people.maya).get("/").get_data(as_text=True)
    assert "Good morning, Maya" in page
    assert "Day 1 of 15 · week 1: Week 1 title" in page
    assert "Start: Orders" in page
