"""The database: engine, sessions, column types, and the only place that commits.

SQLite and PostgreSQL behave alike through this module. A reading session sees one consistent
snapshot; a writing one takes the write lock before its first read (BEGIN IMMEDIATE on SQLite,
where a read that turns into a write would otherwise fail under load with a busy database).
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from sqlalchemy import DateTime, Dialect, Engine, MetaData, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session
from sqlalchemy.orm.mapper import Mapper
from sqlalchemy.types import TypeDecorator

from lms.core.errors import Unavailable

_WRITES = "belay_writes"
BUSY_TIMEOUT_SECONDS = 5


class Base(DeclarativeBase):
    """Base of all tables; one naming convention, so that migrations can name what they drop."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware in Python, UTC in the database. A naive value is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC; raise ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Fact:
    """Mixin for append-only tables: a row is never changed or deleted through a session."""

    id: Mapped[int]


def _refuse_change(_mapper: Mapper[Any], _connection: Connection, target: object) -> None:
    raise TypeError(f"{type(target).__name__} is append-only")


event.listen(Fact, "before_update", _refuse_change, propagate=True)
event.listen(Fact, "before_delete", _refuse_change, propagate=True)


class Database:
    """Opens sessions on one database. Making one does not connect.

    The first connection of a process runs `check` (durability mode, schema) and every later
    request fails with Unavailable until it passes.
    """

    def __init__(self, url: str, *, check: Callable[[Connection], None] | None = None) -> None:
        self.url: URL = make_url(url)
        self.key = uuid4().hex
        """Tells this database from others in the caches of a process."""
        self.engine = _engine(self.url)
        self._check = check
        self._checked = False
        self._file: tuple[int, int] | None = None
        # A page reads one snapshot, so that two numbers on it cannot contradict each other.
        self._snapshot_engine = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="REPEATABLE READ")
        )

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is in use."""
        return self.url.get_backend_name() == "sqlite"

    def session(self) -> Session:
        """Return a session for reading; `writing` turns it into one that writes."""
        self.ensure_ready()
        return Session(self._snapshot_engine, expire_on_commit=False, info={"database": self})

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session on one snapshot and close it."""
        with self.session() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that holds the write lock; commit on success, roll back on error."""
        with self.session() as session, writing(session):
            yield session

    def dispose(self) -> None:
        """Close pooled connections."""
        self.engine.dispose()

    def ensure_ready(self) -> None:
        """Raise Unavailable unless the database is there, keeps what it says and fits the code.

        Asks the database once; after that it costs a look at the file.
        """
        if self._check is None:
            return
        if self.is_sqlite:
            self._notice_file()
        if self._checked:
            return
        try:
            with self.engine.connect() as connection:
                self._check(connection)
        except (OperationalError, InterfaceError) as error:
            raise Unavailable("database_away") from error
        self._checked = True

    def _notice_file(self) -> None:
        """Raise Unavailable while the embedded database's file is not there; notice another one.

        Open connections would go on in a file that was moved away, and a new one would make an
        empty file in its place.
        """
        if not self.url.database or self.url.database == ":memory:":
            return
        try:
            status = os.stat(self.url.database)  # noqa: PTH116 - on the way of every request
        except FileNotFoundError:
            if self._file is None:
                raise Unavailable("no_company", remedy="lms init") from None
            raise Unavailable("database_away") from None
        identity = (status.st_dev, status.st_ino)
        if identity != self._file:
            if self._file is not None:
                self.engine.dispose()
            self._file, self._checked = identity, False


@contextmanager
def writing(session: Session) -> Iterator[Session]:
    """Write in one transaction: everything inside is durable when this returns, or nothing is.

    Ends the read that was under way, so no object loaded before may be used inside: load again
    by id. Raises what the body raises, after a rollback.
    """
    session.close()
    database: Database = session.info["database"]
    session.bind = database.engine
    try:
        session.connection(execution_options={_WRITES: True})
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise


def cache_key(session: Session) -> str | None:
    """Return the key under which a process may keep what this session read.

    None while writing: what is not committed yet may never come to be.
    """
    if is_writing(session):
        return None
    database: Database = session.info["database"]
    return database.key


def is_writing(session: Session) -> bool:
    """Whether the session is inside `writing`."""
    return session.in_transaction() and bool(
        session.connection().get_execution_options().get(_WRITES)
    )


def _engine(url: URL) -> Engine:
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, pool_pre_ping=True, pool_recycle=1800, connect_args={"connect_timeout": 5}
    )


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver's own transaction handling starts them too late and leaks savepoints.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def check_durability(connection: Connection) -> None:
    """Raise Unavailable unless an acknowledged write survives a power cut."""
    if connection.dialect.name == "sqlite":
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar_one()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar_one()
        if str(journal).lower() != "wal" or level != 2:
            raise Unavailable("durability", remedy="lms doctor")
        return
    level = connection.exec_driver_sql("SHOW synchronous_commit").scalar_one()
    if level == "off":
        raise Unavailable("durability", remedy="lms doctor")


def checks(*parts: Callable[[Connection], None]) -> Callable[[Connection], None]:
    """Return one check that runs all of these."""
    return partial(_run_all, parts)


def _run_all(parts: tuple[Callable[[Connection], None], ...], connection: Connection) -> None:
    for part in parts:
        part(connection)
