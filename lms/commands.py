"""The `lms` command: a table of commands. Each one's work is in the part that it belongs to."""

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

FINE, FINDINGS, UNUSABLE = 0, 1, 2
"""Exit codes: all is well; it ran and found something; wrong usage or unreadable input."""


@dataclass(frozen=True)
class Command:
    """What a command is for and where it is: `module:function(arguments, config=…) -> int`."""

    summary: str
    target: str
    needs_config: bool = True


COMMANDS: dict[str, Command] = {
    "init": Command("make a company with its first administrator", "lms.ops.init:run"),
    "serve": Command("run the web workers and the background worker", "lms.ops.serve:run"),
    "worker": Command("run one background worker by itself", "lms.ops.background:run"),
    "migrate": Command("bring the database up to date, after a backup", "lms.ops.migrate:run"),
    "doctor": Command("say what is well and what is not", "lms.ops.doctor:run"),
    "backup": Command("write everything into one verified file", "lms.ops.backup:run"),
    "restore": Command("bring a backup back, on either database", "lms.ops.restore:run"),
    "people import": Command("import people from a CSV file", "lms.ops.people:import_"),
    "courses check": Command(
        "check course files", "lms.courses.material.cli:check", needs_config=False
    ),
    "courses import": Command("import course files", "lms.courses.material.cli:import_"),
    "courses export": Command("write courses as files", "lms.courses.material.cli:export"),
    "routes": Command("list every address", "lms.ops.routes:run", needs_config=False),
    "demo": Command("fill and serve a demo company", "lms.ops.demo:run", needs_config=False),
}


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 for fine, 1 for findings, 2 for usage or unreadable input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in ("-h", "--help", "help"):
        print(usage())
        return FINE
    found = _find(arguments)
    if found is None:
        print(usage(), file=sys.stderr)
        return UNUSABLE
    command, rest = found
    return _guarded(lambda: _run(command, rest))


def usage() -> str:
    """Return the list of commands."""
    width = max(len(name) for name in COMMANDS)
    lines = [f"  {name:<{width}}  {command.summary}" for name, command in COMMANDS.items()]
    return "\n".join(["usage: lms COMMAND [-h] …", "", *lines])


def _find(arguments: list[str]) -> tuple[Command, list[str]] | None:
    for words in (2, 1):
        command = COMMANDS.get(" ".join(arguments[:words]))
        if command is not None and len(arguments) >= words:
            return command, arguments[words:]
    return None


def _run(command: Command, arguments: list[str]) -> int:
    module, _, name = command.target.partition(":")
    if not command.needs_config or "-h" in arguments or "--help" in arguments:
        options: dict[str, Any] = {"config": None} if command.needs_config else {}
    else:
        from lms.core.config import Config

        options = {"config": Config.from_environment()}
    function: Callable[..., int] = getattr(import_module(module), name)
    return function(arguments, **options)


def _guarded(run: Callable[[], int]) -> int:
    """Turn what a command raises into one clear line and an exit code."""
    try:
        return run()
    except SystemExit as stop:  # argparse ends this way
        return stop.code if isinstance(stop.code, int) else UNUSABLE
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return UNUSABLE
    except Exception as error:  # noqa: BLE001 - the last line of defence: 1 would mean findings
        sentence = _sentence(error)
        if sentence is None:
            traceback.print_exc()
        else:
            print(f"lms: {sentence}", file=sys.stderr)
        return UNUSABLE


def _sentence(error: Exception) -> str | None:
    """Return what to say of an expected failure, or None for an accident."""
    from lms.core.config import ConfigError
    from lms.core.errors import BelayError, Unavailable

    if isinstance(error, ConfigError):
        return str(error)
    if isinstance(error, Unavailable):
        words = {
            "database_away": "the database does not answer",
            "no_company": "there is no company here yet",
            "schema_old": "the database is older than this program",
            "durability": "the database may lose what it has acknowledged",
        }
        sentence = words.get(error.reason, error.reason)
        return f"{sentence}; run: {error.remedy}" if error.remedy else sentence
    if isinstance(error, BelayError):
        return str(error)
    from sqlalchemy.exc import InterfaceError, OperationalError

    if isinstance(error, OperationalError | InterfaceError):
        return f"the database does not answer: {error.orig}"
    return None
