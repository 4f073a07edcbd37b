"""The format of a backup: one zip file, the same for both databases.

`manifest.json` tells the schema's revision, each table's columns, and the size, the SHA-256 and
the number of rows of every other member. `tables/<name>.jsonl` has one JSON list a row, ordered
by primary key; equal rows give equal bytes whichever database they come from.
`files/<ab>/<sha256>` are uploads, `secret-key` is what signs cookies and links.
"""

import base64
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from sqlalchemy import types

from lms.core.db import UtcDateTime

FORMAT = 1
MANIFEST = "manifest.json"
SECRET_KEY = "secret-key"  # noqa: S105 - the name of a member
MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_TABLE = re.compile(r"tables/([a-z][a-z0-9_]*)\.jsonl")
_FILE = re.compile(r"files/([0-9a-f]{2})/(\1[0-9a-f]{62})")
_CHUNK = 1024 * 1024


class Damaged(Exception):
    """The file is not a whole backup that this program can read; the text says why."""


@dataclass(frozen=True)
class Member:
    """What the manifest says of another member."""

    size: int
    sha256: str
    rows: int | None = None


@dataclass
class Manifest:
    """What a backup holds, written last and checked first."""

    revision: str
    made_at: str
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    """Table → column → kind (a key of KINDS), in order."""
    members: dict[str, Member] = field(default_factory=dict)
    missing_files: list[str] = field(default_factory=list)
    """Uploads that the database speaks of and the folder did not have."""
    format: int = FORMAT

    def as_json(self) -> str:
        """Return the manifest's text."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: bytes) -> "Manifest":
        """Read a manifest; raise Damaged for anything else."""
        try:
            values = json.loads(text)
            if values["format"] != FORMAT:
                raise Damaged(f"made by another version (format {values['format']})")
            members = {name: Member(**entry) for name, entry in values.pop("members").items()}
            return cls(members=members, **values)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Damaged(f"its manifest is unreadable: {error}") from error


KINDS: dict[str, tuple[type[types.TypeEngine[Any]], Callable[[], types.TypeEngine[Any]]]] = {
    # The order matters: each reflected type is of the first kind that it is an instance of.
    "bool": (types.Boolean, types.Boolean),
    "json": (types.JSON, lambda: types.JSON(none_as_null=True)),
    "moment": (types.DateTime, UtcDateTime),
    "date": (types.Date, types.Date),
    "time": (types.Time, types.Time),
    "bytes": (types.LargeBinary, types.LargeBinary),
    "int": (types.Integer, types.BigInteger),
    "float": (types.Float, types.Float),
    "decimal": (types.Numeric, types.Numeric),
    "text": (types.String, types.Text),
}


def kind_of(column_type: types.TypeEngine[Any]) -> str:
    """Return the kind of a reflected column type; raise TypeError for an unknown one."""
    for kind, (instance_of, _make) in KINDS.items():
        if isinstance(column_type, instance_of):
            return kind
    raise TypeError(f"no kind for {column_type!r}")


def type_of(kind: str) -> types.TypeEngine[Any]:
    """Return the column type that reads and writes a kind on both databases."""
    if kind not in KINDS:
        raise Damaged(f"unknown kind of column: {kind}")
    return KINDS[kind][1]()


def encode(kind: str, value: Any) -> Any:
    """Return a column's value as JSON; JSON columns arrive as their text."""
    if value is None:
        return None
    if kind == "json":
        return [json.loads(value)]
    if kind in ("moment", "date", "time"):
        return value.isoformat()
    if kind == "bytes":
        return base64.b64encode(value).decode("ascii")
    if kind == "decimal":
        return format(value.normalize(), "f")
    return value


_DECODERS: dict[str, Callable[[Any], Any]] = {
    # A JSON column can hold JSON's own null, which is not the absence of a value.
    "json": lambda value: types.JSON.NULL if value[0] is None else value[0],
    "moment": datetime.fromisoformat,
    "date": date.fromisoformat,
    "time": time.fromisoformat,
    "bytes": base64.b64decode,
    "decimal": Decimal,
}


def decode(kind: str, value: Any) -> Any:
    """Return what `encode` was given, ready for the database."""
    if value is None or kind not in _DECODERS:
        return value
    return _DECODERS[kind](value)


def line(values: Iterable[Any]) -> bytes:
    """Return a row as a line of a table's member."""
    text = json.dumps(list(values), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode() + b"\n"


class Writer:
    """Writes members one after the other and the manifest at the end."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=5)
        self.manifest = manifest

    def add(self, name: str, chunks: Iterable[bytes], *, counted: bool = False) -> None:
        """Write a member; with `counted`, each chunk is a row."""
        digest, size, rows = hashlib.sha256(), 0, 0
        with self._zip.open(name, "w", force_zip64=True) as member:
            for chunk in chunks:
                member.write(chunk)
                digest.update(chunk)
                size += len(chunk)
                rows += 1
        self.manifest.members[name] = Member(size, digest.hexdigest(), rows if counted else None)

    def close(self) -> None:
        """Write the manifest and the zip file's directory."""
        self._zip.writestr(MANIFEST, self.manifest.as_json())
        self._zip.close()


class Reader:
    """Reads a backup that `verify` has found whole."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
            info = self._zip.getinfo(MANIFEST)
            if info.file_size > MAX_MANIFEST_BYTES:
                raise Damaged("its manifest is too large")
            self.manifest = Manifest.from_json(self._zip.read(info))
        except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError) as error:
            raise Damaged(f"it is not a whole backup: {error}") from error

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def verify(self) -> None:
        """Read everything and compare it with the manifest; raise Damaged at any difference."""
        names = [info.filename for info in self._zip.infolist() if info.filename != MANIFEST]
        if sorted(names) != sorted(self.manifest.members):
            raise Damaged("its members are not those that its manifest lists")
        for name in names:
            if name != SECRET_KEY and not _TABLE.fullmatch(name) and not _FILE.fullmatch(name):
                raise Damaged(f"unexpected member {name[:80]!r}")
            self._verify_member(name)
        tables = {match[1] for name in names if (match := _TABLE.fullmatch(name))}
        if tables != set(self.manifest.columns):
            raise Damaged("its tables are not those that its manifest describes")

    def _verify_member(self, name: str) -> None:
        expected = self.manifest.members[name]
        if self._zip.getinfo(name).file_size != expected.size:
            raise Damaged(f"{name} has another size")
        digest, lines = hashlib.sha256(), 0
        for chunk in self.chunks(name):
            digest.update(chunk)
            lines += chunk.count(b"\n")
        if digest.hexdigest() != expected.sha256:
            raise Damaged(f"{name} has another content")
        if expected.rows is not None and lines != expected.rows:
            raise Damaged(f"{name} has {lines} rows instead of {expected.rows}")
        file = _FILE.fullmatch(name)
        if file and file[2] != expected.sha256:
            raise Damaged(f"{name} is not what its name says")

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give a member's bytes piece by piece."""
        try:
            with self._zip.open(name) as member:
                while chunk := member.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
            raise Damaged(f"{name} cannot be read: {error}") from error

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        """Give a table's rows as values for the database."""
        columns = self.manifest.columns[table]
        with self._zip.open(f"tables/{table}.jsonl") as member:
            for text in member:
                values = json.loads(text)
                yield {
                    name: decode(kind, value)
                    for (name, kind), value in zip(columns.items(), values, strict=True)
                }

    def files(self) -> Iterator[str]:
        """Give the SHA-256 of every upload."""
        for name in self.manifest.members:
            if match := _FILE.fullmatch(name):
                yield match[2]


def table_member(table: str) -> str:
    """Return the name of a table's member."""
    return f"tables/{table}.jsonl"


def file_member(digest: str) -> str:
    """Return the name of an upload's member."""
    return f"files/{digest[:2]}/{digest}"
