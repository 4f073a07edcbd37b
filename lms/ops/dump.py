"""Reading and writing whole tables by their shape in the database, whatever its revision.

Nothing here uses the models: a backup is also made before a migration, from older tables.
"""

from collections.abc import Iterator

from sqlalchemy import (
    Column,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    Select,
    String,
    Table,
    Text,
    cast,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.schema import AddConstraint, DropConstraint, sort_tables_and_constraints

from lms.ops import archive

_BATCH = 500
Columns = dict[str, dict[str, str]]


def shapes(connection: Connection) -> Columns:
    """Return every table's columns and their kinds, parents before children."""
    metadata = MetaData()
    metadata.reflect(connection, resolve_fks=False)
    pairs = sort_tables_and_constraints(metadata.tables.values())  # type: ignore[no-untyped-call]
    ordered: list[Table | None] = [table for table, _ in pairs]
    return {
        table.name: {column.name: archive.kind_of(column.type) for column in table.columns}
        for table in ordered
        if table is not None and table.name != "alembic_version"
    }


def lines(connection: Connection, name: str, columns: dict[str, str]) -> Iterator[bytes]:
    """Give a table's rows as lines, in the order of its primary key, without holding them all."""
    kinds = list(columns.values())
    streamed = connection.execution_options(yield_per=_BATCH)
    for row in streamed.execute(_ordered(connection, name, columns)):
        yield archive.line(
            archive.encode(kind, value) for kind, value in zip(kinds, row, strict=True)
        )


def _ordered(connection: Connection, name: str, columns: dict[str, str]) -> Select[tuple[object]]:
    table = _table(name, columns)
    # Text sorts by bytes on both, not by the server's language.
    binary = "C" if connection.dialect.name == "postgresql" else "BINARY"
    keys = inspect(connection).get_pk_constraint(name)["constrained_columns"] or list(columns)
    order = [
        table.c[key].collate(binary) if isinstance(table.c[key].type, String) else table.c[key]
        for key in keys
    ]
    wanted = [
        cast(column, Text) if columns[column.name] == "json" else column for column in table.columns
    ]
    return select(*wanted).order_by(*order)


def _table(name: str, columns: dict[str, str]) -> Table:
    return Table(
        name, MetaData(), *(Column(key, archive.type_of(kind)) for key, kind in columns.items())
    )


def load(connection: Connection, backup: archive.Reader) -> None:
    """Write every row of a backup into empty tables, in the connection's transaction.

    References are checked when all rows are there, so that their order does not matter.
    """
    references = _references(connection)
    postgres = connection.dialect.name == "postgresql"
    if postgres:
        for constraint in references:
            connection.execute(DropConstraint(constraint))
    for name, columns in backup.manifest.columns.items():
        _load_table(connection, backup, _table(name, columns))
    if postgres:
        for constraint in references:
            connection.execute(AddConstraint(constraint))
        _reset_sequences(connection, backup.manifest.columns)


def _load_table(connection: Connection, backup: archive.Reader, table: Table) -> None:
    batch = []
    for row in backup.rows(table.name):
        batch.append(row)
        if len(batch) == _BATCH:
            connection.execute(insert(table), batch)
            batch = []
    if batch:
        connection.execute(insert(table), batch)


def _references(connection: Connection) -> list[ForeignKeyConstraint]:
    metadata = MetaData()
    metadata.reflect(connection)
    return [
        constraint
        for table in metadata.tables.values()
        for constraint in table.foreign_key_constraints
    ]


def _reset_sequences(connection: Connection, tables: Columns) -> None:
    """Let each sequence go on after the highest number that came from the backup."""
    for name, columns in tables.items():
        if columns.get("id") != "int":
            continue
        table = _table(name, {"id": "int"})
        sequence = connection.scalar(
            text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": f'"{name}"'}
        )
        highest = connection.scalar(select(table.c.id).order_by(table.c.id.desc()).limit(1))
        if sequence is not None and highest is not None:
            connection.execute(
                text("SELECT setval(CAST(:sequence AS regclass), :highest)"),
                {"sequence": sequence, "highest": highest},
            )
