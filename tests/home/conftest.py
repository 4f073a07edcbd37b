"""Fixtures of home: the spring intake on a track, in the application's database."""

import pytest

from lms.core.db import Database
from lms.courses.planning import assign_intake
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import Track, make_track


@pytest.fixture
def track(people: Cast, sqlite_database: Database) -> Track:
    """The usual track, walked by the spring intake (Maya and Ben) from MONDAY on."""
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
