"""What a line of a people file means, without knowing who is there: shape, values, refusals."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from lms.core.errors import Refused
from lms.core.permissions import Role
from lms.core.tables_in import Table, TableRow
from lms.people.rules import (
    FORMULA_STARTS,
    LANGUAGES,
    MOST_COACHES,
    PERSON_COLUMNS,
    clean_email,
    clean_name,
    clean_zone,
    close_to,
    shorten,
    unknown,
)

COLUMNS = PERSON_COLUMNS
"""In any order; more are reported and left alone."""

REQUIRED = ("email", "name")
CLEAR = "-"
"""Empties a field. An empty cell leaves it as it is."""

FIELDS = {
    "name": "name",
    "language": "language",
    "time_zone": "time_zone",
    "intake": "intake_id",
    "manager_email": "manager",
    "coach_emails": "coaches",
    "site": "site_id",
    "department": "department_id",
    "categories": "categories",
    "roles": "roles",
    "working_languages": "working_languages",
    "started_on": "started_on",
    "leaves_on": "leaves_on",
}
"""Which field of a profile a column sets."""

COLUMN_OF = {field: column for column, field in FIELDS.items()}

ROLE_WORDS = {role.value: role for role in Role} | {
    "administrator": Role.ADMIN,
    "locker keeper": Role.KEEPER,
}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_YEARS = range(1950, 2101)


@dataclass(frozen=True)
class Line:
    """One person's line. `values` holds what the cells say by profile field.

    Words of the company (site, department, intake, categories) are still text here.
    """

    number: int
    email: str
    values: Mapping[str, object]
    refusals: tuple[Refused, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A table read as people."""

    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    extra_columns: tuple[str, ...]
    encoding: str
    delimiter: str


def read_sheet(table: Table, *, demo: bool) -> Sheet:
    """Read a table as people; refuse it whole (`import_columns_missing`) without e-mail or name.

    Needs no database, so it is done before any transaction. A second line with the same mail
    address is refused; the first one counts.
    """
    names = [name.lower() for name in table.header]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise Refused("import_columns_missing", columns=", ".join(missing))
    first_of: dict[str, int] = {}
    lines = []
    for row, cells in table.records():
        line = _line(row, cells, demo=demo)
        if not any(refusal.field == "email" for refusal in line.refusals) and not row.problem:
            first = first_of.setdefault(line.email, line.number)
            if first != line.number:
                again = Refused("import_twice", field="email", line=first)
                line = Line(line.number, line.email, {}, (again, *line.refusals))
        lines.append(line)
    return Sheet(
        lines=tuple(lines),
        columns=tuple(name for name in COLUMNS if name in names),
        extra_columns=tuple(
            name or f"({number})"
            for number, name in enumerate(table.header, 1)
            if name.lower() not in COLUMNS
        ),
        encoding=table.encoding,
        delimiter=table.delimiter,
    )


def _line(row: TableRow, cells: Mapping[str, str], *, demo: bool) -> Line:
    typed = shorten(cells.get("email", ""), 254)
    if row.problem:
        return Line(row.line, typed, {}, (row.problem,))
    values: dict[str, object] = {}
    refusals: list[Refused] = []
    email = typed
    try:
        email = _email(cells["email"], demo)
    except Refused as refusal:
        refusals.append(refusal)
    for column, field_name in FIELDS.items():
        text = cells.get(column, "")
        if not text:
            continue
        try:
            values[field_name] = _value(column, text)
        except Refused as refusal:
            refusal.field = column
            refusals.append(refusal)
    return Line(row.line, email, values, tuple(refusals))


def _email(text: str, demo: bool) -> str:
    if not text:
        raise Refused("email_missing", field="email")
    return clean_email(text, demo=demo)


def _value(column: str, text: str) -> object:
    if text == CLEAR:
        if column == "name":
            raise Refused("name_missing", field="name")
        return _CLEARED.get(column)
    if text.startswith(FORMULA_STARTS):
        raise Refused("looks_like_formula", field=column, value=shorten(text))
    return _READERS[column](text)


def _several(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split("|") if part.strip()))


def _language(text: str) -> str:
    code = text.lower()
    if code not in LANGUAGES:
        raise unknown("language", text, LANGUAGES)
    return code


def _languages(text: str) -> frozenset[str]:
    return frozenset(_language(part) for part in _several(text))


def _roles(text: str) -> frozenset[Role]:
    return frozenset(_role(part) for part in _several(text))


def _role(text: str) -> Role:
    word = re.sub(r"[\s_-]+", " ", text.lower())
    if word not in ROLE_WORDS:
        near = close_to(word, ROLE_WORDS) or [role.value for role in Role]
        raise unknown("roles", text, near)
    return ROLE_WORDS[word]


def _date(text: str) -> date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Refused("date_malformed", value=shorten(text)) from error
    if found.year not in _YEARS:
        raise Refused("date_malformed", value=shorten(text))
    return found


def _emails(text: str) -> frozenset[str]:
    found = frozenset(part.lower() for part in _several(text))
    if len(found) > MOST_COACHES:
        raise Refused("too_many_coaches", most=MOST_COACHES)
    return found


_CLEARED: dict[str, object] = {
    "coach_emails": frozenset(),
    "categories": (),
    "roles": frozenset(),
    "working_languages": frozenset(),
}
"""What `-` leaves where a person can have several; anything else becomes None."""

_READERS: dict[str, Callable[[str], object]] = {
    "name": clean_name,
    "language": _language,
    "time_zone": clean_zone,
    "intake": str,
    "manager_email": str.lower,
    "coach_emails": _emails,
    "site": str,
    "department": str,
    "categories": _several,
    "roles": _roles,
    "working_languages": _languages,
    "started_on": _date,
    "leaves_on": _date,
}
