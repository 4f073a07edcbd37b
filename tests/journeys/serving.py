"""The real application behind a real port of this machine, on a clock that a test moves."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import select
from werkzeug.serving import WSGIRequestHandler, make_server

from lms.app import create_app
from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.ops import jobs
from lms.people import sign_in
from lms.people.models import Person
from tests.conftest import open_database


class _Quiet(WSGIRequestHandler):
    def log(self, *_arguments: Any) -> None:
        """Say nothing: a failing test shows its page."""


@dataclass
class Served:
    """A company that can be visited."""

    url: str
    app: Flask
    config: Config
    clock: FixedClock
    database: Database
    mails: Path

    def person(self, email: str) -> int:
        """Return somebody's id."""
        with self.database.reading() as session:
            return session.scalars(select(Person.id).where(Person.email == email)).one()

    def enter(self, context: Any, person_id: int) -> None:
        """Sign a window in as somebody, as the sign-in page would after the password."""
        with self.database.writing() as session:
            token = sign_in.start(
                session,
                person_id=person_id,
                remembered=True,
                address="127.0.0.1",
                agent="test",
                now=self.clock.now(),
            )
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        cookie = signer.dumps({"_user_id": token, "_fresh": True})
        context.add_cookies([{"name": "belay", "value": cookie, "url": self.url}])

    def work(self) -> None:
        """Do what the background worker would do now, until nothing waits."""
        handlers = jobs.handlers(self.app)
        while outbox.drain(self.database, handlers, worker="test", now=self.clock.now, limit=500):
            pass


@contextmanager
def served(folder: Path, database_file: Path, moment: datetime, **config: Any) -> Iterator[Served]:
    """Serve the company in a database file; uploads and mails go below `folder`."""
    server = make_server("127.0.0.1", 0, _not_yet, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    mails = folder / "mail"
    settings = Config(
        data_dir=folder,
        database_url=f"sqlite:///{database_file}",
        secret_key="a secret for tests that is long enough",
        base_url=url,
        mail_url=f"folder://{mails}",
    )
    settings = replace(settings, **config)
    database = open_database(settings.database_url)
    clock = FixedClock(moment)
    app = create_app(settings, clock=clock, database=database)
    server.app = _whole(app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Served(url, app, settings, clock, database, mails)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
        database.dispose()


def _whole(app: Flask) -> Callable[[Any, Any], list[bytes]]:
    """Return the application with each answer read to its end and closed before it is sent.

    When a browser goes away in the middle, this server forgets to close what it was sending.
    """

    def answer(environ: Any, start: Any) -> list[bytes]:
        parts = app(environ, start)
        try:
            return [b"".join(parts)]
        finally:
            if hasattr(parts, "close"):
                parts.close()

    return answer


def _not_yet(_environ: Any, _start: Any) -> list[bytes]:
    raise RuntimeError("the port is needed before there is an application")
