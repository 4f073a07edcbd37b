"""Migrations: up, down and up again, on both databases, and level with the models."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint, inspect, text

from lms.core import migrating, schema
from lms.core.db import Base, Database


def _differences(database: Database) -> list[object]:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_migrations_go_up_down_and_up_again(database: Database) -> None:
    assert _tables(database) == set(Base.metadata.tables)
    migrating.downgrade(database.engine)
    assert _tables(database) == set()
    migrating.upgrade(database.engine)
    assert _tables(database) == set(Base.metadata.tables)
    assert _differences(database) == []


def test_every_migration_can_be_undone_by_itself(database: Database) -> None:
    for pending in reversed(_all_revisions(database)):
        migrating.downgrade(database.engine, "-1")
        assert pending in [entry.revision for entry in migrating.pending(database.engine)]
    assert _tables(database) == set()


def _all_revisions(database: Database) -> list[str]:
    migrating.downgrade(database.engine)
    found = [entry.revision for entry in migrating.pending(database.engine)]
    migrating.upgrade(database.engine)
    return found


def test_models_and_migrations_agree(database: Database) -> None:
    assert _differences(database) == []


def test_check_constraints_of_the_models_are_in_the_database(database: Database) -> None:
    """Comparing does not see these."""
    with database.engine.connect() as connection:
        inspector = inspect(connection)
        for table in Base.metadata.tables.values():
            wanted = {
                str(constraint.name)
                for constraint in table.constraints
                if type(constraint).__name__ == "CheckConstraint"
            }
            found = {entry["name"] for entry in inspector.get_check_constraints(table.name)}
            assert wanted <= found, table.name


def test_the_newest_migration_is_found_without_the_library(database: Database) -> None:
    with database.engine.connect() as connection:
        assert schema.current_revision(connection) == schema.head_revision()
    assert migrating.pending(database.engine) == []
    assert schema.head_revision() in migrating.revisions()


def test_a_migration_that_fails_leaves_the_database_as_it_was(database: Database) -> None:
    before = _tables(database)

    def break_off() -> None:
        with migrating.one_transaction(database.engine) as connection:
            connection.execute(text("CREATE TABLE half_done (id INTEGER)"))
            raise LookupError

    with pytest.raises(LookupError):
        break_off()
    assert _tables(database) == before


def test_references_are_enforced_again_after_a_migration(sqlite_database: Database) -> None:
    migrating.downgrade(sqlite_database.engine)
    migrating.upgrade(sqlite_database.engine)
    with sqlite_database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


def test_references_to_people_are_indexed() -> None:
    """What a person's page and their own data are gathered by."""
    missing = [
        f"{table.name}.{column}"
        for table in Base.metadata.tables.values()
        for column in _references_to_people(table)
        if column == "person_id" and column not in _leading_columns(table)
    ]
    assert missing == []


def _references_to_people(table: Table) -> list[str]:
    return [
        constraint.column_keys[0]
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
        and constraint.referred_table.name == "person"
    ]


def _leading_columns(table: Table) -> set[str]:
    keys = [next(iter(index.columns)).name for index in table.indexes if len(index.columns)]
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and len(constraint.columns):
            keys.append(next(iter(constraint.columns)).name)
    if len(table.primary_key.columns):
        keys.append(next(iter(table.primary_key.columns)).name)
    return set(keys)
