"""Runs migrations on the connection that `core.migrating` hands over."""

from typing import Any, Literal

from alembic import context

import lms.core.models
import lms.courses.models
import lms.people.models  # noqa: F401
from lms.core.db import Base, UtcDateTime


def render_item(kind: str, item: Any, autogen_context: Any) -> str | Literal[False]:
    """Write our own column type into new migrations by name."""
    if kind == "type" and isinstance(item, UtcDateTime):
        autogen_context.imports.add("from lms.core.db import UtcDateTime")
        return "UtcDateTime()"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite"
    or context.config.attributes.get("autogenerate", False),
    render_item=render_item,
    compare_type=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
