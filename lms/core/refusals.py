"""Codes of refusals and their sentences. Each part adds its own through `add`."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

from lms.core.errors import Refused, Unavailable

_SENTENCES: dict[str, Any] = {
    "disk_full": _("The disk is nearly full, so uploads wait. An administrator has to make room."),
    "password_short": _("Use at least %(least)s characters."),
    "password_long": _("Use at most %(most)s characters."),
    "password_common": _("Too many people use this password. Choose another."),
    "password_personal": _("This is too close to your name, mail address or company."),
    "picture_too_large": _("The picture is larger than %(megabytes)s MB."),
    "picture_too_many_pixels": _("The picture has more than %(megapixels)s million pixels."),
    "picture_heic": _("HEIC pictures cannot be read. Switch the camera to JPEG and try again."),
    "picture_unreadable": _("This is not a picture that can be read. Use JPEG, PNG or WebP."),
    "table_too_large": _("The file is larger than %(megabytes)s MB."),
    "table_empty": _("The file is empty."),
    "table_header_only": _("There is a header, and no row below it."),
    "table_is_picture": _("This is a picture, not a table, whatever its name says."),
    "table_is_spreadsheet": _("This is a spreadsheet file. Save it as CSV and send that."),
    "table_is_document": _("This is a document or archive, not a table."),
    "table_is_binary": _("This is not a text file. Save the table as CSV in UTF-8."),
    "table_encoding": _(
        "The letters of this file cannot be told for sure. Save it as CSV in UTF-8 and try again."
    ),
    "table_header_twice": _("The header names a column twice: %(columns)s."),
    "table_quotes": _("The quotation marks in the row that begins on line %(line)s do not match."),
    "table_cell_huge": _("A cell in the row that begins on line %(line)s is far too long."),
    "table_too_many_rows": _("At most %(most)s rows can be read at once. Split the file."),
    "table_too_many_columns": _("The table has more than %(most)s columns."),
    "row_cells": _("This row has %(found)s cells, the header has %(expected)s."),
    "row_cell_long": _("A cell is longer than %(most)s characters."),
}
_UNAVAILABLE: dict[str, Any] = {
    "database_away": _("The database does not answer. Nothing is lost; try again in a moment."),
    "durability": _("The database is not set to keep what it acknowledges."),
    "no_company": _("There is no company here yet."),
    "schema_old": _("The database is older than the program."),
}


def add(sentences: Mapping[str, Any]) -> None:
    """Add a part's refusals; raise ValueError when a code is taken."""
    taken = _SENTENCES.keys() & sentences.keys()
    if taken and any(_SENTENCES[code] is not sentences[code] for code in taken):
        raise ValueError(f"refusal codes taken: {sorted(taken)}")
    _SENTENCES.update(sentences)


def sentence(error: Refused) -> str:
    """Return the translated sentence of a refusal."""
    return str(_SENTENCES[error.code]) % {k: str(v) for k, v in error.values.items()}


def unavailable(error: Unavailable) -> str:
    """Return the translated sentence of an Unavailable."""
    return str(_UNAVAILABLE[error.reason])


def codes() -> frozenset[str]:
    """Return all codes that have a sentence."""
    return frozenset(_SENTENCES)
