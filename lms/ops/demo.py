"""`lms demo`: a demo company, made on the first start and kept on the next ones.

The clock of `--date` lives in the demo's processes alone: it is handed to them as a value, and
nothing that an environment, a file or a request says can move the clock of any other.
"""

import argparse
import json
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from lms.core.config import Config
from lms.core.schema import head_revision
from lms.ops import lock
from lms.ops.address import Address, CannotListen, port_number

USUAL_PEOPLE = 60
STARTS_AT = time(9, 0, tzinfo=UTC)
"""A demo on another date starts at nine in London, when that date is everywhere."""
OLD_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Marker:
    """What the demo's data folder says about itself, so that nothing else is taken for a demo."""

    database: str
    people: int
    revision: str
    made_at: str
    ready: bool = False

    def write(self, data_dir: Path) -> None:
        """Write this to the data folder."""
        lock.make_private(data_dir)
        path = marker_path(data_dir)
        path.with_suffix(".new").write_text(json.dumps(asdict(self)), encoding="utf-8")
        path.with_suffix(".new").replace(path)


class NotADemo(Exception):
    """The place holds something that the demo did not make; it is left alone."""


def run(arguments: Sequence[str]) -> int:
    """Fill the demo if there is none and serve it until Ctrl-C."""
    options = _parser().parse_args(arguments)
    address = Address(options.host, options.port)
    config = demo_config(address)
    shift = shift_to(options.date) if options.date else shift_to_working_day(datetime.now(UTC))
    now = datetime.now(UTC) + (shift or timedelta())
    try:
        address.check()
        with lock.alone(config.data_dir):
            marker = _prepared(config, options.people, fresh=options.fresh, now=now, shift=shift)
    except (NotADemo, CannotListen, lock.InUse) as error:
        print(f"lms: {error}", file=sys.stderr)
        return 2
    if marker is None:
        return 2
    _remark(marker, options.people, now)
    from lms.ops import serve

    return serve.serve(config, address, shift=shift)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lms demo", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=port_number, default=8000, help="port (%(default)s)")
    parser.add_argument("--people", type=int, help=f"how many people (about {USUAL_PEOPLE})")
    parser.add_argument("--fresh", action="store_true", help="throw the old demo away")
    parser.add_argument("--date", type=date.fromisoformat, help="the demo's day, YYYY-MM-DD")
    return parser


def demo_config(address: Address) -> Config:
    """Return the configuration of a demo: its own folder, mail into files, one web worker."""
    environ = {"LMS_DATA_DIR": ".demo", **os.environ}
    config = Config.from_environment(environ)
    return replace(
        config,
        demo=True,
        workers=config.workers if "LMS_WORKERS" in environ else 1,
        base_url=config.base_url if "LMS_BASE_URL" in environ else address.reachable.url,
        mail_url=config.mail_url or f"folder://{config.data_dir / 'mail'}",
    )


def marker_path(data_dir: Path) -> Path:
    """Return where the demo's data folder says what it is."""
    return data_dir / "demo.json"


def read_marker(data_dir: Path) -> Marker | None:
    """Return what the folder says of its demo, or None when it has none."""
    try:
        return Marker(**json.loads(marker_path(data_dir).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _prepared(
    config: Config, people: int | None, *, fresh: bool, now: datetime, shift: timedelta | None
) -> Marker | None:
    """Return the marker of a demo that is ready, filling it if needed; None if that failed."""
    marker = read_marker(config.data_dir)
    if marker is not None and marker.database != _database_name(config):
        raise NotADemo(f"the demo in {config.data_dir} is of another database")
    if marker and marker.ready and not fresh:
        return marker if marker.revision == head_revision() else _migrated(config, marker)
    wanted = people or USUAL_PEOPLE
    if marker is None and _holds_something(config):
        raise NotADemo(f"{config.data_dir} holds a company that is not a demo; leaving it alone")
    marker = Marker(_database_name(config), wanted, head_revision(), now.isoformat())
    marker.write(config.data_dir)
    # In a process of its own, so that what filling imports and leaves behind goes with it.
    filling = multiprocessing.Process(target=_fill, args=(config, wanted, shift))
    filling.start()
    filling.join()
    if filling.exitcode != 0:
        print("lms: the demo could not be filled", file=sys.stderr)
        return None
    marker = replace(marker, ready=True)
    marker.write(config.data_dir)
    return marker


def _migrated(config: Config, marker: Marker) -> Marker:
    """Bring the demo of an older version up to date and keep what was done in it."""
    from lms.core import migrating
    from lms.core.db import Database

    print("This demo was made by an older version; --fresh fills a new one.", file=sys.stderr)
    database = Database(config.database_url)
    migrating.upgrade(database.engine)
    database.dispose()
    marker = replace(marker, revision=head_revision())
    marker.write(config.data_dir)
    return marker


def _fill(config: Config, people: int, shift: timedelta | None) -> None:
    """Empty the demo's place, migrate it and fill it."""
    from lms.core import migrating
    from lms.core.clock import ShiftedClock
    from lms.core.db import Database
    from lms.demo.seed import fill
    from lms.ops import places

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends without a traceback
    places.clear(config.database_url)
    for folder in (config.files_dir, config.data_dir / "mail"):
        shutil.rmtree(folder, ignore_errors=True)
    database = Database(config.database_url)
    migrating.upgrade(database.engine)
    clock = ShiftedClock(shift or timedelta())
    fill(database, config, clock, people=people, progress=_show)
    database.dispose()


def _show(sentence: str) -> None:
    print(f"  {sentence}", file=sys.stderr, flush=True)


def _holds_something(config: Config) -> bool:
    from lms.ops import places

    return not places.is_empty(config.database_url)


def _database_name(config: Config) -> str:
    """Return the database's address without the password."""
    from sqlalchemy.engine import make_url

    return make_url(config.database_url).render_as_string(hide_password=True)


def _remark(marker: Marker, people: int | None, now: datetime) -> None:
    """Say on standard error what `--fresh` would change."""
    made_at = datetime.fromisoformat(marker.made_at)
    if people is not None and people != marker.people:
        print(
            f"This demo was filled for {marker.people} people; --fresh fills one for {people}.",
            file=sys.stderr,
        )
    if abs(now - made_at) > OLD_AFTER:
        print(
            f"This demo was filled for {made_at:%d %B %Y}, what you did since is kept; "
            "start with --fresh for one that is relative to today.",
            file=sys.stderr,
        )


def shift_to_working_day(now: datetime) -> timedelta | None:
    """Return how far to move the clock on a weekend: a demo on a day off would show little."""
    days = {5: 2, 6: 1}.get(now.weekday())
    return timedelta(days=days) if days else None


def shift_to(day: date) -> timedelta:
    """Return by how much a demo's clock is moved, so that it now is nine o'clock on its day."""
    return datetime.combine(day, STARTS_AT) - datetime.now(UTC)
