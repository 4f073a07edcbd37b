"""Running migrations: up, down, and what is pending. Imports Alembic, so import it on use."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

_FOLDER = Path(__file__).parent.parent / "migrations"


@dataclass(frozen=True)
class Pending:
    """A migration that is not applied yet."""

    revision: str
    title: str


def alembic_config(connection: Connection | None = None) -> AlembicConfig:
    """Return Alembic's configuration for our folder; no ini file."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def pending(engine: Engine) -> list[Pending]:
    """Return the migrations still to apply, in order."""
    scripts = ScriptDirectory.from_config(alembic_config())
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    found = []
    for script in scripts.walk_revisions():
        if script.revision == current:
            break
        found.append(Pending(script.revision, (script.doc or "").strip()))
    return found[::-1]


def revisions() -> set[str]:
    """Return every revision that this program knows."""
    scripts = ScriptDirectory.from_config(alembic_config())
    return {script.revision for script in scripts.walk_revisions()}


def upgrade(engine: Engine, target: str = "head") -> None:
    """Apply migrations up to `target` in one transaction."""
    with one_transaction(engine) as connection:
        upgrade_on(connection, target)


def upgrade_on(connection: Connection, target: str = "head") -> None:
    """Apply migrations up to `target` in the connection's transaction."""
    command.upgrade(alembic_config(connection), target)


def downgrade(engine: Engine, target: str = "base") -> None:
    """Undo migrations down to `target` in one transaction."""
    with one_transaction(engine) as connection:
        command.downgrade(alembic_config(connection), target)


@contextmanager
def one_transaction(engine: Engine) -> Iterator[Connection]:
    """Give a connection in one transaction for changes of the schema; commit if all went well.

    SQLite's references rest while tables are rebuilt and are checked before the commit.
    """
    connection = engine.connect()
    sqlite = connection.dialect.name == "sqlite"
    try:
        if sqlite:
            # Only outside a transaction does this pragma take effect.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        connection = connection.execution_options(belay_writes=True)
        with connection.begin():
            yield connection
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"broken references: {broken[:5]}")
    finally:
        if sqlite:
            connection.detach()  # not back to the pool: the pragma must not leak
        connection.close()
