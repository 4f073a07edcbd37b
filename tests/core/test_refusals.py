"""Every refusal that the program can make has a sentence for people.

A code that is handed on in a variable is not seen here; the tests of its part make it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import lms
from lms.core import refusals
from lms.core.errors import Refused
from lms.courses.material import cli

SOURCES = sorted(Path(lms.__file__).parent.rglob("*.py"))
SAID_BY_COMMANDS = frozenset(cli._SENTENCES) | {"company_exists"}
"""Refusals that only commands can meet; they say them in their own English words."""


def raised() -> Iterator[tuple[str, str]]:
    """Yield where each Refused is made, with its code."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Refused"
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield f"{path.name}:{node.lineno}", str(node.args[0].value)


def test_every_refusal_has_a_sentence(app: Flask) -> None:
    known = refusals.codes() | SAID_BY_COMMANDS
    missing = {code: where for where, code in raised() if code not in known}
    assert missing == {}


def test_a_sentence_is_filled_with_the_values_of_its_refusal(app: Flask) -> None:
    with app.test_request_context():
        assert "4000" in refusals.sentence(Refused("note_long", most=4000))


def test_a_code_cannot_be_taken_twice() -> None:
    with pytest.raises(ValueError, match="disk_full"):
        refusals.add({"disk_full": "Another sentence"})
