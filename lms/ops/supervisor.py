"""Keeps processes alive: starts them, replaces those that end, stops them all together.

The supervisor itself does nothing else and opens nothing, so that it has no reason to fail.
"""

import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

log = logging.getLogger("lms.supervisor")

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
HEALTHY_AFTER_SECONDS = 5.0
STOP_WITHIN_SECONDS = 15.0


@dataclass(frozen=True)
class Part:
    """A process to keep alive; `work` returns only when it is told to stop."""

    name: str
    work: Callable[[], None]


@dataclass
class _Running:
    part: Part
    process: BaseProcess
    since: float
    delay: float = FIRST_DELAY_SECONDS


def supervise(parts: Sequence[Part], *, on_start: Callable[[], bool]) -> None:
    """Keep the parts alive until SIGTERM or SIGINT, then stop them and return.

    `on_start` is asked again and again until it says True: whether the whole is up.
    """
    with _stop_signal() as stop:
        running = [_start(part) for part in parts]
        waiting: list[_Running] = []
        up = False
        while True:
            due = min((entry.since for entry in waiting), default=None)
            patience = None if due is None else max(0.0, due - time.monotonic())
            watched = [stop, *(entry.process.sentinel for entry in running)]
            ended = wait(watched, timeout=patience if up else 0.03)
            if stop in ended:
                break
            up = up or on_start()
            for entry in [entry for entry in running if entry.process.sentinel in ended]:
                running.remove(entry)
                waiting.append(_bury(entry))
            for entry in [entry for entry in waiting if entry.since <= time.monotonic()]:
                waiting.remove(entry)
                running.append(_start(entry.part, entry.delay))
        _stop_all([entry.process for entry in running])


def _start(part: Part, delay: float = FIRST_DELAY_SECONDS) -> _Running:
    # Forking shares what is imported already; this process has one thread, so it is safe.
    method = "fork" if sys.platform == "linux" else "spawn"
    process = multiprocessing.get_context(method).Process(  # type: ignore[attr-defined]
        name=part.name, target=_child, args=(part.work, os.getpid())
    )
    process.start()
    return _Running(part, process, time.monotonic(), delay)


def _bury(entry: _Running) -> _Running:
    """Note that a process ended and when to replace it: at once, later if it ends at once."""
    entry.process.join()
    lived = time.monotonic() - entry.since
    delay = (
        FIRST_DELAY_SECONDS
        if lived > HEALTHY_AFTER_SECONDS
        else min(entry.delay * 2, LONGEST_DELAY_SECONDS)
    )
    log.error("%s ended (%s); starting it again", entry.part.name, entry.process.exitcode)
    return _Running(entry.part, entry.process, time.monotonic() + delay, delay)


def _stop_all(processes: Sequence[BaseProcess]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + STOP_WITHIN_SECONDS
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if process.is_alive():
            log.error("%s did not stop; killing it", process.name)
            process.kill()
            process.join()


def _child(work: Callable[[], None], parent: int) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    end_with_parent(parent)
    work()


def end_with_parent(parent: int | None = None) -> None:
    """Have the kernel stop this process when its parent is killed, so that none is left over."""
    if sys.platform == "linux":
        import ctypes

        stop_signal_of_parents_death = 1
        ctypes.CDLL(None).prctl(stop_signal_of_parents_death, signal.SIGTERM)
    if parent is not None and os.getppid() != parent:
        raise SystemExit(1)


@contextmanager
def _stop_signal() -> Iterator[int]:
    """Give a descriptor that becomes readable when this process is asked to stop."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def ask(_number: int, _frame: object) -> None:
        os.write(writer, b".")

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield reader
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)
