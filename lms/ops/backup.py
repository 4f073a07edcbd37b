"""`lms backup FILE`: everything of a company in one verified file, while it goes on working."""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import text

from lms.core.backups import note_backup
from lms.core.config import Config
from lms.core.db import Database
from lms.core.errors import Unavailable
from lms.core.files import path_of
from lms.core.schema import current_revision
from lms.ops import archive, dump, lock, places

_CHUNK = 1024 * 1024


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Write a backup; 1 when an upload that the database speaks of is missing."""
    parser = argparse.ArgumentParser(prog="lms backup", description=__doc__)
    parser.add_argument("file", type=Path, help="where to write it; an older one is replaced")
    options = parser.parse_args(arguments)
    assert config is not None
    try:
        with lock.sharing(config.data_dir):
            manifest = create(config, options.file)
            note_backup(config.data_dir, datetime.now(UTC))
    except (OSError, lock.InUse) as error:
        print(f"lms: cannot write the backup: {error}", file=sys.stderr)
        return 2
    rows = sum(member.rows or 0 for member in manifest.members.values())
    files = sum(name.startswith("files/") for name in manifest.members)
    size = options.file.stat().st_size
    print(f"{options.file}: {rows} rows, {files} files, {size} bytes, verified")
    for digest in manifest.missing_files:
        print(f"lms: an upload is missing: {digest}", file=sys.stderr)
    return 1 if manifest.missing_files else 0


def create(config: Config, target: Path) -> archive.Manifest:
    """Write a backup of one consistent moment, read it back, and only then give it its name.

    Raises Unavailable when there is no company. The file is for its owner alone (0600).
    """
    if places.is_empty(config.database_url):
        raise Unavailable("no_company", remedy="lms init")
    target = target.resolve()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            manifest = _write(config, file)
            file.flush()
            os.fsync(file.fileno())
        with archive.Reader(temporary) as written:
            written.verify()
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    lock.sync_folder(target.parent)
    return manifest


def _write(config: Config, file: IO[bytes]) -> archive.Manifest:
    database = Database(config.database_url)
    try:
        # One reading session is one snapshot: tables fit each other while others write.
        with database.reading() as session:
            connection = session.connection()
            revision = current_revision(connection)
            if revision is None:
                raise Unavailable("no_company", remedy="lms init")
            manifest = archive.Manifest(revision, datetime.now(UTC).isoformat())
            manifest.columns = dump.shapes(connection)
            writer = archive.Writer(file, manifest)
            for name, columns in manifest.columns.items():
                rows = dump.lines(connection, name, columns)
                writer.add(archive.table_member(name), rows, counted=True)
            digests = list(connection.execute(text("SELECT sha256 FROM stored_file ORDER BY 1")))
    finally:
        database.dispose()
    for (digest,) in digests:
        path = path_of(config.files_dir, digest)
        if path.exists():
            writer.add(archive.file_member(digest), _chunks(path))
        else:
            manifest.missing_files.append(digest)
    writer.add(archive.SECRET_KEY, [config.secret_key.encode()])
    writer.close()
    return manifest


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            yield chunk
