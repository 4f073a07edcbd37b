"""The background worker: does what was announced, forgets what is old, survives its own errors."""

import ast
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

import lms
from lms.app import create_app
from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.core.models import AnsweredRequest, OutboxRow, WorkerBeat
from lms.ops import jobs
from lms.ops.background import Worker
from lms.people.company.operations import send_test_mail
from tests.cast import Cast
from tests.conftest import MONDAY


@pytest.fixture
def mailing(config: Config, database: Database, clock: FixedClock, tmp_path: Path) -> Flask:
    """An application on either database whose mail goes into a folder."""
    config = replace(config, mail_url=f"folder://{tmp_path / 'mail'}")
    return create_app(config, clock=clock, database=database)


def _mails(tmp_path: Path) -> list[str]:
    folder = tmp_path / "mail"
    files = sorted(folder.iterdir()) if folder.exists() else []
    return [str(message_from_bytes(path.read_bytes(), policy=policy.default)) for path in files]


def _ask_for_test_mail(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        send_test_mail(session, actor=cast.actor("ada"), now=MONDAY)


def test_what_is_announced_is_mailed(
    mailing: Flask, database: Database, cast: Cast, tmp_path: Path
) -> None:
    _ask_for_test_mail(database, cast)
    worker = Worker(mailing)
    worker.turn()
    (mail,) = _mails(tmp_path)
    assert "ada@northfold.test" in mail
    worker.turn()
    assert len(_mails(tmp_path)) == 1


def test_every_kind_that_is_announced_has_a_handler(mailing: Flask) -> None:
    announced = set()
    for path in Path(lms.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("announce"):
                (kind,) = [word.value for word in node.keywords if word.arg == "kind"]
                assert isinstance(kind, ast.Constant), f"{path}: the kind is not written out"
                announced.add(kind.value)
    assert "invitation" in announced
    assert announced == jobs.handlers(mailing).keys()


def test_a_worker_beats_until_it_leaves(mailing: Flask, database: Database, cast: Cast) -> None:
    worker = Worker(mailing, name="here:1")
    stop = threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,))
    thread.start()
    try:
        for _ in range(500):
            if beat := _beat(database):
                break
            threading.Event().wait(0.02)
        assert beat is not None
        assert datetime.now(UTC) - beat < timedelta(minutes=1), "the machine's own time"
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert _beat(database) is None


def _beat(database: Database) -> datetime | None:
    with database.reading() as session:
        return session.scalar(select(WorkerBeat.beat_at).where(WorkerBeat.name == "here:1"))


def test_a_job_that_fails_does_not_stop_the_others(
    mailing: Flask,
    database: Database,
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fall(_app: Flask) -> list[jobs.Periodic]:
        def run() -> None:
            raise ZeroDivisionError

        return [jobs.Periodic("falls", timedelta(0), run)]

    monkeypatch.setattr(jobs, "periodic", fall)
    _ask_for_test_mail(database, cast)
    worker = Worker(mailing)
    worker.turn()
    worker.turn()
    assert caplog.text.count("falls failed") == 2
    assert len(_mails(tmp_path)) == 1


def test_a_worker_waits_while_the_database_is_away(
    config: Config, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(str(sqlite_database.url.database))
    with sqlite_database.reading() as session:
        session.connection()
    away = path.rename(path.with_name("away.db"))
    worker = Worker(create_app(config, database=sqlite_database), name="here:1")
    worker.turn()
    assert "beat has to wait: database_away" in caplog.text
    assert "Traceback" not in caplog.text
    away.rename(path)
    for entry in worker.turns:
        entry.due = 0
    worker.turn()
    assert _beat(sqlite_database) is not None


def test_what_mattered_only_for_a_while_is_forgotten(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "_AT_ONCE", 3)
    with database.writing() as session:
        for days in range(20):
            at = MONDAY - timedelta(days=days)
            session.add(
                AnsweredRequest(
                    person_id=cast.maya,
                    key=f"key-{days}",
                    endpoint="e",
                    location="/",
                    answered_at=at,
                )
            )
            outbox.announce(session, kind="greet", key=f"greet-{days}", payload={}, now=at)
        session.flush()
        for row in session.scalars(select(OutboxRow)):
            row.done_at = row.created_at - timedelta(days=80)
        session.add(OutboxRow(kind="k", key="open", payload={}, created_at=at, due_at=at))
        session.add(
            WorkerBeat(name="old:1", started_at=MONDAY, beat_at=datetime(2026, 1, 1, tzinfo=UTC))
        )
    jobs.tidy(database, MONDAY)
    with database.reading() as session:
        answers = session.scalar(select(func.count()).select_from(AnsweredRequest))
        rows = set(session.scalars(select(OutboxRow.key)))
        beats = session.scalar(select(func.count()).select_from(WorkerBeat))
    assert answers == 8, "those of the last seven days"
    assert "open" in rows, "what waits is never forgotten"
    assert rows == {"open", *(f"greet-{days}" for days in range(11))}
    assert beats == 0


def test_what_comes_round_may_run_in_two_workers_at_once(
    mailing: Flask, database: Database, cast: Cast
) -> None:
    failures: list[BaseException] = []

    def run_all() -> None:
        try:
            for job in jobs.periodic(mailing):
                job.run()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=run_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
