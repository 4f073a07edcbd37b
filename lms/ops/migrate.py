"""`lms migrate`: bring the database up to date, after a backup of what is there."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from lms.core import migrating
from lms.core.config import Config
from lms.core.db import Database
from lms.ops import backup, lock, places


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Apply what is pending; with --plan only list it (1 when there is something)."""
    parser = argparse.ArgumentParser(prog="lms migrate", description=__doc__)
    parser.add_argument("--plan", action="store_true", help="list what would be applied")
    parser.add_argument("--json", action="store_true", help="with --plan: one JSON object")
    options = parser.parse_args(arguments)
    assert config is not None
    places.prepare_folder(config.database_url)
    database = Database(config.database_url)
    try:
        pending = migrating.pending(database.engine)
        if options.plan:
            return _show(pending, as_json=options.json)
        return _apply(config, database, pending)
    finally:
        database.dispose()


def _show(pending: Sequence[migrating.Pending], *, as_json: bool) -> int:
    if as_json:
        entries = [{"revision": entry.revision, "title": entry.title} for entry in pending]
        print(json.dumps({"pending": entries}))
    else:
        for entry in pending:
            print(f"{entry.revision}  {entry.title}")
        if not pending:
            print("nothing to do")
    return 1 if pending else 0


def _apply(config: Config, database: Database, pending: Sequence[migrating.Pending]) -> int:
    if not pending:
        print("nothing to do")
        return 0
    try:
        with lock.sharing(config.data_dir):
            if not places.is_empty(config.database_url):
                _back_up(config)
            migrating.upgrade(database.engine)
    except lock.InUse as error:
        print(f"lms: {error}", file=sys.stderr)
        return 2
    for entry in pending:
        print(f"applied {entry.revision}  {entry.title}")
    return 0


def _back_up(config: Config) -> None:
    folder = config.data_dir / "backups"
    lock.make_private(folder)
    path = folder / f"before-migration-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip"
    backup.create(config, path)
    print(f"backed up to {path}")
