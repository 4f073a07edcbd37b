"""Reading uploaded tables: every encoding and delimiter people send, and clear refusals."""

import io
import zipfile

import pytest

from lms.core import refusals
from lms.core.errors import Refused
from lms.core.tables_in import Limits, Table, read_table

HEADER = "email,name\r\n"


def read(text: str, encoding: str = "utf-8", **limits: int) -> Table:
    return read_table(text.encode(encoding), Limits(**limits))


def refusal(content: bytes, **limits: int) -> Refused:
    with pytest.raises(Refused) as caught:
        read_table(content, Limits(**limits))
    assert refusals.sentence(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("encoding", "said", "name"),
    [
        ("utf-8", "UTF-8", "ליאור כהן"),
        ("utf-8-sig", "UTF-8", "王伟"),
        ("utf-16", "UTF-16-LE", "Ольга Белова"),
        ("gb18030", "GB18030", "王伟"),
        ("gb18030", "GB18030", "欧阳娜娜"),
        ("gb18030", "GB18030", "昊婷"),
        ("windows-1251", "Windows-1251", "Ольга Белова"),
        ("windows-1251", "Windows-1251", "Анна"),
        ("windows-1251", "Windows-1251", "АННА КИМ"),
        ("windows-1251", "Windows-1251", "Иван Петров-Водкин"),
    ],
)
def test_the_encoding_is_found_and_said(encoding: str, said: str, name: str) -> None:
    table = read(f"{HEADER}a@x.test,{name}\r\n", encoding)
    assert table.encoding == said
    assert table.rows[0].cells == ("a@x.test", name)


def test_utf_16_in_the_other_byte_order_is_read() -> None:
    table = read_table(b"\xfe\xff" + f"{HEADER}a@x.test,Mei\r\n".encode("utf-16-be"))
    assert (table.encoding, table.rows[0].cells[1]) == ("UTF-16-BE", "Mei")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Jürgen Müller", "windows-1252"),
        ("Éloïse Lefèvre", "windows-1252"),
        ("ליאור כהן", "windows-1255"),
        ("田中さくら", "shift_jis"),
    ],
)
def test_letters_that_cannot_be_told_are_refused_not_guessed(name: str, encoding: str) -> None:
    error = refusal(f"{HEADER}a@x.test,{name}\r\n".encode(encoding))
    assert error.code == "table_encoding"


@pytest.mark.parametrize("name", ["Ольга Белова", "王伟", "ליאור כהן", "Jürgen"])
def test_utf_8_with_a_broken_letter_is_refused(name: str) -> None:
    content = f"{HEADER}a@x.test,{name}\r\nb@x.test,{name}\r\n".encode()
    first = next(place for place, byte in enumerate(content) if byte >= 0x80)
    assert refusal(content[:first] + content[first + 1 :]).code == "table_encoding"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_that_of_the_header(delimiter: str) -> None:
    table = read(f'email{delimiter}name\na@x.test{delimiter}"Lind, Tomas; Dr."\n')
    assert table.delimiter == delimiter
    assert table.rows[0].cells == ("a@x.test", "Lind, Tomas; Dr.")


def test_a_spreadsheets_line_about_the_delimiter_is_not_a_header() -> None:
    table = read("sep=;\r\nemail;name\r\na@x.test;A,B\r\n")
    assert (table.header, table.rows[0].line) == (("email", "name"), 3)


def test_lines_are_counted_through_quoted_newlines_and_blank_lines() -> None:
    table = read('email,name\n\na@x.test,"Maya\nWinter"\n,\nb@x.test,Ben\n')
    assert [(row.line, row.cells[1]) for row in table.rows] == [(3, "Maya\nWinter"), (6, "Ben")]


def test_a_row_that_does_not_fit_is_kept_with_its_problem() -> None:
    table = read("email,name,site\na@x.test,A\nb@x.test,B,c,d\nc@x.test,C,s,,\n")
    assert [row.problem.code if row.problem else None for row in table.rows] == [
        "row_cells",
        "row_cells",
        None,
    ]


def test_a_long_cell_spoils_only_its_row() -> None:
    table = read(f"email,name\na@x.test,{'x' * 3000}\nb@x.test,B\n")
    assert [row.problem.code if row.problem else None for row in table.rows] == [
        "row_cell_long",
        None,
    ]


def _xlsx() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "table_empty"),
        (b"\xef\xbb\xbf \r\n\r\n", "table_empty"),
        (b" \n\n", "table_empty"),
        (b"email,name\n", "table_header_only"),
        (b"email,name\n,\n\n", "table_header_only"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "table_is_picture"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "table_is_picture"),
        (b"BM\x36\x00\x00\x00", "table_is_picture"),
        (_xlsx(), "table_is_spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "table_is_spreadsheet"),
        (b"%PDF-1.7", "table_is_document"),
        (b"email,name\na@x.test,A\x00B\n", "table_is_binary"),
        (b"email,name,Email\na,b,c\n", "table_header_twice"),
        (b'email,name\na@x.test,"never closed\nb@x.test,B\n', "table_quotes"),
        (b"email,name\na@x.test," + b"x" * 140_000, "table_cell_huge"),
        (b"\xff\xfee", "table_encoding"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_name(content: bytes, code: str) -> None:
    assert refusal(content).code == code


def test_a_quotation_mark_left_open_is_named_by_its_line() -> None:
    assert refusal(b'email,name\nb@x.test,B\na@x.test,"open\n').values["line"] == 3


def test_limits_are_said_with_their_number() -> None:
    many = b"email,name\n" + b"a@x.test,A\n" * 11
    assert refusal(many, rows=10).values["most"] == 10
    assert len(read_table(many, Limits(rows=11)).rows) == 11
    assert refusal(b"a,b,c\n1,2,3\n", columns=2).code == "table_too_many_columns"
    assert refusal(b"a" * (1024 * 1024 + 1), megabytes=1).code == "table_too_large"


def test_a_name_that_only_begins_like_a_picture_is_text() -> None:
    assert read("BM,name\n1,2\n").header == ("BM", "name")
