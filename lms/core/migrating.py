"""Running migrations: up, down, and what is pending. Imports Alembic, so import it on use."""

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


def upgrade(engine: Engine, target: str = "head") -> None:
    """Apply migrations up to `target` in one transaction."""
    with _migrating(engine) as connection:
        command.upgrade(alembic_config(connection), target)


def downgrade(engine: Engine, target: str = "base") -> None:
    """Undo migrations down to `target` in one transaction."""
    with _migrating(engine) as connection:
        command.downgrade(alembic_config(connection), target)


class _migrating:  # noqa: N801 - reads as a with-word
    """One transaction for a migration; SQLite's foreign keys rest while tables are rebuilt."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Connection:
        self._connection = self._engine.connect()
        if self._connection.dialect.name == "sqlite":
            # Only outside a transaction does this pragma take effect.
            self._connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        self._connection = self._connection.execution_options(belay_writes=True)
        self._transaction = self._connection.begin()
        return self._connection

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        try:
            if kind is None:
                if self._connection.dialect.name == "sqlite":
                    broken = self._connection.execute(text("PRAGMA foreign_key_check")).all()
                    if broken:
                        raise RuntimeError(f"migration broke references: {broken[:5]}")
                self._transaction.commit()
            else:
                self._transaction.rollback()
        finally:
            # Not back to the pool: the pragma above must not leak.
            self._connection.detach() if self._connection.dialect.name == "sqlite" else None
            self._connection.close()
