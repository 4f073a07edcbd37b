"""How a report speaks."""

from typing import Any

from flask_babel import lazy_gettext as _

from lms.core import refusals
from lms.people.directory import words as directory_words
from lms.people.importing.planning import Result
from lms.people.importing.reports import ReportRow

RESULTS: dict[Result, Any] = {
    Result.NEW: _("New"),
    Result.CHANGED: _("Changed"),
    Result.SAME: _("Same"),
    Result.REFUSED: _("Refused"),
}

DELIMITERS: dict[str, Any] = {",": _("comma"), ";": _("semicolon"), "\t": _("tab")}

FIELD_NAMES = directory_words.FIELDS
"""Named here so that whoever shows a report has loaded the sentences of its refusals."""


def reasons(row: ReportRow) -> list[str]:
    """Return why a line was refused, each reason with its column, or which columns change."""
    if row.result is Result.REFUSED:
        return [
            f"{one.field}: {refusals.sentence(one)}" if one.field else refusals.sentence(one)
            for one in row.refusals
        ]
    return [", ".join(row.columns)] if row.result is Result.CHANGED else []


def reason(row: ReportRow) -> str:
    """Return all of that in one text."""
    return " ".join(reasons(row))
