"""When the last backup was made: a moment in a file of the data folder.

Not in the database: a backup must leave what it copies as it is.
"""

from datetime import datetime
from pathlib import Path


def note_backup(data_dir: Path, at: datetime) -> None:
    """Keep the moment of a backup in place of an earlier one's."""
    path = _path(data_dir)
    new = path.with_name(f"{path.name}.new")
    new.write_text(at.isoformat(), encoding="ascii")
    new.replace(path)


def last_backup(data_dir: Path) -> datetime | None:
    """Return when the last backup was made, or None when nobody knows of one."""
    try:
        at = datetime.fromisoformat(_path(data_dir).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return at if at.tzinfo is not None else None


def _path(data_dir: Path) -> Path:
    return data_dir / "last-backup"
