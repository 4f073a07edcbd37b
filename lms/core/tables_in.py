"""The one reader of uploaded tables: bytes in, a header and numbered rows out.

Files come from spreadsheets of every language, so the encoding and the delimiter are found out
and said. What cannot be read at all is a Refused about the file; what is wrong with one row is
kept with that row, so that the good ones can still be used.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lms.core.errors import Refused


@dataclass(frozen=True)
class Limits:
    """How much a table may hold."""

    megabytes: int = 16
    rows: int = 20_000
    columns: int = 60
    cell: int = 2_000


@dataclass(frozen=True)
class TableRow:
    """One row: the line it begins on (the header is line 1) and as many cells as the header.

    `problem` is set when the row does not fit; its cells are then only good to be shown.
    """

    line: int
    cells: tuple[str, ...]
    problem: Refused | None = None


@dataclass(frozen=True)
class Table:
    """A table as it was understood."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: tuple[TableRow, ...]

    def records(self) -> Iterator[tuple[TableRow, dict[str, str]]]:
        """Yield each row with its cells by lower-case column name."""
        names = [name.lower() for name in self.header]
        for row in self.rows:
            yield row, dict(zip(names, row.cells, strict=False))


DEFAULT_LIMITS = Limits()
_DELIMITERS = (",", ";", "\t")
_CSV_CELL = 131_072
"""Where Python's own reader gives up on one cell."""

_MAGIC = (
    (b"\x89PNG", "table_is_picture"),
    (b"\xff\xd8\xff", "table_is_picture"),
    (b"GIF8", "table_is_picture"),
    (b"BM", "table_is_picture"),
    (b"II*\x00", "table_is_picture"),
    (b"MM\x00*", "table_is_picture"),
    (b"RIFF", "table_is_picture"),
    (b"PK\x03\x04", "table_is_spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "table_is_spreadsheet"),
    (b"%PDF", "table_is_document"),
    (b"{\\rtf", "table_is_document"),
    (b"\x1f\x8b", "table_is_document"),
    (b"7z\xbc\xaf", "table_is_document"),
)


def read_table(content: bytes, limits: Limits = DEFAULT_LIMITS) -> Table:
    """Read an uploaded CSV file in any of the encodings and delimiters that people send.

    Refuses a file that is empty, too large, no text, in letters that cannot be told, without a
    header or rows, with a header that names a column twice, or with a quotation mark left open.
    """
    if len(content) > limits.megabytes * 1024 * 1024:
        raise Refused("table_too_large", megabytes=limits.megabytes)
    for start, code in _MAGIC:
        if content.startswith(start) and (start != b"BM" or b"\x00" in content[:64]):
            raise Refused(code)
    encoding, text = decode(content)
    if "\x00" in text:
        raise Refused("table_is_binary")
    if not text.strip():
        raise Refused("table_empty")
    text, delimiter, skipped = _delimiter(text)
    records = _records(text, delimiter, limits, skipped)
    _line, header = next(records, (0, []))
    names = _header(header, limits)
    rows = tuple(_rows(records, len(names), limits))
    if not rows:
        raise Refused("table_header_only")
    return Table(encoding, delimiter, names, rows)


def decode(content: bytes) -> tuple[str, str]:
    """Return the name of the encoding and the text; refuse `table_encoding` rather than guess.

    A byte order mark and strict UTF-8 settle most files. GB18030 and Windows-1251 accept much
    of each other's bytes, so the letters that come out decide.
    """
    for mark, encoding in (
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
    ):
        if content.startswith(mark):
            try:
                return encoding.upper(), content[len(mark) :].decode(encoding)
            except UnicodeDecodeError as error:
                raise Refused("table_encoding") from error
    try:
        return "UTF-8", content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    candidates = []
    for name, plausible in (("GB18030", _chinese), ("Windows-1251", _russian)):
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        candidates.append((plausible(text), name, text))
    share, name, text = max(candidates, default=(0.0, "", ""))
    if share < 0.5:
        raise Refused("table_encoding")
    return name, text


_FOREIGN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W\d_]+")
_SAMPLE = 200_000


def _chinese(text: str) -> float:
    """Return how much a text looks like Chinese that GB18030 was the right choice for.

    A first-rank character of GB2312 counts whole, a second-rank one (many given names) in part,
    others hardly; one that stands inside a Latin word speaks against it.
    """
    found = _foreign_counts(text)
    total = sum(found.values())
    if not total:
        return 0.0
    points = sum(_rank(letter) * count for letter, count in found.items())
    mixed = sum(1 for word in _WORD.findall(text[:_SAMPLE]) if _mixes(word, "一", "鿿"))
    return (points - mixed) / total


def _rank(letter: str) -> float:
    code = letter.encode("gb18030")
    if len(code) != 2 or code[1] < 0xA1:
        return 0.1
    if 0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7:
        return 1.0
    return 0.6 if 0xD8 <= code[0] <= 0xF7 else 0.1


def _russian(text: str) -> float:
    """Return how much a text looks like Russian that Windows-1251 was the right choice for.

    Counts Russian letters and punctuation; a capital after a small letter and a word that mixes
    alphabets speak against it, and without any capital it may as well be Hebrew or Greek.
    """
    found = _foreign_counts(text)
    total = sum(found.values())
    words = [word for word in _WORD.findall(text[:_SAMPLE]) if not word.isascii()]
    if not total or not any(word[0].isupper() for word in words):
        return 0.0
    good = sum(count for letter, count in found.items() if _is_russian(letter))
    odd = sum(
        len(word)
        for word in words
        if _mixes(word, "А", "ё") or not (word.islower() or word.isupper() or word.istitle())
    )
    return (good - odd) / total


def _is_russian(letter: str) -> bool:
    return "А" <= letter <= "я" or letter in "Ёё№«»—–…“”„’\xa0"


def _mixes(word: str, first: str, last: str) -> bool:
    inside = sum(1 for letter in word if first <= letter <= last)
    latin = sum(1 for letter in word if letter.isascii())
    return bool(inside and latin)


def _foreign_counts(text: str) -> Counter[str]:
    return Counter("".join(_FOREIGN.findall(text[:_SAMPLE])))


def _delimiter(text: str) -> tuple[str, str, int]:
    """Return the text, the delimiter of its header, and how many lines were left out.

    A spreadsheet's own `sep=;` line says the delimiter and is left out.
    """
    first, _newline, rest = text.partition("\n")
    named = re.fullmatch(r'"?sep=([,;\t])"?\s*', first, re.IGNORECASE)
    if named:
        return rest, named[1], 1
    line = next((line for line in io.StringIO(text) if line.strip()), "")
    outside = re.sub(r'"[^"]*"', "", line)
    best = max(_DELIMITERS, key=outside.count)
    return text, best if best in outside else ",", 0


def _records(
    text: str, delimiter: str, limits: Limits, skipped: int
) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that is not blank with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line, count = skipped + 1, -1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                count += 1
                if count > limits.rows:
                    raise Refused("table_too_many_rows", most=limits.rows)
                yield line, cells
            line = skipped + reader.line_num + 1
    except csv.Error as error:
        code = "table_cell_huge" if "field limit" in str(error) else "table_quotes"
        raise Refused(code, line=line, most=_CSV_CELL) from error


def _header(cells: list[str], limits: Limits) -> tuple[str, ...]:
    names = [" ".join(cell.split()) for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > limits.columns:
        raise Refused("table_too_many_columns", most=limits.columns)
    counts = Counter(name.lower() for name in names if name)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise Refused("table_header_twice", columns=", ".join(twice))
    return tuple(names)


def _rows(
    records: Iterator[tuple[int, list[str]]], width: int, limits: Limits
) -> Iterator[TableRow]:
    for line, cells in records:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        row = TableRow(line, tuple(cell.strip() for cell in cells))
        if len(cells) != width:
            problem = Refused("row_cells", found=len(cells), expected=width)
        elif any(len(cell) > limits.cell for cell in cells):
            problem = Refused("row_cell_long", most=limits.cell)
        else:
            yield row
            continue
        shown = tuple(cell[:200] for cell in row.cells[:width])
        yield replace(row, cells=shown, problem=problem)
