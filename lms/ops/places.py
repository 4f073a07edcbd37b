"""The place where a company's database lives: whether it is empty, and how to make it so."""

from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select
from sqlalchemy.engine import URL, make_url

from lms.core.db import Database
from lms.ops import lock


def sqlite_path(url: str | URL) -> Path | None:
    """Return the file of an embedded database, or None for a server's."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def prepare_folder(url: str | URL) -> None:
    """Make the private folder that an embedded database needs."""
    path = sqlite_path(url)
    if path is not None:
        lock.make_private(path.parent)


def is_empty(url: str) -> bool:
    """Whether no company is there: no database, no tables, or no row that says whose it is."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return True
    database = Database(url)
    try:
        with database.engine.connect() as connection:
            return not _holds_rows(connection)
    finally:
        database.dispose()


def _holds_rows(connection: Connection) -> bool:
    names = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
    if "company" in names:
        names = ["company"]
    metadata = MetaData()
    for name in names:
        table = Table(name, metadata)
        if connection.execute(select(1).select_from(table).limit(1)).first() is not None:
            return True
    return False


def clear(url: str) -> None:
    """Make the place empty: delete the file, or drop every table of the server's database."""
    path = sqlite_path(url)
    if path is not None:
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        return
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            drop_all(connection)
    finally:
        database.dispose()


def drop_all(connection: Connection) -> None:
    """Drop every table of the connection's database, in its transaction."""
    metadata = MetaData()
    metadata.reflect(connection)
    metadata.drop_all(connection)


def checkpoint(engine: Engine) -> None:
    """Move everything of an embedded database into its one file."""
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
