"""`lms people import` with all parts put together: who joins an intake gets its track at once."""

import sys
from collections.abc import Sequence

from lms.core.config import Config
from lms.courses import hooks
from lms.ops import lock
from lms.people.importing import cli


def import_(arguments: Sequence[str], *, config: Config | None) -> int:
    """Import people from a file; 2 while a restore has the data folder for itself."""
    if config is None:
        return cli.run(["--help"], config=Config.nowhere())
    hooks.register()
    try:
        with lock.sharing(config.data_dir):
            return cli.run(list(arguments), config=config)
    except lock.InUse as error:
        print(f"lms: {error}", file=sys.stderr)
        return 2
