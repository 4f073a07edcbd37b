"""What a plan or a batch says about each line, to be shown, kept and downloaded."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from lms.core.errors import Refused
from lms.people.importing.planning import Result, RowPlan
from lms.people.importing.rules import Sheet


@dataclass(frozen=True)
class ReportRow:
    """One line's result, without the person's data."""

    line: int
    email: str
    result: Result
    columns: tuple[str, ...] = ()
    refusals: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Report:
    """All lines' results and how the file was understood."""

    rows: tuple[ReportRow, ...]
    encoding: str
    delimiter: str
    columns: tuple[str, ...]
    extra_columns: tuple[str, ...]
    totals: dict[str, int] = field(default_factory=dict)

    @property
    def good_emails(self) -> list[str]:
        """Return the addresses of the lines that were not refused."""
        return [row.email for row in self.rows if row.result is not Result.REFUSED]


def report_on(sheet: Sheet, plans: Sequence[RowPlan]) -> Report:
    """Return the report of a sheet's plan."""
    rows = tuple(
        ReportRow(row.line, row.email, row.result, row.columns, row.refusals) for row in plans
    )
    return Report(
        rows=rows,
        encoding=sheet.encoding,
        delimiter=sheet.delimiter,
        columns=sheet.columns,
        extra_columns=sheet.extra_columns,
        totals=_totals(rows),
    )


def to_bytes(report: Report) -> bytes:
    """Return a report as bytes to keep; the same report gives the same bytes."""
    return json.dumps(
        {
            "encoding": report.encoding,
            "delimiter": report.delimiter,
            "columns": report.columns,
            "extra_columns": report.extra_columns,
            "rows": [
                [
                    row.line,
                    row.email,
                    row.result.value,
                    row.columns,
                    [[one.code, one.field, one.values] for one in row.refusals],
                ]
                for row in report.rows
            ],
        },
        ensure_ascii=False,
    ).encode()


def from_bytes(content: bytes) -> Report:
    """Return a report that was kept; raise ValueError when it is something else."""
    try:
        kept = json.loads(content)
        rows = tuple(
            ReportRow(
                line,
                email,
                Result(result),
                tuple(columns),
                tuple(Refused(code, field=where, **values) for code, where, values in refusals),
            )
            for line, email, result, columns, refusals in kept["rows"]
        )
        return Report(
            rows=rows,
            encoding=kept["encoding"],
            delimiter=kept["delimiter"],
            columns=tuple(kept["columns"]),
            extra_columns=tuple(kept["extra_columns"]),
            totals=_totals(rows),
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not a report") from error


def _totals(rows: Sequence[ReportRow]) -> dict[str, int]:
    counts = Counter(row.result for row in rows)
    return {result.value: counts[result] for result in Result}
