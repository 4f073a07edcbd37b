"""`lms restore FILE`: bring a backup back, on SQLite or PostgreSQL, all of it or nothing."""

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from lms.core import migrating
from lms.core.config import Config
from lms.core.db import Database
from lms.core.files import path_of
from lms.core.models import ALIVE_FOR, WorkerBeat
from lms.ops import archive, dump, lock, places


class Impossible(Exception):
    """The backup cannot be restored here; the text says why and what would do. Nothing changed."""


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Restore a backup into an empty place, or in place of what is there."""
    parser = argparse.ArgumentParser(prog="lms restore", description=__doc__)
    parser.add_argument("file", type=Path, help="a file that lms backup wrote")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="throw away the company that is here; the server must be stopped",
    )
    options = parser.parse_args(arguments)
    assert config is not None
    try:
        with lock.alone(config.data_dir):
            manifest = restore(config, options.file, replace=options.replace)
    except lock.InUse as error:
        print(f"lms: {error}; stop it first", file=sys.stderr)
        return 2
    except (archive.Damaged, Impossible, OSError) as error:
        print(f"lms: {options.file} was not restored: {error}", file=sys.stderr)
        return 2
    rows = sum(member.rows or 0 for member in manifest.members.values())
    print(f"{options.file}: {rows} rows restored and verified, as of {manifest.made_at}")
    for digest in manifest.missing_files:
        print(f"lms: this upload was missing when the backup was made: {digest}", file=sys.stderr)
    return 1 if manifest.missing_files else 0


def restore(config: Config, path: Path, *, replace: bool = False) -> archive.Manifest:
    """Put a backup's rows, uploads and secret key in place.

    Refuses, before anything is touched, a file that is not whole (Damaged), a place that is not
    empty unless `replace`, a running worker, and a backup of a newer program (Impossible).
    """
    with archive.Reader(path) as backup:
        backup.verify()
        _check(config, backup, replace=replace)
        _restore_files(config.files_dir, backup)
        try:
            _restore_database(config.database_url, backup)
        except DBAPIError as error:
            raise Impossible(f"the database refused it: {error.orig}") from error
        _restore_secret_key(config, backup)
        return backup.manifest


def _check(config: Config, backup: archive.Reader, *, replace: bool) -> None:
    if backup.manifest.revision not in migrating.revisions():
        raise Impossible(
            f"it was made by a newer Belay (schema {backup.manifest.revision}); update first"
        )
    if places.is_empty(config.database_url):
        return
    if not replace:
        raise Impossible("there is a company here already; --replace throws it away")
    worker = _living_worker(config.database_url)
    if worker is not None:
        seconds = int(ALIVE_FOR.total_seconds())
        raise Impossible(
            f"the worker {worker} was alive less than {seconds} s ago; stop the server first"
        )


def _living_worker(url: str) -> str | None:
    """Return a worker that was alive a moment ago, perhaps on another machine."""
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            if not inspect(connection).has_table(WorkerBeat.__tablename__):
                return None
            since = datetime.now(UTC) - ALIVE_FOR
            return connection.scalar(select(WorkerBeat.name).where(WorkerBeat.beat_at > since))
    finally:
        database.dispose()


def _restore_database(url: str, backup: archive.Reader) -> None:
    target = places.sqlite_path(url)
    if target is None:
        database = Database(url)
        try:
            with migrating.one_transaction(database.engine) as connection:
                places.drop_all(connection)
                _fill(connection, backup)
        finally:
            database.dispose()
        return
    lock.make_private(target.parent)
    beside = target.with_name(f"{target.name}.restoring")
    beside_url = f"sqlite:///{beside}"
    places.clear(beside_url)
    database = Database(beside_url)
    try:
        with migrating.one_transaction(database.engine) as connection:
            _fill(connection, backup)
        places.checkpoint(database.engine)
        database.dispose()
        _replace_file(beside, target)
    except BaseException:
        database.dispose()
        places.clear(beside_url)
        raise


def _fill(connection: Connection, backup: archive.Reader) -> None:
    """Make the tables as they were, fill them, prove that they are equal, bring them up to date."""
    migrating.upgrade_on(connection, backup.manifest.revision)
    if dict(dump.shapes(connection)) != backup.manifest.columns:
        raise Impossible("its tables are not those of its schema's revision")
    dump.load(connection, backup)
    for name, columns in backup.manifest.columns.items():
        digest, rows = hashlib.sha256(), 0
        for line in dump.lines(connection, name, columns):
            digest.update(line)
            rows += 1
        expected = backup.manifest.members[archive.table_member(name)]
        if (rows, digest.hexdigest()) != (expected.rows, expected.sha256):
            raise Impossible(f"table {name} did not come back as it was")
    migrating.upgrade_on(connection, "head")


def _replace_file(source: Path, target: Path) -> None:
    """Put a closed SQLite file in place of another one, whose log must not outlive it."""
    if target.exists():
        old = Database(f"sqlite:///{target}")
        places.checkpoint(old.engine)
        old.dispose()
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    source.chmod(0o600)
    with source.open("rb") as file:
        os.fsync(file.fileno())
    source.replace(target)
    lock.sync_folder(target.parent)


def _restore_files(folder: Path, backup: archive.Reader) -> None:
    for digest in backup.files():
        target = path_of(folder, digest)
        if not target.exists():
            _write_durably(target, backup.chunks(archive.file_member(digest)))


def _restore_secret_key(config: Config, backup: archive.Reader) -> None:
    """Bring back what signs cookies and links; LMS_SECRET_KEY, where it is set, still wins."""
    _write_durably(config.data_dir / "secret-key", backup.chunks(archive.SECRET_KEY))


def _write_durably(target: Path, chunks: Iterable[bytes]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    lock.sync_folder(target.parent)
