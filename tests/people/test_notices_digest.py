"""The daily digest and urgent mails: at most one a local day, asked again before they go."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.people.models import Notification, Person
from lms.people.notices import jobs, operations
from lms.people.notices.digest import digests, due
from lms.people.notices.queries import Waiting
from tests.cast import Cast
from tests.conftest import MONDAY

Deliver = Callable[[], list[EmailMessage]]


@pytest.fixture
def deliver(app: Flask, people: Cast, sqlite_database: Database, clock: FixedClock) -> Deliver:
    """A function that does the worker's round and returns the mails of this round."""
    sent: list[EmailMessage] = []
    handlers = jobs.handlers(app, sent.append)

    def round_() -> list[EmailMessage]:
        sent.clear()
        digests(sqlite_database, clock.now())
        while outbox.drain(sqlite_database, handlers, worker="test", now=clock.now):
            pass
        return list(sent)

    return round_


def tell(database: Database, person_id: int, key: str, now: datetime, **options: Any) -> None:
    """Tell somebody something."""
    with database.writing() as session:
        operations.notify(
            session,
            person_id=person_id,
            kind="unknown",
            key=key,
            values={},
            url="/profile",
            now=now,
            **options,
        )


def person(**changes: Any) -> Waiting:
    """Return somebody in Berlin for whom something waits."""
    values: dict[str, Any] = {
        "person_id": 1,
        "zone": "Europe/Berlin",
        "wants_digest": True,
        "deactivated_at": None,
        "leaves_on": None,
        "site_zone": "Europe/Berlin",
    }
    return Waiting(**{**values, **changes})


@pytest.mark.parametrize(
    ("changes", "is_due"),
    [
        ({}, True),
        ({"wants_digest": False}, False),
        ({"deactivated_at": MONDAY}, False),
        ({"leaves_on": MONDAY.date() - timedelta(days=1)}, False),
        ({"zone": "America/New_York"}, False),
        ({"zone": "Asia/Shanghai"}, True),
    ],
)
def test_who_gets_a_digest(changes: dict[str, Any], is_due: bool) -> None:
    assert bool(due([person(**changes)], MONDAY)) is is_due


def test_the_day_of_a_digest_is_the_readers_own() -> None:
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=ZoneInfo("UTC"))
    ((_id, in_shanghai),) = due([person(zone="Asia/Shanghai")], evening)
    ((_id, in_new_york),) = due([person(zone="America/New_York")], evening)
    assert (in_shanghai.isoformat(), in_new_york.isoformat()) == ("2026-03-03", "2026-03-02")


def test_a_day_gives_one_mail_with_everything_unread(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    for n in range(3):
        tell(sqlite_database, people.maya, str(n), clock.now())
    (mail,) = deliver()
    assert mail["To"] == "maya@northfold.test"
    assert mail["Subject"] == "3 new things for you in Belay"
    assert mail.get_content().count("http://127.0.0.1:8000/profile") == 4, "3 and the way out"
    tell(sqlite_database, people.maya, "later that day", clock.now())
    assert deliver() == []
    clock.moment += timedelta(days=1)
    (next_day,) = deliver()
    assert next_day["Subject"] == "1 new thing for you in Belay"
    assert next_day["Message-ID"] != mail["Message-ID"]


def test_nothing_new_gives_no_mail(deliver: Deliver, clock: FixedClock) -> None:
    assert deliver() == []


def test_what_was_read_meanwhile_is_not_mailed(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now())
    assert digests(sqlite_database, clock.now()) == 1
    assert digests(sqlite_database, clock.now()) == 0
    with sqlite_database.writing() as session:
        session.execute(update(Notification).values(read_at=clock.now()))
    assert deliver() == []


@pytest.mark.parametrize("change", [{"digest": False}, {"deactivated_at": MONDAY}])
def test_who_left_or_wants_none_meanwhile_gets_none(
    deliver: Deliver,
    people: Cast,
    sqlite_database: Database,
    clock: FixedClock,
    change: dict[str, Any],
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now())
    digests(sqlite_database, clock.now())
    with sqlite_database.writing() as session:
        session.execute(update(Person).where(Person.id == people.maya).values(**change))
    assert deliver() == []


def test_a_digest_that_was_delayed_over_night_leaves_it_to_the_next(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now())
    digests(sqlite_database, clock.now())
    clock.moment += timedelta(days=1)
    assert len(deliver()) == 1
    assert deliver() == []


def test_a_mail_that_failed_is_sent_again_with_the_same_name(
    app: Flask, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now())
    digests(sqlite_database, clock.now())
    tried: list[EmailMessage] = []

    def send(message: EmailMessage) -> None:
        tried.append(message)
        if len(tried) == 1:
            raise ConnectionError

    for _ in range(3):
        outbox.drain(sqlite_database, jobs.handlers(app, send), worker="t", now=clock.now)
        clock.moment += timedelta(minutes=5)
    assert len(tried) == 2
    assert tried[0]["Message-ID"] == tried[1]["Message-ID"]


def test_an_urgent_one_goes_at_once_and_in_no_digest(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    clock.moment = MONDAY - timedelta(hours=4)
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).digest = False
    tell(sqlite_database, people.maya, "a", clock.now(), urgent=True)
    (mail,) = deliver()
    assert "http://127.0.0.1:8000/profile" in mail.get_content()
    clock.moment += timedelta(hours=8)
    assert deliver() == []


def test_an_urgent_one_that_was_read_is_not_mailed(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now(), urgent=True)
    with sqlite_database.writing() as session:
        session.execute(update(Notification).values(read_at=clock.now()))
    assert deliver() == []


def test_what_is_two_weeks_old_is_stale(
    deliver: Deliver, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    tell(sqlite_database, people.maya, "a", clock.now() - timedelta(days=15))
    assert deliver() == []


def test_digests_are_asked_for_once_on_both_databases(database: Database, cast: Cast) -> None:
    for person_id in (cast.maya, cast.lior):
        tell(database, person_id, "a", MONDAY)
    assert digests(database, MONDAY) == 2
    assert digests(database, MONDAY) == 0
    with database.reading() as session:
        keys = session.scalars(select(OutboxRow.key).order_by(OutboxRow.key)).all()
    assert list(keys) == [f"digest:{cast.maya}:2026-03-02", f"digest:{cast.lior}:2026-03-02"]


ZONES = ("Europe/Berlin", "America/New_York", "Asia/Jerusalem", "Asia/Shanghai")


@pytest.mark.parametrize(("hires", "days"), [(8, 6), pytest.param(200, 91, marks=pytest.mark.slow)])
def test_nobody_gets_more_than_one_mail_a_day_and_the_urgent_ones(
    deliver: Deliver, sqlite_database: Database, clock: FixedClock, hires: int, days: int
) -> None:
    """Simulate hires in four zones across a clock change, some of whom read and some move."""
    _wait_for_no_disk(sqlite_database)
    dice = random.Random(7)
    clock.moment = datetime(2026, 3, 1, 0, 30, tzinfo=ZoneInfo("UTC"))
    zones = _hire(sqlite_database, hires)
    mails: Counter[tuple[str, str]] = Counter()
    urgent = told = 0
    for hour in range(0, days * 24, 6):
        with sqlite_database.writing() as session:
            if dice.random() < 0.5:
                session.execute(
                    update(Notification)
                    .where(Notification.person_id % 3 == dice.randrange(3))
                    .values(read_at=clock.now())
                )
            for person_id in zones:
                if dice.random() < 0.15:
                    told += 1
                    is_urgent = dice.random() < 0.02
                    urgent += is_urgent
                    operations.notify(
                        session,
                        person_id=person_id,
                        kind="unknown",
                        key=f"event {hour}",
                        values={},
                        url="/",
                        now=clock.now(),
                        urgent=is_urgent,
                    )
        for mail in deliver():
            zone = zones[int(str(mail["To"]).split("@")[0])]
            if "new thing" in mail["Subject"]:
                day = clock.now().astimezone(ZoneInfo(zone)).date()
                mails[mail["To"], day.isoformat()] += 1
            else:
                urgent -= 1
        clock.moment += timedelta(hours=6)
    assert max(mails.values()) == 1
    assert urgent == 0, "each urgent one was mailed, once"
    assert len(mails) > hires * days / 4, "the digest does come"
    assert sum(mails.values()) < told
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count(OutboxRow.id)).where(OutboxRow.error != "")) == 0


def _wait_for_no_disk(database: Database) -> None:
    """Let commits return before the disk has them: this counts mails, not power cuts."""
    event.listen(
        database.engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA synchronous=OFF"),
    )
    database.dispose()


def _hire(database: Database, number: int) -> dict[int, str]:
    """Add hires whose mail address is their id; return their zones."""
    with database.writing() as session:
        hired = [
            Person(
                id=1000 + n,
                email=f"{1000 + n}@northfold.test",
                name=f"Hire {n}",
                time_zone=ZONES[n % 4],
                created_at=MONDAY,
            )
            for n in range(number)
        ]
        session.add_all(hired)
    return {1000 + n: ZONES[n % 4] for n in range(number)}
