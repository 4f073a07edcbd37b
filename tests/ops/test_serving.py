"""Serving with real processes: whatever is killed comes back, and stopping stops everything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.core.models import WorkerBeat
from tests.ops.running import Running, alive, eventually, free_port, get, kill, lms, running

pytestmark = pytest.mark.slow

REPLACED_WITHIN_SECONDS = 10
"""About half a second on a machine that has nothing else to do."""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an empty company."""
    folder = tmp_path_factory.mktemp("company") / "data"
    made = lms(
        "init",
        *("--company", "Fell & Ford", "--admin-email", "ada@fell-and-ford.example.com"),
        *("--admin-password", "three otters swim", "--no-curriculum"),
        LMS_DATA_DIR=str(folder),
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def server(data_dir: Path, port: int) -> Iterator[Running]:
    """A server with two web workers that is ready."""
    arguments = ("serve", "--port", str(port), "--workers", "2")
    with running(*arguments, LMS_DATA_DIR=str(data_dir)) as program:
        assert program.line() == f"Belay is ready at http://127.0.0.1:{port}"
        eventually(lambda: len(program.web_workers()) == 2)
        yield program


def _workers_alive(data_dir: Path) -> set[str]:
    database = Database(f"sqlite:///{data_dir / 'belay.db'}")
    with database.reading() as session:
        names = set(session.scalars(select(WorkerBeat.name)))
    database.dispose()
    return names


def test_it_serves_pages_and_says_that_it_is_ready(server: Running, port: int) -> None:
    assert get(port, "/readyz") == (200, "ready\n")
    status, page = get(port, "/login")
    assert status == 200
    assert "password" in page
    assert "demo.test" not in page


def test_a_web_worker_that_is_killed_again_and_again_is_replaced(
    server: Running, port: int
) -> None:
    for _ in range(4):
        victim = server.web_workers()[0]
        kill(victim)
        eventually(
            lambda victim=victim: (  # type: ignore[misc]
                len(server.web_workers()) == 2 and victim not in server.web_workers()
            ),
            within=REPLACED_WITHIN_SECONDS,
        )
        eventually(lambda: get(port, "/healthz")[0] == 200, within=REPLACED_WITHIN_SECONDS)
    assert server.process.poll() is None


def test_all_web_workers_killed_at_once_are_replaced(server: Running, port: int) -> None:
    before = set(server.web_workers())
    for victim in before:
        kill(victim)
    eventually(lambda: get(port, "/healthz")[0] == 200, within=REPLACED_WITHIN_SECONDS)
    eventually(lambda: len(set(server.web_workers()) - before) == 2, within=REPLACED_WITHIN_SECONDS)


def test_the_background_worker_is_replaced(server: Running, data_dir: Path) -> None:
    eventually(lambda: _background(server, data_dir))
    victim = _background(server, data_dir)
    assert victim is not None
    kill(victim)
    eventually(lambda: _background(server, data_dir) not in (None, victim))


def _background(server: Running, data_dir: Path) -> int | None:
    """Return the living process that has written that it works."""
    tree = server.tree()
    pids = [int(name.rsplit(":", 1)[1]) for name in _workers_alive(data_dir)]
    return next((pid for pid in pids if pid in tree), None)


def test_even_the_web_workers_parent_is_replaced(server: Running, port: int) -> None:
    workers = server.web_workers()
    kill(server.tree()[0])
    eventually(lambda: not any(alive(pid) for pid in workers))
    eventually(lambda: get(port, "/healthz")[0] == 200)


def test_stopping_stops_everything(server: Running, data_dir: Path, port: int) -> None:
    eventually(lambda: _background(server, data_dir))
    background, tree = _background(server, data_dir), server.tree()
    assert server.stop() == 0
    assert not any(alive(pid) for pid in tree)
    assert get(port, "/healthz")[0] == 0
    assert "Traceback" not in "".join(server.errors)
    gone = [name for name in _workers_alive(data_dir) if name.endswith(f":{background}")]
    assert gone == [], "the background worker says that it leaves"


def test_nothing_outlives_a_supervisor_that_is_killed(server: Running) -> None:
    tree = server.tree()
    kill(server.process.pid)
    eventually(lambda: not any(alive(pid) for pid in tree))


def test_a_taken_port_and_a_folder_in_use_are_refused(
    server: Running, data_dir: Path, port: int, tmp_path: Path
) -> None:
    second = lms("serve", "--port", str(port), LMS_DATA_DIR=str(data_dir))
    assert second.returncode == 2
    assert f"port {port} is taken" in second.stderr
    made = lms("backup", str(tmp_path / "b.zip"), LMS_DATA_DIR=str(data_dir))
    assert made.returncode == 0, "a backup is made online"
    restored = lms("restore", "--replace", str(tmp_path / "b.zip"), LMS_DATA_DIR=str(data_dir))
    assert restored.returncode == 2
    assert "in use" in restored.stderr


def test_an_old_schema_is_said_on_every_page_until_it_is_migrated(
    data_dir: Path, port: int, tmp_path: Path
) -> None:
    from lms.core import migrating

    old = tmp_path / "old"
    old.mkdir()
    database = Database(f"sqlite:///{old / 'belay.db'}")
    migrating.upgrade(database.engine)
    migrating.downgrade(database.engine, "-1")
    with migrating.one_transaction(database.engine) as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num TEXT)")
        connection.exec_driver_sql("DELETE FROM alembic_version")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('older')")
    database.dispose()
    arguments = ("serve", "--port", str(port), "--workers", "1")
    with running(*arguments, LMS_DATA_DIR=str(old)) as program:
        program.line()
        status, page = get(port, "/login")
        assert status == 503
        assert "lms migrate" in page
        assert get(port, "/healthz")[0] == 200
        assert program.stop() == 0
