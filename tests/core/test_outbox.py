"""The outbox: once announced, done by one worker, tried again, given up in the end."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.models import OutboxRow, StoredFile
from tests.conftest import MONDAY


def _announce(database: Database, *keys: str, due_at: datetime | None = None) -> list[bool]:
    with database.writing() as session:
        return [
            outbox.announce(
                session, kind="greet", key=key, payload={"to": key}, now=MONDAY, due_at=due_at
            )
            for key in keys
        ]


def _rows(database: Database) -> dict[str, OutboxRow]:
    with database.reading() as session:
        return {row.key: row for row in session.scalars(select(OutboxRow))}


def _drain(
    database: Database,
    handler: outbox.Handler,
    clock: FixedClock,
    worker: str = "first",
) -> int:
    return outbox.drain(database, {"greet": handler}, worker=worker, now=clock.now)


def _fail(_row: OutboxRow) -> None:
    raise ConnectionRefusedError("no mail server")


def test_what_was_announced_is_done_once(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya", "ben")
    done: list[tuple[str, object]] = []

    def greet(row: OutboxRow) -> None:
        done.append((row.key, row.payload))

    assert _drain(database, greet, clock) == 2
    assert _drain(database, greet, clock) == 0
    assert sorted(done, key=str) == [("ben", {"to": "ben"}), ("maya", {"to": "maya"})]
    assert all(row.done_at == MONDAY for row in _rows(database).values())


def test_the_same_event_is_announced_once(database: Database) -> None:
    assert _announce(database, "maya", "maya") == [True, False]
    assert _announce(database, "maya") == [False]
    assert len(_rows(database)) == 1


def test_announcing_at_the_same_moment_is_announcing_once(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both looked and found nothing; the constraint decides, and the second loses no work."""
    with postgres_database.session() as second:
        from lms.core.db import writing

        with writing(second):
            second.scalar(select(OutboxRow.id))
            blind = _look_before(second, lambda: _announce(postgres_database, "maya"))
            monkeypatch.setattr(second, "scalar", blind)
            second.add(
                StoredFile(sha256="0" * 64, media_type="image/webp", size=1, stored_at=MONDAY)
            )
            told = outbox.announce(second, kind="greet", key="maya", payload={}, now=MONDAY)
    assert told is False
    assert len(_rows(postgres_database)) == 1
    with postgres_database.reading() as session:
        assert session.scalar(select(StoredFile.size)) == 1, "the second's own work is kept"


def _look_before(session: object, happens: Callable[[], object]) -> Callable[[object], None]:
    """Return a look that finds nothing, after which somebody else announces the same."""

    def look(_query: object) -> None:
        happens()

    return look


def test_an_announcement_is_undone_with_its_transaction(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            outbox.announce(session, kind="greet", key="maya", payload={}, now=MONDAY)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert _rows(database) == {}


def test_nothing_is_done_before_it_is_due(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya", due_at=MONDAY + timedelta(hours=1))
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock) == 0
    clock.moment += timedelta(hours=1)
    assert _drain(database, lambda row: done.append(row.key), clock) == 1
    assert done == ["maya"]


def test_two_workers_at_once_do_each_thing_once(database: Database, clock: FixedClock) -> None:
    keys = [f"person-{number}" for number in range(40)]
    _announce(database, *keys)
    done: list[str] = []
    failures: list[BaseException] = []
    together = threading.Barrier(2)

    def work(name: str) -> None:
        try:
            together.wait()
            while _drain(database, lambda row: done.append(row.key), clock, worker=name):
                pass
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    workers = [threading.Thread(target=work, args=(name,)) for name in ("first", "second")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    assert sorted(done) == sorted(keys)


def test_a_failure_is_tried_again_later_and_later(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya")
    assert _drain(database, _fail, clock) == 0
    row = _rows(database)["maya"]
    assert (row.attempts, row.error) == (1, "ConnectionRefusedError: no mail server")
    assert row.due_at == MONDAY + timedelta(seconds=30)
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock) == 0, "not yet"
    clock.moment += timedelta(seconds=30)
    assert _drain(database, lambda row: done.append(row.key), clock) == 1
    assert _rows(database)["maya"].error is None


def test_waits_double_up_to_two_hours() -> None:
    waits = [outbox.retry_delay(attempts).total_seconds() for attempts in range(1, 12)]
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == 7200
    assert waits == sorted(waits)


def test_after_the_last_attempt_it_is_on_the_dead_list(
    database: Database, clock: FixedClock
) -> None:
    _announce(database, "maya")
    for _ in range(outbox.MAX_ATTEMPTS):
        assert _rows(database)["maya"].dead_at is None
        _drain(database, _fail, clock)
        clock.moment += timedelta(hours=3)
    row = _rows(database)["maya"]
    assert (row.attempts, row.done_at) == (outbox.MAX_ATTEMPTS, None)
    assert row.dead_at is not None
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock) == 0
    assert done == []


def test_one_failure_does_not_hold_up_the_others(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya", "ben", "lior")
    done: list[str] = []

    def greet(row: OutboxRow) -> None:
        if row.key == "ben":
            raise ConnectionRefusedError
        done.append(row.key)

    assert _drain(database, greet, clock) == 2
    assert sorted(done) == ["lior", "maya"]


def test_what_is_no_longer_needed_counts_as_done(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya")

    def check_again(_row: OutboxRow) -> None:
        raise outbox.NotNeeded

    assert _drain(database, check_again, clock) == 1
    assert _rows(database)["maya"].done_at == MONDAY


def test_what_cannot_be_done_here_yet_waits_without_being_given_up(
    database: Database, clock: FixedClock
) -> None:
    _announce(database, "maya")

    def wait_for_mail(_row: OutboxRow) -> None:
        raise outbox.NotYet("LMS_MAIL_URL is not set")

    for _ in range(outbox.MAX_ATTEMPTS * 2):
        assert _drain(database, wait_for_mail, clock) == 0
        clock.moment += outbox.NOT_YET_WAITS
    row = _rows(database)["maya"]
    assert (row.attempts, row.dead_at, row.error) == (0, None, "LMS_MAIL_URL is not set")
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock) == 1


def test_what_nobody_handles_says_so(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya")
    assert outbox.drain(database, {}, worker="first", now=clock.now) == 0
    assert _rows(database)["maya"].error == "LookupError: no handler for greet"


def _claim_and_die(database: Database, clock: FixedClock, worker: str) -> None:
    class Killed(BaseException):
        pass

    def die(_row: OutboxRow) -> None:
        raise Killed

    with pytest.raises(Killed):
        _drain(database, die, clock, worker=worker)


def test_the_claim_of_a_killed_worker_is_taken_over(database: Database, clock: FixedClock) -> None:
    _announce(database, "maya")
    _claim_and_die(database, clock, "killed")
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock, worker="other") == 0
    clock.moment += outbox.CLAIM_LASTS + timedelta(seconds=1)
    assert _drain(database, lambda row: done.append(row.key), clock, worker="other") == 1
    assert done == ["maya"]


def test_what_kills_every_worker_ends_on_the_dead_list(
    database: Database, clock: FixedClock
) -> None:
    _announce(database, "maya")
    for number in range(outbox.MAX_ATTEMPTS):
        _claim_and_die(database, clock, f"worker-{number}")
        clock.moment += outbox.CLAIM_LASTS + timedelta(seconds=1)
    done: list[str] = []
    assert _drain(database, lambda row: done.append(row.key), clock) == 0
    assert done == []
    assert _rows(database)["maya"].dead_at is not None


def test_a_slow_worker_does_not_settle_what_was_taken_over(
    database: Database, clock: FixedClock
) -> None:
    _announce(database, "maya")

    def slow(_row: OutboxRow) -> None:
        clock.moment += outbox.CLAIM_LASTS + timedelta(seconds=1)
        assert _drain(database, lambda row: None, clock, worker="other") == 1
        raise ConnectionRefusedError("too late to matter")

    _drain(database, slow, clock, worker="slow")
    row = _rows(database)["maya"]
    assert row.done_at is not None
    assert (row.claimed_by, row.error) == ("other", None)
