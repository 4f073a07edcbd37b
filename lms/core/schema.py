"""Which migration the code needs and which the database has. Reads file names, not Alembic."""

import re
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from lms.core.errors import Unavailable

_VERSIONS = Path(__file__).parent.parent / "migrations" / "versions"
_REVISION = re.compile(r"^revision(?::[^=]+)? = ['\"](\w+)['\"]", re.MULTILINE)
_DOWN = re.compile(r"^down_revision(?::[^=]+)? = ['\"](\w+)['\"]", re.MULTILINE)


def head_revision(versions: Path = _VERSIONS) -> str:
    """Return the one revision that no other revises; raise ValueError if there are several."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(versions.glob("*.py"))]
    revisions = {match[1] for text_ in texts if (match := _REVISION.search(text_))}
    heads = revisions - {match[1] for text_ in texts if (match := _DOWN.search(text_))}
    if len(heads) != 1:
        raise ValueError(f"expected one newest migration, found {sorted(heads)}")
    return heads.pop()


def current_revision(connection: Connection) -> str | None:
    """Return the database's revision, or None when it has never been migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def check_schema(connection: Connection) -> None:
    """Raise Unavailable, naming the command, unless the database is at the newest migration."""
    current = current_revision(connection)
    if current is None:
        raise Unavailable("no_company", remedy="lms init")
    if current != head_revision():
        raise Unavailable("schema_old", remedy="lms migrate")
