"""Who uses a data folder: everything that runs shares it, a restore needs it alone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class InUse(Exception):
    """Another process uses the data folder."""


@contextmanager
def sharing(data_dir: Path) -> Iterator[None]:
    """Use the data folder beside others; raise InUse while somebody has it alone.

    The lock passes to forked processes and goes with the last of them, however it ends.
    """
    with _lock(data_dir, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Have the data folder alone; raise InUse while anybody else uses it."""
    with _lock(data_dir, fcntl.LOCK_EX):
        yield


@contextmanager
def _lock(data_dir: Path, kind: int) -> Iterator[None]:
    make_private(data_dir)
    descriptor = os.open(data_dir / "in-use.lock", os.O_RDWR | os.O_CREAT, 0o600)
    # What is written into the folder is its owner's alone, also where the folder is older.
    mask = os.umask(0o077)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InUse(f"{data_dir} is in use by another lms process") from None
        yield
    finally:
        os.close(descriptor)
        os.umask(mask)


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may read, unless it is there."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: a file's own fsync does not cover its name."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
