"""Front matter: YAML between two `---` lines before a Markdown body, with line numbers."""

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
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
    body: str
    body_line: int


class BadDocument(ValueError):
    """The file has no readable front matter; `line` says where."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class _Loader(yaml.SafeLoader):
    """Safe YAML that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str | int | float | bool):
                raise yaml.MarkedYAMLError(
                    problem="a key must be text", problem_mark=node.start_mark
                )
            if key in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key!r} is given twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def parse(source: str) -> Document:
    """Split a file into front matter and body; raise BadDocument when it cannot be read."""
    text = source.removeprefix("\ufeff")
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise BadDocument(1, "the file must begin with front matter between --- lines")
    end = next((i for i, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        raise BadDocument(1, "the front matter has no closing --- line")
    header = "\n".join(lines[1:end])
    if "&" in header and _has_alias(header):
        raise BadDocument(2, "YAML anchors and aliases are not used here")
    try:
        meta = yaml.load(header, Loader=_Loader)  # noqa: S506 - a SafeLoader, made stricter
        tree = yaml.compose(header, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 2 + (mark.line if mark else 0)
        raise BadDocument(line, f"not valid YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise BadDocument(2, f"not valid YAML: {error}") from error
    if meta is None:
        meta, tree = {}, None
    if not isinstance(meta, dict):
        raise BadDocument(2, "the front matter must be a list of key: value lines")
    at = {k.value: k.start_mark.line + 2 for k, _ in tree.value} if tree is not None else {}
    body = "\n".join(lines[end + 1 :])
    return Document(
        meta={str(k): v for k, v in meta.items()}, lines=at, body=body, body_line=end + 2
    )


def _has_alias(header: str) -> bool:
    try:
        return any(
            isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None)
            for event in yaml.parse(header, Loader=yaml.SafeLoader)
        )
    except yaml.YAMLError:
        return False
