"""`lms serve`: web workers and one background worker, each replaced when it ends."""

import argparse
import gc
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from lms.app import create_app
from lms.core import logs
from lms.core.clock import ShiftedClock
from lms.core.config import Config
from lms.ops import background, lock
from lms.ops.address import Address, CannotListen, port_number
from lms.ops.supervisor import Part, end_with_parent, supervise

log = logging.getLogger("lms.serve")


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Serve until SIGTERM or Ctrl-C. Returns 2 when the address or the data folder is not free."""
    parser = argparse.ArgumentParser(prog="lms serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=port_number, default=8000, help="port (%(default)s)")
    parser.add_argument("--workers", type=int, help="web workers (LMS_WORKERS, else one a core)")
    options = parser.parse_args(arguments)
    assert config is not None
    if options.workers is not None:
        config = replace(config, workers=max(1, options.workers))
    if (config.data_dir / "demo.json").exists():
        print(f"lms: {config.data_dir} holds a demo; run: lms demo", file=sys.stderr)
        return 2
    return serve(config, Address(options.host, options.port))


def serve(config: Config, address: Address, *, shift: timedelta | None = None) -> int:
    """Serve until told to stop. `shift` moves the clock, which only the demo asks for."""
    logs.set_up(config)
    try:
        address.check()
        with lock.sharing(config.data_dir):
            _preload(config)
            supervise(
                (
                    Part("web", partial(_serve_web, config, address, shift)),
                    Part("background", partial(_work, config, shift)),
                ),
                on_start=partial(_say_when_ready, address),
            )
    except (CannotListen, lock.InUse) as error:
        print(f"lms: {error}", file=sys.stderr)
        return 2
    return 0


def make_app(config: Config, shift: timedelta | None) -> Flask:
    """Make the application of one process, with the clock that it was started with."""
    return create_app(config, clock=ShiftedClock(shift) if shift else None)


def _preload(config: Config) -> None:
    """Import what the workers need once, here, so that they start at once and share it.

    An application connects to nothing by being made, so nothing open is inherited.
    """
    create_app(config)
    gc.collect()
    gc.freeze()


def _work(config: Config, shift: timedelta | None) -> None:
    background.work(make_app(config, shift), config)


def _serve_web(config: Config, address: Address, shift: timedelta | None) -> None:
    server = _Server(
        target="lms.ops.serve",
        address=address.host,
        port=address.port,
        interface=Interfaces.WSGI,
        workers=config.workers,
        blocking_threads=1,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=10,
        log_level=LogLevels.warning,
        log_dictconfig={"handlers": {}, "loggers": {"_granian": {"handlers": []}}},
    )
    logs.set_up(config)
    server.serve(target_loader=partial(_load, config, shift), wrap_loader=False)


def _load(config: Config, shift: timedelta | None) -> Flask:
    end_with_parent()
    logs.set_up(config)
    return make_app(config, shift)


class _Server(MPServer):
    """Granian that replaces a worker however often it is killed.

    Left to itself it stops altogether when one worker is killed twice within seconds.
    """

    def _respawn_workers(
        self, workers: Any, spawn_target: Any, target_loader: Any, delay: float = 0
    ) -> None:
        now = time.monotonic()
        if any(now - self.wrks[index].birth < 1 for index in workers):
            time.sleep(0.5)  # it fell at once: do not spin
        super()._respawn_workers(workers, spawn_target, target_loader, delay)
        self.respawned_wrks.clear()


def _say_when_ready(address: Address) -> bool:
    """Whether the web workers answer; say so the first time that they do."""
    if not address.answers():
        return False
    print(f"Belay is ready at {address.url}", flush=True)
    return True
