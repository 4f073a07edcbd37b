"""Front matter: YAML between two `---` lines before a Markdown body, with line numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAX_HEADER = 20_000
"""Characters of front matter. YAML takes its time over hostile text."""


@dataclass(frozen=True, order=True)
class Problem:
    """One finding in a file; `line` counts from 1."""

    file: str
    line: int
    message: str


@dataclass(frozen=True)
class Document:
    """A file's front matter, where each of its keys stands, and the body."""

    meta: dict[str, Any]
    lines: dict[str, int]
    """Line of each key and entry by its path: `weeks`, `weeks.0`, `weeks.0.title`."""
    body: str
    """With plain line feeds, whatever the file has."""
    body_line: int

    def line_of(self, path: str) -> int:
        """Return the line of a key, of the nearest one around it, or of the front matter."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path.rpartition(".")[0]
        return 1


class BadDocument(ValueError):
    """The file has no readable front matter; `line` says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice and keys that are not text."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(
                    problem="a key must be text", problem_mark=key_node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} is given twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def parse(source: str) -> Document:
    """Split a file into front matter and body; raise BadDocument when it cannot be read.

    A byte order mark and carriage returns before line feeds are accepted.
    """
    lines = source.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "---":
        raise BadDocument(1, "the file must begin with front matter between --- lines")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise BadDocument(1, "the front matter has no closing --- line")
    header = "\n".join(lines[1:end])
    if len(header) > MAX_HEADER:
        raise BadDocument(2, f"the front matter is longer than {MAX_HEADER} characters")
    meta, at = _read_yaml(header)
    return Document(meta, at, "\n".join(lines[end + 1 :]), body_line=end + 2)


def _read_yaml(header: str) -> tuple[dict[str, Any], dict[str, int]]:
    try:
        if "&" in header and _has_anchor(header):
            raise BadDocument(2, "YAML anchors and aliases are not used here")
        meta = yaml.load(header, Loader=_Loader)  # noqa: S506 - a SafeLoader, made stricter
        tree = yaml.compose(header, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 2 + (mark.line if mark else 0)
        raise BadDocument(line, f"not valid YAML: {_explain(error)}") from error
    except yaml.reader.ReaderError as error:
        line = 2 + header.count("\n", 0, error.position)
        raise BadDocument(line, "not valid YAML: a control character") from error
    except RecursionError as error:
        raise BadDocument(2, "not valid YAML: nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadDocument(2, f"not valid YAML: {error}") from error
    if meta is None or tree is None:
        return {}, {}
    if not isinstance(meta, dict):
        raise BadDocument(2, "the front matter must be a list of key: value lines")
    return meta, dict(_lines(tree))


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or error.context or "it cannot be read"
    if "'\\t'" in problem:
        return "a tab; YAML is indented with spaces"
    return problem


def _lines(node: yaml.Node, path: str = "") -> Iterator[tuple[str, int]]:
    """Give the path and line of every key and entry under a node."""
    inside = f"{path}." if path else ""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield f"{inside}{key.value}", key.start_mark.line + 2
            yield from _lines(value, f"{inside}{key.value}")
    elif isinstance(node, yaml.SequenceNode):
        for number, entry in enumerate(node.value):
            yield f"{inside}{number}", entry.start_mark.line + 2
            yield from _lines(entry, f"{inside}{number}")


def _has_anchor(header: str) -> bool:
    return any(
        isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)
        for event in yaml.parse(header, Loader=yaml.SafeLoader)
    )
