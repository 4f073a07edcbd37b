"""The one writer of tables: CSV and XLSX that open in any spreadsheet and run nothing there."""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, cast

Cell = str | int | float | date | datetime | None

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_KEPT_IN_MEMORY = 2 * 1024 * 1024


def csv_chunks(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8 with a byte order mark, some rows at a time.

    A text that a spreadsheet would run (beginning with = + - @, also in full width, or with a
    tab or line break) gets an apostrophe in front. A lone hyphen stays, since nothing runs it
    and it means "clear".
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield b"\xef\xbb\xbf"
    writer.writerow([harmless(name) for name in header])
    for number, row in enumerate(rows, 1):
        writer.writerow([_as_text(cell) for cell in row])
        if number % 200 == 0:
            yield _emptied(buffer)
    yield _emptied(buffer)


def xlsx_chunks(
    header: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str
) -> Iterator[bytes]:
    """Yield an XLSX file, written row by row. Texts are written as texts: none is a formula."""
    with tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY) as file:
        _write_workbook(cast(IO[bytes], file), header, rows, title)
        file.seek(0)
        while chunk := file.read(64 * 1024):
            yield chunk


def _write_workbook(
    file: IO[bytes], header: Sequence[str], rows: Iterable[Sequence[Cell]], title: str
) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31] or "1")

    def cell(value: Cell) -> object:
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.isoformat()
        if not isinstance(value, str):
            return value
        written = WriteOnlyCell(sheet, value=_UNWRITABLE.sub("", value))
        written.data_type = "s"
        return written

    sheet.append([cell(name) for name in header])
    for row in rows:
        sheet.append([cell(value) for value in row])
    book.save(file)


def harmless(text: str) -> str:
    """Return the text so that no spreadsheet runs it when it stands in a CSV cell."""
    return f"'{text}" if text.startswith(_FORMULA) and text != "-" else text


def _as_text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()
    return harmless(cell.replace("\x00", "")) if isinstance(cell, str) else str(cell)


def _emptied(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode("utf-8")
