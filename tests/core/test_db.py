"""The database: snapshots, writing, locks, and the only place that commits."""

import ast
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, StatementError

import lms
from lms.core.clock import FixedClock
from lms.core.db import Database, check_durability, is_writing, writing
from lms.core.errors import Unavailable
from lms.core.models import AuditEntry, StoredFile
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY, open_database, start_postgres

MAY_COMMIT = {"core/db.py", "bench/bare.py"}
"""The second is the page without Belay that benchmarks compare with."""
HOLDS_A_TRANSACTION = {"core/migrating.py", "ops/places.py"}
"""They open one on a connection, for changes of the schema, where there is no session yet."""


def _file(number: int) -> StoredFile:
    return StoredFile(
        sha256=f"{number:064d}", media_type="image/webp", size=number, stored_at=MONDAY
    )


def _count(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(StoredFile)) or 0


def test_what_was_written_is_there_afterwards(database: Database) -> None:
    with database.writing() as session:
        assert is_writing(session)
        session.add(_file(1))
    assert _count(database) == 1


def test_an_error_leaves_nothing_behind(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            session.add(_file(1))
            session.flush()
            raise LookupError("on the way")

    with pytest.raises(LookupError, match="on the way"):
        fail()
    assert _count(database) == 0


def test_a_savepoint_that_is_undone_leaves_nothing_behind(database: Database) -> None:
    with database.writing() as session:
        savepoint = session.begin_nested()
        session.add(_file(1))
        session.flush()
        savepoint.rollback()
        session.add(_file(2))
    with database.reading() as session:
        assert session.scalars(select(StoredFile.size)).all() == [2]


def test_nothing_leaks_out_of_a_transaction_that_is_rolled_back(database: Database) -> None:
    def begin(number: int) -> None:
        with database.writing() as session:
            with session.begin_nested():
                session.add(_file(number))
            raise LookupError

    for number in range(20):
        with pytest.raises(LookupError):
            begin(number)
    assert _count(database) == 0


def test_a_reader_sees_one_moment_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        before = reader.scalar(select(func.count()).select_from(StoredFile))
        with database.writing() as writer:
            writer.add(_file(1))
        after = reader.scalar(select(func.count()).select_from(StoredFile))
    assert (before, after) == (0, 0)
    assert _count(database) == 1


def test_writing_sees_what_was_committed_since_the_page_was_read(database: Database) -> None:
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 0
        assert not is_writing(session)
        with database.writing() as other:
            other.add(_file(1))
        with writing(session):
            assert session.scalar(select(func.count()).select_from(StoredFile)) == 1


def test_no_increment_is_lost_among_eight_writers(database: Database) -> None:
    with database.writing() as session:
        session.add(_file(0))
    failures: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(50):
                with database.writing() as session:
                    # Locking the row is what PostgreSQL needs; SQLite has taken its lock before.
                    row = session.scalars(select(StoredFile).with_for_update()).one()
                    row.size = row.size + 1
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.reading() as session:
        assert session.scalar(select(StoredFile.size)) == 400


def test_a_moment_without_a_zone_is_refused(database: Database) -> None:
    with (
        pytest.raises(StatementError, match="needs a time zone"),
        database.writing() as session,
    ):
        session.add(
            StoredFile(
                sha256="0" * 64,
                media_type="image/webp",
                size=1,
                stored_at=datetime(2026, 3, 2, 8, 0),
            )
        )


def test_moments_come_back_in_utc_whatever_zone_they_were_given_in(database: Database) -> None:
    from zoneinfo import ZoneInfo

    with database.writing() as session:
        session.add(
            StoredFile(
                sha256="0" * 64,
                media_type="image/webp",
                size=1,
                stored_at=datetime(2026, 3, 2, 10, 30, tzinfo=ZoneInfo("Asia/Jerusalem")),
            )
        )
    with database.reading() as session:
        found = session.scalars(select(StoredFile.stored_at)).one()
    assert found == datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert found.utcoffset() == datetime(2026, 3, 2, tzinfo=UTC).utcoffset()


@pytest.mark.parametrize("act", ["change", "delete"])
def test_a_fact_stays_as_it_was(database: Database, act: str) -> None:
    with database.writing() as session:
        session.add(AuditEntry(at=MONDAY, verb="begin", subject_type="person", detail={}))

    def tamper() -> None:
        with database.writing() as session:
            fact = session.scalars(select(AuditEntry)).one()
            if act == "change":
                fact.verb = "something_else"
            else:
                session.delete(fact)

    with pytest.raises(TypeError, match="append-only"):
        tamper()


def test_only_the_database_module_commits() -> None:
    root = Path(lms.__file__).parent
    committing, beginning = set(), set()
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr == "commit":
                committing.add(name)
            if node.func.attr == "begin" and not name.startswith("migrations/"):
                beginning.add(name)
    assert committing == MAY_COMMIT
    assert beginning == HOLDS_A_TRANSACTION


def test_a_database_that_may_forget_is_refused(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        check_durability(connection)
        connection.rollback()
        connection.connection.cursor().execute("PRAGMA synchronous=NORMAL")
        with pytest.raises(Unavailable) as refused:
            check_durability(connection)
    assert refused.value.reason == "durability"


def test_a_server_that_may_forget_is_refused(postgres_database: Database) -> None:
    with postgres_database.engine.connect() as connection:
        check_durability(connection)
        connection.execute(text("SET synchronous_commit = off"))
        with pytest.raises(Unavailable):
            check_durability(connection)


def test_an_old_schema_names_the_command_that_helps(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(Unavailable) as refused, database.reading():
        pass
    assert (refused.value.reason, refused.value.remedy) == ("schema_old", "lms migrate")


def test_an_old_schema_makes_every_page_say_so(
    app: Flask, sqlite_database: Database, client: Browser
) -> None:
    with sqlite_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    answer = client.get("/login")
    assert answer.status_code == 503
    assert "lms migrate" in answer.text
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_pages_come_back_by_themselves_with_the_embedded_database(
    sqlite_database: Database, client: Browser, people: Cast
) -> None:
    path = Path(str(sqlite_database.url.database))
    assert client.get("/login").status_code == 200
    away = path.rename(path.with_name("elsewhere.db"))
    answer = client.get("/login")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert client.get("/healthz").status_code == 200
    assert not path.exists(), "an empty database was made in place of the one that is away"
    away.rename(path)
    assert client.get("/login").status_code == 200


def test_a_database_put_in_place_of_another_is_noticed(
    sqlite_database: Database, sqlite_template: Path
) -> None:
    path = Path(str(sqlite_database.url.database))
    with sqlite_database.writing() as session:
        session.add(_file(1))
    sqlite_database.dispose()
    other = path.with_name("other.db")
    other.write_bytes(sqlite_template.read_bytes())
    other.replace(path)
    assert _count(sqlite_database) == 0


def test_the_first_start_without_a_database_names_the_command(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'none.db'}")
    with pytest.raises(Unavailable) as refused, database.reading():
        pass
    assert (refused.value.reason, refused.value.remedy) == ("no_company", "lms init")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.slow
def test_pages_come_back_by_themselves_with_the_database_server(
    tmp_path: Path, clock: FixedClock
) -> None:
    from lms.app import create_app
    from lms.core import migrating
    from lms.core.config import Config

    server = start_postgres()
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        database = open_database(url)
        migrating.upgrade(database.engine)
        config = Config(data_dir=tmp_path, database_url=url, secret_key="s" * 40)
        client = create_app(config, clock=clock, database=database).test_client()
        assert client.get("/readyz").status_code == 200
        server.stop()
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert client.get("/healthz").status_code == 200
        server.start()
        assert client.get("/readyz").status_code == 200
        database.dispose()
    finally:
        server.cleanup()


def test_a_second_writer_gives_up_when_the_first_keeps_the_lock(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as other, sqlite_database.writing():
        other.connection.cursor().execute("PRAGMA busy_timeout=10")
        impatient = other.execution_options(belay_writes=True)
        with pytest.raises(OperationalError, match="locked"):
            impatient.begin()
