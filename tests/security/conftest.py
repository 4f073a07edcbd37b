"""A filled company behind an app, on SQLite and PostgreSQL, and a value for every address."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.app import create_app
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.core.files import write_content
from lms.core.models import StoredFile
from lms.courses.models import StepEvent, StepVersion
from lms.courses.planning import assign_intake
from lms.people.models import Department, Holiday, Notification
from tests.cast import Cast, make_cast
from tests.client import Browser
from tests.conftest import MONDAY
from tests.courses.tracks import assignment_of, make_track


@dataclass
class World:
    """An app on one kind of database, its cast, and Maya's things by their names in addresses."""

    app: Flask
    database: Database
    people: Cast
    samples: dict[str, Any]

    def browser(self, name: str | None = None) -> Browser:
        """Return a new browser, signed in as a member of the cast if one is named."""
        self.app.test_client_class = Browser
        client = self.app.test_client()
        assert isinstance(client, Browser)
        if name is not None:
            client.enter(getattr(self.people, name))
        return client


@pytest.fixture
def world(database: Database, config: Config, clock: FixedClock) -> World:
    """The filled company; the test runs once on each kind of database."""
    return make_world(database, config, clock)


@pytest.fixture
def small_world(sqlite_database: Database, config: Config, clock: FixedClock) -> World:
    """The filled company on SQLite, for what the kind of database cannot change."""
    return make_world(sqlite_database, config, clock)


@pytest.fixture
def postgres_world(postgres_database: Database, config: Config, clock: FixedClock) -> World:
    """The filled company on PostgreSQL, which is the stricter about letters and numbers."""
    return make_world(postgres_database, config, clock)


def make_world(database: Database, config: Config, clock: FixedClock) -> World:
    """Fill a migrated database and put an app before it."""
    app = create_app(
        replace(config, mail_url=f"folder://{config.data_dir}/mail"),
        clock=clock,
        database=database,
    )
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    photo = write_content(config.files_dir, b"\xff\xd8\xff photo of a task")
    with database.writing() as session:
        people = make_cast(session, MONDAY)
        track = make_track(session, MONDAY)
        assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=track.slug,
            now=MONDAY,
        )
        assignment_id = assignment_of(session, people.maya)
        task = track.steps["first-case"]
        file = StoredFile(sha256=photo, media_type="image/jpeg", size=19, stored_at=MONDAY)
        department = Department(slug="stock", name="Stock")
        holiday = Holiday(on_date=MONDAY.date().replace(month=12), name="Winter day")
        session.add_all([file, department, holiday])
        session.flush()
        version = session.scalars(select(StepVersion.id).where(StepVersion.step_id == task)).one()
        claim = StepEvent(
            assignment_id=assignment_id,
            step_id=task,
            step_version_id=version,
            sequence=1,
            kind="claimed",
            at=MONDAY,
            actor_id=people.maya,
            file_id=file.id,
        )
        notice = Notification(
            person_id=people.maya,
            kind="task_confirmed",
            key="k",
            values={"step": "Orders"},
            url="/track",
            created_at=MONDAY,
        )
        session.add_all([claim, notice])
        session.flush()
        samples = {
            "person_id": people.maya,
            "intake_id": people.spring,
            "site_id": people.harbour,
            "assignment_id": assignment_id,
            "step_id": task,
            "course_slug": track.slug,
            "slug": track.slug,
            "step_slug": "welcome",
            "event_id": claim.id,
            "notice_id": notice.id,
            "exception_id": 1,
            "holiday_id": holiday.id,
            "label_id": department.id,
            "sign_in_id": 1,
            "name": "0" * 64,
            "sha256": "0" * 64,
            "token": "x" * 43,
            "filename": "css/belay.css",
        }
    return World(app, database, people, samples)
