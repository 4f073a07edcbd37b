"""Files between upload and confirmation, and the reports of what was done.

They lie under their content's hash beside the uploads, are no part of anybody's record, and go
after a month.
"""

import re
import time
from pathlib import Path

from lms.core.errors import NotFound
from lms.core.files import path_of, write_content

KEPT_SECONDS = 30 * 24 * 3600
_FOLDER = "imports"


def put(files_dir: Path, content: bytes) -> str:
    """Keep content and return its name; drops what has lain there for a month.

    Raises Refused `disk_full`. Keeping the same content again gives the same name.
    """
    folder = files_dir / _FOLDER
    _drop_old(folder)
    name = write_content(folder, content)
    # Kept again means wanted again.
    path_of(folder, name).touch()
    return name


def get(files_dir: Path, name: str) -> bytes:
    """Return what was kept under a name; raise NotFound for what is gone or never was."""
    path = path_of(files_dir / _FOLDER, name)
    if not re.fullmatch(r"[0-9a-f]{64}", name) or not path.is_file():
        raise NotFound
    return path.read_bytes()


def _drop_old(folder: Path) -> None:
    # The file system's own times, so the machine's clock and not the demo's.
    oldest = time.time() - KEPT_SECONDS
    for path in folder.glob("??/*"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
