"""Files that leave: no cell of any of them is run by the spreadsheet that opens it."""

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import String, update

from lms.core.db import Base
from tests.security.conftest import World
from tests.security.test_live_markup import NOT_TEXT

FORMULAS = (
    '=HYPERLINK("//evil.example")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    " =1+1",
    "=1+1\x00\x0b",
    "',=1+1,'",
    '"\r\n=1+1,"',
)
EXPORTS = ("/people/export", "/board/export", "/audit/export")


def poison(world: World, text: str) -> None:
    with world.database.writing() as session:
        for table in Base.metadata.sorted_tables:
            texts = [c for c in table.columns if isinstance(c.type, String)]
            values = {c.name: text for c in texts if c.name not in NOT_TEXT}
            if values:
                session.execute(update(table).values(values))


@pytest.mark.parametrize("path", EXPORTS)
def test_no_cell_of_a_csv_file_is_a_formula(small_world: World, path: str) -> None:
    ada = small_world.browser("ada")
    met = 0
    for text in FORMULAS:
        poison(small_world, text)
        with ada.get(f"{path}.csv") as answer:
            assert answer.status_code == 200
            content = answer.get_data().decode("utf-8-sig")
        for row in csv.reader(io.StringIO(content, newline="")):
            for cell in row:
                met += "1+1" in cell or "SUM" in cell
                assert not cell.startswith(("=", "+", "@", "\t", "\r", "\n", "\uff1d")), (
                    text,
                    cell,
                )
                assert cell == "-" or not cell.startswith("-"), (text, cell)
    assert met > 5


@pytest.mark.parametrize("path", EXPORTS[:2])
def test_no_cell_of_a_workbook_is_a_formula(small_world: World, path: str) -> None:
    ada = small_world.browser("ada")
    for text in FORMULAS[:4]:
        poison(small_world, text)
        with ada.get(f"{path}.xlsx") as answer:
            book = load_workbook(io.BytesIO(answer.get_data()))
        kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
        assert "f" not in kinds
