"""Our pages and a bare Flask page under the same server in one run; the ratio is what counts."""

import argparse
import multiprocessing
import secrets
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer
from sqlalchemy import event, select

from lms.app import create_app
from lms.bench.bare import create_bare_app, fill
from lms.bench.databases import fresh_database
from lms.bench.load import put_load
from lms.core import migrating
from lms.core.clock import SystemClock
from lms.core.config import Config
from lms.core.db import Database
from lms.demo import seed
from lms.people import sign_in
from lms.people.models import Person

ROUNDS = 3
WORKERS = 2
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


@dataclass(frozen=True)
class Page:
    """A page to measure: its name, address and whose eyes see it."""

    name: str
    path: str
    email: str


PAGES = (
    Page("today_trainee", "/", "trainee@demo.test"),
    Page("today_coach", "/", "coach@demo.test"),
    Page("today_trainer", "/", "trainer@demo.test"),
    Page("today_manager", "/", "manager@demo.test"),
    Page("lesson", "/steps/onboarding/find-and-read-an-order", "trainee@demo.test"),
    Page("track", "/track", "trainee@demo.test"),
    Page("board", "/board", "trainer@demo.test"),
    Page("people", "/people", "admin@demo.test"),
)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure every page in turns with the bare page; return rates as ratios."""
    with tempfile.TemporaryDirectory() as name, fresh_database(options.database, Path(name)) as url:
        config = _company(Path(name), url, options.people)
        cookies = _sign_in(config)
        counts = _statements(config, cookies)
        fill(f"sqlite:///{name}/bare.db")
        bare = partial(create_bare_app, f"sqlite:///{name}/bare.db", config.secret_key)
        with _served(partial(create_app, config)) as ours, _served(bare) as theirs:
            pages = [
                _measure(page, ours, theirs, cookies[page.email], config, options, counts)
                for page in PAGES
            ]
    return {
        "bench": "pages",
        "server": f"granian WSGI, {WORKERS} workers x 1 thread",
        "database": options.database,
        "people": options.people,
        "pages": pages,
    }


def _measure(
    page: Page,
    ours: int,
    theirs: int,
    cookie: str,
    config: Config,
    options: argparse.Namespace,
    counts: dict[str, int],
) -> dict[str, Any]:
    """Return the median of the rounds; the two servers take turns, so drift hits both."""
    bare_cookie = _bare_cookie(config)
    put_load(ours, page.path, cookie, seconds=0.5)
    ratios, rates = [], []
    for _ in range(ROUNDS):
        base = put_load(theirs, "/", bare_cookie, seconds=options.seconds / ROUNDS)
        own = put_load(ours, page.path, cookie, seconds=options.seconds / ROUNDS)
        if own.failed or base.failed:
            raise RuntimeError(f"{page.name}: {own.failed} of ours, {base.failed} bare failed")
        ratios.append(own.rate / base.rate)
        rates.append((own.rate, base.rate))
    return {
        "page": page.name,
        "ratio": round(statistics.median(ratios), 2),
        "statements": counts[page.name],
        "bytes": own.bytes,
        "rate": round(statistics.median(r for r, _ in rates)),
        "bare_rate": round(statistics.median(b for _, b in rates)),
    }


def _company(folder: Path, url: str, people: int) -> Config:
    config = Config(
        data_dir=folder,
        database_url=url,
        secret_key=secrets.token_urlsafe(32),
        demo=True,
    )
    database = Database(url)
    migrating.upgrade(database.engine)
    seed.fill(database, config, SystemClock(), people=people, progress=lambda _: None)
    database.dispose()
    return config


def _sign_in(config: Config) -> dict[str, str]:
    """Return a signed-in cookie for each account, made beforehand."""
    database = Database(config.database_url)
    app = create_app(config, database=database)
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookies = {}
    for email in {page.email for page in PAGES}:
        with database.writing() as session:
            person_id = session.scalars(select(Person.id).where(Person.email == email)).one()
            token = sign_in.start(
                session,
                person_id=person_id,
                remembered=False,
                address="127.0.0.1",
                agent="bench",
                now=SystemClock().now(),
            )
        value = signer.dumps({"_user_id": token, "_fresh": True})
        cookies[email] = f"{app.config['SESSION_COOKIE_NAME']}={value}"
    database.dispose()
    return cookies


def _bare_cookie(config: Config) -> str:
    app = create_bare_app("sqlite://", config.secret_key)
    signer: Any = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    value = signer.dumps({"_user_id": "1", "_fresh": True})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"


def _statements(config: Config, cookies: dict[str, str]) -> dict[str, int]:
    """Return how many statements each page sends when caches are warm."""
    database = Database(config.database_url)
    app = create_app(config, database=database)
    sent: list[str] = []

    @event.listens_for(database.engine, "before_cursor_execute")
    def note(_c: object, _u: object, statement: str, *_rest: object) -> None:
        if not statement.lstrip().upper().startswith(UNCOUNTED):
            sent.append(statement)

    found = {}
    client = app.test_client(use_cookies=False)
    for page in PAGES:
        for _ in range(2):
            sent.clear()
            answer = client.get(page.path, headers={"Cookie": cookies[page.email]})
            if answer.status_code != 200:
                raise RuntimeError(f"{page.name} answered {answer.status_code}")
        found[page.name] = len(sent)
    database.dispose()
    return found


@contextmanager
def _served(make: Callable[[], Flask]) -> Iterator[int]:
    """Serve an application from processes of its own on a free port until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(make, port))
    process.start()
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.join(10)


def _serve(make: Callable[[], Flask], port: int) -> None:
    MPServer(
        target="lms.bench.pages",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=1,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve(target_loader=make, wrap_loader=False)


def _wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(0.5)
            return
    raise RuntimeError("the server did not start")
