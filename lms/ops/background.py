"""The background worker: drains the outbox and does what comes round by itself.

One loop and no queue of its own: what must happen is in the outbox, whose claims let any number
of workers run beside each other (see docs/decisions).
"""

import argparse
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import delete

from lms.app import create_app
from lms.core import logs, outbox, web
from lms.core.config import Config
from lms.core.errors import Unavailable
from lms.core.models import WorkerBeat
from lms.ops import jobs, lock
from lms.ops.jobs import Periodic

log = logging.getLogger("lms.worker")

DRAIN_EVERY = timedelta(seconds=2)
BEAT_EVERY = timedelta(seconds=15)


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Run one background worker until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="lms worker", description=__doc__)
    parser.parse_args(arguments)
    assert config is not None
    logs.set_up(config)
    try:
        with lock.sharing(config.data_dir):
            work(create_app(config), config)
    except lock.InUse as error:
        print(f"lms: {error}", file=sys.stderr)
        return 2
    return 0


def work(app: Flask, config: Config) -> None:
    """Work for an application until SIGTERM or SIGINT."""
    logs.set_up(config)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    Worker(app).run(stop)


@dataclass
class Turn:
    """A periodic job and when it comes round next, on the machine's monotonic clock."""

    job: Periodic
    due: float = 0.0


class Worker:
    """One background worker on one application."""

    def __init__(self, app: Flask, name: str | None = None) -> None:
        belay: web.Belay = app.extensions[web.EXTENSION]
        self.name = name or f"{socket.gethostname()[:60]}:{os.getpid()}"
        self._handlers = jobs.handlers(app)
        self._database, self._clock = belay.database, belay.clock
        self._started_at = datetime.now(UTC)
        self._stop = threading.Event()
        self.turns = [Turn(job) for job in (*self._own_jobs(), *jobs.periodic(app))]

    def run(self, stop: threading.Event) -> None:
        """Work until `stop` is set; then say that this worker is gone."""
        self._stop = stop
        while not stop.is_set():
            self.turn()
            soonest = min(entry.due for entry in self.turns)
            stop.wait(max(0.05, soonest - time.monotonic()))
        self._guarded("leave", self._leave)

    def turn(self) -> None:
        """Do what is due now. A job that fails is logged and comes round again."""
        for entry in self.turns:
            if self._stop.is_set() or entry.due > time.monotonic():
                continue
            self._guarded(entry.job.name, entry.job.run)
            entry.due = time.monotonic() + entry.job.every.total_seconds()

    def _own_jobs(self) -> tuple[Periodic, ...]:
        return (
            Periodic("beat", BEAT_EVERY, self._beat),
            Periodic("outbox", DRAIN_EVERY, self.drain),
        )

    def _guarded(self, name: str, run: Callable[[], object]) -> None:
        try:
            run()
        except Unavailable as error:
            log.warning("%s has to wait: %s", name, error.reason)
        except Exception:
            log.exception("%s failed", name)

    def drain(self) -> int:
        """Do what waits in the outbox, all of it; return how much was done."""
        done = 0
        while True:
            finished = outbox.drain(
                self._database,
                self._handlers,
                worker=self.name,
                now=self._clock.now,
            )
            done += finished
            if finished == 0 or self._stop.is_set():
                return done

    def _beat(self) -> None:
        # The machine's own time: it tells whether a process lives, also in a demo.
        with self._database.writing() as session:
            session.merge(
                WorkerBeat(name=self.name, started_at=self._started_at, beat_at=datetime.now(UTC))
            )

    def _leave(self) -> None:
        with self._database.writing() as session:
            session.execute(delete(WorkerBeat).where(WorkerBeat.name == self.name))
