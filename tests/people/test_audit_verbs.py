"""Every verb that the program writes into the trail has words."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

import lms
from lms.people.audit import verbs

SOURCE = Path(lms.__file__).parent


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def constants(node: ast.expr) -> list[str]:
    """Return the verbs that an expression can be; a conditional has two."""
    if isinstance(node, ast.IfExp):
        return constants(node.body) + constants(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def callee(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def verb_places() -> dict[str, list[int]]:
    """Return every function that takes a verb, with the position of that argument."""
    places: dict[str, list[int]] = defaultdict(list)
    for _path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
                keywords = [argument.arg for argument in node.args.kwonlyargs]
                if "verb" in names:
                    places[node.name].append(names.index("verb"))
                elif "verb" in keywords:
                    places[node.name].append(-1)
    return places


def written_verbs() -> dict[str, str]:
    """Return the verbs in calls of such functions and in rows made by hand, with their file."""
    places = verb_places()
    found: dict[str, str] = {}
    for path, tree in trees():
        if "audit" in path.parts:
            continue
        for node in ast.walk(tree):
            expressions: list[ast.expr] = []
            if isinstance(node, ast.Call) and (
                callee(node) in places or callee(node) == "AuditEntry"
            ):
                expressions = [k.value for k in node.keywords if k.arg == "verb"]
                for position in places.get(callee(node), []):
                    if 0 <= position < len(node.args):
                        expressions.append(node.args[position])
            elif isinstance(node, ast.Dict):
                pairs = zip(node.keys, node.values, strict=True)
                expressions = [
                    value
                    for key, value in pairs
                    if isinstance(key, ast.Constant) and key.value == "verb"
                ]
            for expression in expressions:
                for verb in constants(expression):
                    found[verb] = str(path.relative_to(SOURCE))
    return found


def test_the_search_finds_the_ways_in_which_verbs_are_written() -> None:
    found = written_verbs()
    assert {"save_company", "add_site", "join_intake", "print_slip"} <= found.keys()
    assert {"create_person", "change_person", "invite", "reopen_step"} <= found.keys()


def test_every_verb_that_is_written_has_words(app: Flask) -> None:
    missing = {verb: path for verb, path in written_verbs().items() if verb not in verbs.known()}
    assert not missing, f"give these words with lms.people.audit.verbs.add: {missing}"


def test_a_verb_without_words_is_shown_by_its_name(app: Flask) -> None:
    with app.test_request_context():
        assert verbs.words("save_company") == "Changed the company"
        assert verbs.words("remarkable_act") == "remarkable act"


def test_two_parts_cannot_give_one_verb_different_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verbs, "_WORDS", {})
    words = {"wave": "Waved"}
    verbs.add(words)
    verbs.add(words)
    with pytest.raises(ValueError, match="wave"):
        verbs.add({"wave": "".join(["Waved", " again"])})
