"""`lms doctor`: what is well and what is not, and what would help."""

import argparse
import json
import os
import shutil
import smtplib
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from lms.core import mail, schema
from lms.core.config import Config
from lms.core.db import Database, check_durability
from lms.core.errors import Unavailable
from lms.core.files import LEAST_FREE_BYTES
from lms.core.models import ALIVE_FOR, OutboxRow, WorkerBeat
from lms.ops import places

CLOCKS_DIFFER = timedelta(seconds=5)
THIS_PROGRAM_IS_YOUNGER_THAN = datetime(2026, 1, 1, tzinfo=UTC)
COMFORTABLE_BYTES = 8 * LEAST_FREE_BYTES


@dataclass(frozen=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    detail: str


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Look at everything; return 1 when something is not well."""
    parser = argparse.ArgumentParser(prog="lms doctor", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    options = parser.parse_args(arguments)
    assert config is not None
    checks = examine(config)
    ok = all(check.ok for check in checks)
    if options.json:
        print(json.dumps({"ok": ok, "checks": [asdict(check) for check in checks]}))
    else:
        for check in checks:
            print(f"{'ok  ' if check.ok else 'BAD '} {check.name:<11} {check.detail}")
    return 0 if ok else 1


def examine(config: Config) -> list[Check]:
    """Return every check's answer; one that cannot be asked is answered with why."""
    return [
        *_of_database(config),
        _asked("disk", lambda: _disk(config)),
        _asked("secret", lambda: _secret(config)),
        _asked("files", lambda: _writable(config.files_dir)),
    ]


def _asked(name: str, ask: Callable[[], tuple[bool, str]]) -> Check:
    try:
        ok, detail = ask()
    except Unavailable as error:
        ok, detail = False, f"{error.reason}; run: {error.remedy}"
    except DBAPIError as error:
        ok, detail = False, str(error.orig)
    except (OSError, smtplib.SMTPException, mail.MailRefused) as error:
        ok, detail = False, f"{type(error).__name__}: {error}"
    return Check(name, ok, detail)


def _of_database(config: Config) -> Iterator[Check]:
    """Ask what needs a connection; without one, each is answered by the same reason."""
    questions: tuple[tuple[str, Callable[[Connection], tuple[bool, str]]], ...] = (
        ("database", _database),
        ("durability", _durability),
        ("migrations", _migrations),
        ("clock", _clock),
        ("worker", _worker),
        ("outbox", _outbox),
        ("mail", lambda connection: _mail(config, connection)),
    )
    path = places.sqlite_path(config.database_url)
    if path is not None and not path.exists():
        yield from (Check(name, False, f"no {path}; run: lms init") for name, _ in questions)
        return
    database = Database(config.database_url)
    try:
        for name, question in questions:
            yield _asked(name, partial(_ask_database, database, question))
    finally:
        database.dispose()


def _ask_database(
    database: Database, question: Callable[[Connection], tuple[bool, str]]
) -> tuple[bool, str]:
    with database.engine.connect() as connection:
        return question(connection)


def _database(connection: Connection) -> tuple[bool, str]:
    if connection.dialect.name != "sqlite":
        version = connection.exec_driver_sql("SHOW server_version").scalar_one()
        return True, f"PostgreSQL {version}"
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    return found == "ok", f"SQLite, {connection.engine.url.database}: {found}"


def _durability(connection: Connection) -> tuple[bool, str]:
    check_durability(connection)
    return True, "what is acknowledged survives a power cut"


def _migrations(connection: Connection) -> tuple[bool, str]:
    schema.check_schema(connection)
    return True, f"at the newest, {schema.head_revision()}"


def _clock(connection: Connection) -> tuple[bool, str]:
    now = datetime.now(UTC)
    if now < THIS_PROGRAM_IS_YOUNGER_THAN:
        return False, f"{now:%Y-%m-%d %H:%M:%S} UTC is before this program was made"
    if connection.dialect.name == "sqlite":
        return True, f"{now:%Y-%m-%d %H:%M:%S} UTC"
    its = connection.scalar(select(func.now()))
    assert its is not None
    apart = abs(its - now)
    return apart < CLOCKS_DIFFER, f"{apart.total_seconds():.1f} s from the database server's"


def _worker(connection: Connection) -> tuple[bool, str]:
    last = connection.scalar(select(func.max(WorkerBeat.beat_at)))
    if last is None:
        return False, "none is running; run: lms serve"
    age = datetime.now(UTC) - last
    return age < ALIVE_FOR, f"last alive {age.total_seconds():.0f} s ago"


def _outbox(connection: Connection) -> tuple[bool, str]:
    dead = _count(connection, dead=True)
    return dead == 0, f"{_count(connection, dead=False)} waiting, {dead} given up"


def _count(connection: Connection, *, dead: bool) -> int:
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.done_at.is_(None))
    condition = OutboxRow.dead_at.is_not(None) if dead else OutboxRow.dead_at.is_(None)
    return connection.scalar(query.where(condition)) or 0


def _mail(config: Config, connection: Connection) -> tuple[bool, str]:
    """Mail that is not set up is only a finding while some waits for it."""
    if not config.mail_url:
        waiting = _count(connection, dead=False)
        return waiting == 0, f"LMS_MAIL_URL is not set; {waiting} waiting"
    url = urlsplit(config.mail_url)
    if url.scheme == "folder":
        return _writable(Path(unquote(url.path)))
    with mail.connect(url):
        return True, f"{url.hostname} answers"


def _disk(config: Config) -> tuple[bool, str]:
    free = shutil.disk_usage(_existing(config.data_dir)).free
    return free > COMFORTABLE_BYTES, f"{free // 1024 // 1024} MB free"


def _secret(config: Config) -> tuple[bool, str]:
    path = config.data_dir / "secret-key"
    if os.environ.get("LMS_SECRET_KEY"):
        return True, "from LMS_SECRET_KEY"
    mode = stat.S_IMODE(path.stat().st_mode)
    return mode & 0o077 == 0, f"{path} with mode {mode:04o}"


def _writable(folder: Path) -> tuple[bool, str]:
    return os.access(_existing(folder), os.W_OK), str(folder)


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that is there."""
    return folder if folder.exists() else _existing(folder.parent)
