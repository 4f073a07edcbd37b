"""`lms people import`: a people file from the command line."""

import argparse
import json
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from lms.core import refusals
from lms.core.clock import Clock, SystemClock
from lms.core.config import Config
from lms.core.db import Database, check_durability, checks
from lms.core.errors import Refused, Unavailable
from lms.core.permissions import SYSTEM
from lms.core.schema import check_schema
from lms.core.tables_in import read_table
from lms.people.directory.queries import is_demo_company
from lms.people.importing import operations, queries, words
from lms.people.importing.planning import Result, plan
from lms.people.importing.reports import Report, report_on
from lms.people.importing.rules import Sheet, read_sheet
from lms.people.importing.running import invite_in_steps

FINE, REFUSED_ROWS, UNREADABLE = 0, 1, 2


@dataclass(frozen=True)
class _Wishes:
    file: Path
    plan: bool
    invite: bool
    invite_on: date | None
    allow_admin: bool
    json: bool


def run(
    arguments: list[str],
    *,
    config: Config,
    database: Database | None = None,
    clock: Clock | None = None,
) -> int:
    """Import people from a file: 0 fine, 1 some rows were refused, 2 usage or unreadable.

    Good rows are applied and refused ones not; with `--plan` nothing is. With `--json` stdout is
    one JSON object and everything else goes to stderr.
    """
    try:
        wishes = _wishes(arguments)
    except SystemExit as stop:
        return FINE if stop.code in (0, None) else UNREADABLE
    database = database or Database(
        config.database_url, check=checks(check_durability, check_schema)
    )
    now = (clock or SystemClock()).now()
    try:
        report, invited = _import(wishes, config, database, now)
    except (Refused, Unavailable, OSError) as error:
        return _unreadable(wishes, _sentence(error))
    _say(wishes, report, invited)
    return REFUSED_ROWS if report.totals[Result.REFUSED] else FINE


def _wishes(arguments: list[str]) -> _Wishes:
    parser = argparse.ArgumentParser(
        prog="lms people import", description="Make and change people from a CSV file."
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--plan", action="store_true", help="say what would happen, change nothing")
    parser.add_argument(
        "--invite", metavar="now|DATE", type=_invite_date, help="invite those who were never in"
    )
    parser.add_argument(
        "--allow-admin", action="store_true", help="let rows make and change administrators"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    found = parser.parse_args(arguments)
    return _Wishes(
        file=found.file,
        plan=found.plan,
        invite=found.invite is not None,
        invite_on=found.invite if isinstance(found.invite, date) else None,
        allow_admin=found.allow_admin,
        json=found.json,
    )


def _invite_date(text: str) -> date | str:
    if text == "now":
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError("must be now or a date like 2026-03-31") from error


def _import(
    wishes: _Wishes, config: Config, database: Database, now: datetime
) -> tuple[Report, int]:
    operations.check_invite_date(wishes.invite_on, now.astimezone(UTC).date())
    table = read_table(wishes.file.read_bytes())
    with database.reading() as session:
        demo = config.demo or is_demo_company(session)
    sheet = read_sheet(table, demo=demo)
    _note(sheet)
    if wishes.plan:
        with database.reading() as session:
            known = queries.known(session, now=now)
        return report_on(sheet, plan(sheet, known, allow_admin=wishes.allow_admin)), 0
    with database.writing() as session:
        batch = operations.import_people(
            session, actor=SYSTEM, sheet=sheet, allow_admin=wishes.allow_admin, now=now
        )
    report = report_on(sheet, batch.rows)
    invited = 0
    if wishes.invite:
        invited = invite_in_steps(
            database, actor=SYSTEM, emails=report.good_emails, on=wishes.invite_on, now=now
        )
    return report, invited


def _note(sheet: Sheet) -> None:
    delimiter = words.DELIMITERS[sheet.delimiter]
    _tell(f"Read as {sheet.encoding}, separated by {delimiter}.")
    if sheet.extra_columns:
        _tell(f"Left alone: {', '.join(sheet.extra_columns)}.")


def _say(wishes: _Wishes, report: Report, invited: int) -> None:
    if wishes.json:
        rows = [
            {
                "line": row.line,
                "email": row.email,
                "result": row.result.value,
                "reason": words.reason(row),
            }
            for row in report.rows
        ]
        _print_json({"rows": rows, "totals": report.totals, "extra_columns": report.extra_columns})
    else:
        for row in report.rows:
            if row.result is not Result.SAME:
                print(f"{row.line}: {row.email}: {row.result.value}", words.reason(row))
        print(", ".join(f"{count} {name}" for name, count in report.totals.items()))
    if wishes.plan:
        _tell("Nothing was changed: this was a plan.")
    elif wishes.invite:
        _tell(f"{invited} invited.")


def _unreadable(wishes: _Wishes, sentence: str) -> int:
    _tell(sentence)
    if wishes.json:
        totals = {result.value: 0 for result in Result}
        _print_json({"rows": [], "totals": totals, "error": sentence})
    return UNREADABLE


def _sentence(error: Refused | Unavailable | OSError) -> str:
    if isinstance(error, Refused):
        return refusals.sentence(error)
    if isinstance(error, Unavailable):
        remedy = f" Run: {error.remedy}" if error.remedy else ""
        return refusals.unavailable(error) + remedy
    return f"{error.filename or 'The file'} cannot be read: {error.strerror}"


def _print_json(found: dict[str, object]) -> None:
    json.dump(found, sys.stdout, ensure_ascii=False)
    print()


def _tell(text: str) -> None:
    print(text, file=sys.stderr)
