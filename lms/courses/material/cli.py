"""`lms courses check | import | export`. Exit 0 fine, 1 findings, 2 usage or unreadable."""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lms.core.clock import SystemClock
from lms.core.config import Config
from lms.core.db import Database, check_durability, checks
from lms.core.errors import NotFound, Refused
from lms.core.frontmatter import Problem
from lms.core.permissions import SYSTEM
from lms.core.schema import check_schema
from lms.courses.material import exporting, importing, planning
from lms.courses.material.planning import Item, Result
from lms.courses.material.reading import Unreadable, read_courses
from lms.courses.material.source import CourseSource

FINE, FINDINGS, UNUSABLE = 0, 1, 2

_SENTENCES = {
    "medium_changed": "{path} changed while it was read; import again",
    "disk_full": "the disk is nearly full",
    "course_imported_meanwhile": "somebody imported {slug} just now; import again",
    "export_not_empty": "{path} is not empty; --force writes into it and deletes nothing",
    "export_no_folder": "{path} is no folder",
    "export_outside": "{path} leads out of the folder",
    "medium_lost": "the content of {path} is lost or damaged; restore it from a backup",
}


def check(arguments: Sequence[str]) -> int:
    """Check course files without a database and list what is wrong."""
    parser = _parser("check", "Check course files; needs no database.")
    _add_path(parser)
    options = parser.parse_args(arguments)
    try:
        sources, problems = read_courses(_path(options.path))
    except Unreadable as error:
        if options.json:
            _print_json({"files": 0, "problems": []})
        return _unusable(str(error))
    files = sum(source.files for source in sources)
    if options.json:
        _print_json({"files": files, "problems": _as_json(problems)})
    else:
        _print_problems(problems, sys.stdout)
        print(f"{files} files, {len(problems)} problems")
    return FINDINGS if problems else FINE


def import_(arguments: Sequence[str], *, config: Config) -> int:
    """Import course files as new versions, or show what would happen."""
    parser = _parser("import", "Import courses as new versions; nobody's course moves.")
    _add_path(parser)
    parser.add_argument("--plan", action="store_true", help="show what would happen, write nothing")
    options = parser.parse_args(arguments)
    try:
        sources, problems = read_courses(_path(options.path))
    except Unreadable as error:
        if options.json:
            _print_items([], as_json=True)
        return _unusable(str(error))
    if problems:
        _print_problems(problems, sys.stderr)
        _print_items([], as_json=options.json, problems=problems)
        return FINDINGS
    try:
        items = _plan(config, sources) if options.plan else _apply(config, sources)
    except Refused as refused:
        return _refused(refused)
    _print_items(items, as_json=options.json)
    return FINDINGS if any(item.result is Result.CONFLICT for item in items) else FINE


def export(arguments: Sequence[str], *, config: Config) -> int:
    """Write the newest version of courses as the files that they were imported from."""
    parser = _parser("export", "Write courses as files, byte for byte.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--course", metavar="SLUG", help="only this one")
    parser.add_argument("--force", action="store_true", help="write into a folder with files in it")
    options = parser.parse_args(arguments)
    database = _open(config)
    try:
        with database.reading() as session:
            found = exporting.export_files(session, options.course)
        left = exporting.write_files(
            found, options.folder, files_dir=config.files_dir, force=options.force
        )
    except NotFound:
        return _unusable(f"there is no course {options.course}")
    except Refused as refused:
        return _refused(refused)
    except OSError as error:
        return _unusable(f"{error.filename}: {error.strerror}")
    finally:
        database.dispose()
    if options.json:
        _print_json({"files": [file.path for file in found], "left": left})
    else:
        print(f"{len(found)} files written to {options.folder}")
    for path in left:
        print(f"left in place, not part of the course: {path}", file=sys.stderr)
    return FINDINGS if left else FINE


def _plan(config: Config, sources: Iterable[CourseSource]) -> list[Item]:
    database = _open(config)
    try:
        with database.reading() as session:
            return [item for source in sources for item in planning.plan(session, source)]
    finally:
        database.dispose()


def _apply(config: Config, sources: Sequence[CourseSource]) -> list[Item]:
    """Import all courses in one transaction; those with a conflict stay as they are."""
    now = SystemClock().now()
    database = _open(config)
    items: list[Item] = []
    try:
        for source in sources:
            importing.store_media(source, config.files_dir)
        with database.writing() as session:
            for source in sources:
                result = importing.import_course(
                    session, actor=SYSTEM, source=source, files_dir=config.files_dir, now=now
                )
                items += result.items
        return items
    finally:
        database.dispose()


def _open(config: Config) -> Database:
    return Database(config.database_url, check=checks(check_durability, check_schema))


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"lms courses {name}", description=description)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", nargs="?", type=Path, help="a folder of courses, or one course (default: courses)"
    )


def _path(given: Path | None) -> Path:
    """Return the path that was given, else `courses` here or beside the program."""
    if given is not None:
        return given
    here = Path("courses")
    return here if here.is_dir() else Path(__file__).parents[3] / "courses"


def _print_problems(problems: Iterable[Problem], stream: Any) -> None:
    for problem in problems:
        print(f"{problem.file}:{problem.line}: {problem.message}", file=stream)


def _print_items(items: Sequence[Item], *, as_json: bool, problems: Sequence[Problem] = ()) -> None:
    totals = {result.value: sum(item.result is result for item in items) for result in Result}
    if as_json:
        answer: dict[str, Any] = {
            "items": [
                {"path": item.path, "result": item.result.value, "reason": item.reason}
                for item in items
            ],
            "totals": totals,
        }
        if problems:
            answer["problems"] = _as_json(problems)
        _print_json(answer)
        return
    for item in items:
        if item.result is not Result.SAME or item.reason:
            reason = f"  ({item.reason})" if item.reason else ""
            print(f"{item.result.value:9} {item.path}{reason}")
    if problems:
        print("nothing imported: solve the problems first")
    else:
        print(", ".join(f"{count} {name}" for name, count in totals.items()))


def _as_json(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{"file": p.file, "line": p.line, "message": p.message} for p in problems]


def _print_json(answer: dict[str, Any]) -> None:
    print(json.dumps(answer, ensure_ascii=False))


def _refused(refused: Refused) -> int:
    sentence = _SENTENCES.get(refused.code, refused.code)
    return _unusable(sentence.format(**refused.values))


def _unusable(message: str) -> int:
    print(f"lms courses: {message}", file=sys.stderr)
    return UNUSABLE
