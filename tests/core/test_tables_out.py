"""Writing tables that any spreadsheet opens and none runs."""

import io
from datetime import UTC, date, datetime

import pytest

from lms.core.tables_in import read_table
from lms.core.tables_out import csv_chunks, xlsx_chunks


@pytest.mark.parametrize("text", ["=1+1", "+1", "-2+3", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_begins_like_a_formula(text: str) -> None:
    content = b"".join(csv_chunks(["name"], [[text], ["fine"]]))
    assert content.startswith(b"\xef\xbb\xbfname\r\n")
    assert f"'{text}".encode() in content


def test_numbers_dates_and_the_clearing_hyphen_stay_as_they_are() -> None:
    rows = [[-3, 1.5, date(2026, 3, 2), None, "-"]]
    content = b"".join(csv_chunks(["a", "b", "c", "d", "e"], rows))
    assert content.endswith(b"-3,1.5,2026-03-02,,-\r\n")


def test_what_is_written_is_read_back_in_any_script() -> None:
    rows = [("ליאור כהן", 'a "b", c'), ("王伟", "two\nlines"), ("Ольга", "x;y")] * 150
    table = read_table(b"".join(csv_chunks(["name", "note"], rows)))
    assert [row.cells for row in table.rows] == rows


def test_a_workbook_keeps_texts_as_texts() -> None:
    from openpyxl import load_workbook

    moment = datetime(2026, 3, 2, 8, tzinfo=UTC)
    rows = [["=HYPERLINK(1)", date(2026, 3, 2)], ["a\x0bb", moment], ["王伟", 3]]
    content = b"".join(xlsx_chunks(["name", "when"], rows, title="People: all/now"))
    sheet = load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert sheet.title == "People  all now"
    cell = sheet["A2"]
    assert (cell.value, cell.data_type) == ("=HYPERLINK(1)", "s")
    assert [c.value for c in sheet["A"]] == ["name", "=HYPERLINK(1)", "ab", "王伟"]
    assert sheet["B3"].value == moment.isoformat()
