"""What comes in, made fit to be looked up and kept: in addresses, queries and forms.

PostgreSQL keeps no NUL in a text, and no identifier of ours is larger than its integers. Said
once here, so that no page can stumble over either.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import IntegerConverter, Map, UnicodeConverter

LARGEST = 2**31 - 1
"""The largest identifier that a table can hold."""
MOST_TYPED = 1024 * 1024
"""Bytes of a form without files: several times the longest that a page of ours can send."""
_UNKEPT = re.compile("[\x00\ud800-\udfff]")


class Parameters(ImmutableMultiDict[str, Any]):
    """Query or form values, without the characters that no database keeps."""

    def __init__(
        self, mapping: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None
    ) -> None:
        pairs = mapping if isinstance(mapping, list) else ImmutableMultiDict(mapping).items(True)
        super().__init__([(_kept(name), _kept(value)) for name, value in pairs])


class Incoming(Request):
    """A request whose texts can be kept as they are."""

    parameter_storage_class = Parameters

    @property
    def max_content_length(self) -> int | None:
        """Return how much may be sent: of typed text less than of files.

        A form without files is unpacked whole, by anybody, before it is known what it is.
        """
        most = super().max_content_length
        if most is None or self.mimetype != "application/x-www-form-urlencoded":
            return most
        return min(most, MOST_TYPED)

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        self._max_content_length = value


class Identifier(IntegerConverter):
    """A number in an address; one that no row can have is not found."""

    def __init__(self, map: Map, **options: Any) -> None:  # noqa: A002 - the base class's name
        super().__init__(map, **{"max": LARGEST, **options})


class Word(UnicodeConverter):
    """A text in an address; one with control characters is not found."""

    regex = r"[^/\x00-\x1f]+"

    def __init__(self, map: Map) -> None:  # noqa: A002 - the base class's name
        super().__init__(map)
        self.regex = type(self).regex


def init_app(app: Flask) -> None:
    """Take these in; before any address is added."""
    app.request_class = Incoming
    app.url_map.converters.update(int=Identifier, default=Word, string=Word)


def _kept(value: Any) -> Any:
    return _UNKEPT.sub("", value) if isinstance(value, str) else value
