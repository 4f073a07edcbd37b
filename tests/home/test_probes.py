"""The probes: alive without a database, ready only with the right one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from lms.app import create_app
from lms.core.config import Config
from lms.core.db import Database
from tests.conftest import open_database
from tests.counting import counting


def test_alive_asks_no_database(app: Any, sqlite_database: Database) -> None:
    with counting(sqlite_database) as sent:
        response = app.test_client().get("/healthz")
    assert (response.status_code, response.data, sent) == (200, b"ok\n", [])


def test_alive_answers_where_there_is_no_database_at_all(config: Config) -> None:
    app = create_app(replace(config, database_url="sqlite:////nowhere/at/all/belay.db"))
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    away = client.get("/readyz")
    assert away.status_code == 503
    assert away.headers["Retry-After"] == "10"


def test_ready_with_the_right_schema(app: Any) -> None:
    response = app.test_client().get("/readyz")
    assert (response.status_code, response.data) == (200, b"ready\n")


def test_not_ready_while_the_schema_is_old_and_every_page_says_what_helps(
    config: Config, sqlite_database: Database
) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    client = create_app(config, database=sqlite_database).test_client()
    for address in ("/readyz", "/login", "/track"):
        response = client.get(address)
        assert response.status_code == 503, address
        assert "lms migrate" in response.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200


def test_an_empty_database_says_how_to_begin(config: Config, tmp_path: Path) -> None:
    app = create_app(config, database=open_database(f"sqlite:///{tmp_path / 'empty.db'}"))
    page = app.test_client().get("/readyz")
    assert page.status_code == 503
    assert "lms init" in page.get_data(as_text=True)


def test_the_process_recovers_when_the_database_comes_back(
    config: Config, tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "later" / "belay.db"
    app = create_app(config, database=open_database(f"sqlite:///{path}"))
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    path.parent.mkdir()
    path.write_bytes(sqlite_template.read_bytes())
    assert client.get("/readyz").status_code == 200
