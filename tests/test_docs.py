"""The pages that people read say what the program does: links, commands, variables, words."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import dev
from lms import commands
from lms.core.config import VARIABLES
from lms.core.tables_in import DEFAULT_LIMITS, read_table
from lms.people.importing.rules import COLUMNS, read_sheet
from lms.translations.__main__ import source_strings

ROOT = Path(__file__).parents[1]
GUIDES = sorted((ROOT / "docs" / "guide").glob("*.md"))
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DEPLOYMENT = [path for path in sorted((ROOT / "docs" / "deploy").iterdir()) if path.is_file()]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
_LMS = re.compile(r"(?:^|&& |=\S+ |bin/|dev\.py )lms ([a-z][^\n#&]*)", re.MULTILINE)
_DEV = re.compile(r"python3 dev\.py ([a-z]+)")
_OPTION = re.compile(r"(?<!\S)\[?(--[a-z][a-z-]*)")
_QUESTION = "… "
"""How a guide's "what if" begins: in bold as well, but no word of a page."""


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """Return a page without its examples."""
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def code(path: Path) -> Iterator[str]:
    """Yield what a page shows as typed: its examples and the words between back ticks."""
    text = path.read_text(encoding="utf-8")
    yield from (body for language, body in _FENCE.findall(text) if language not in ("python",))
    yield from _SPAN.findall(prose(path))


def anchors(path: Path) -> set[str]:
    """Return the addresses of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_link_and_picture_leads_somewhere(path: Path) -> None:
    text = _SPAN.sub("", prose(path))
    lost = []
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        if not found.exists() or (anchor and anchor not in anchors(found)):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_command_of_dev_py_exists(path: Path) -> None:
    named = [command for piece in code(path) for command in _DEV.findall(piece)]
    assert set(named) <= set(dev.COMMANDS)


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_lms_command_and_its_options_exist(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = []
    for line in (line for piece in code(path) for line in _LMS.findall(piece)):
        words = line.split()
        command = next(
            (known for known in (" ".join(words[:2]), words[0]) if known in commands.COMMANDS), None
        )
        if command is None:
            # `lms people` speaks of all its commands.
            if not any(known.startswith(f"{line.strip()} ") for known in commands.COMMANDS):
                unknown.append(line)
            continue
        assert commands.main([*command.split(), "--help"]) == commands.FINE
        offered = capsys.readouterr().out
        unknown += [
            f"{command} {option}" for option in _OPTION.findall(line) if option not in offered
        ]
    assert unknown == []


def test_every_command_is_described() -> None:
    described = " ".join(piece for path in PAGES for piece in code(path))
    missing = [known for known in commands.COMMANDS if f"lms {known}" not in described]
    assert missing == []


@pytest.mark.parametrize("path", [*PAGES, *DEPLOYMENT], ids=name)
def test_every_variable_named_exists(path: Path) -> None:
    named = re.findall(r"\bLMS_[A-Z][A-Z_]*", path.read_text(encoding="utf-8"))
    assert set(named) <= set(VARIABLES)


def test_every_variable_is_described_in_the_words_of_the_program() -> None:
    described = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    table = dict(re.findall(r"^\| `(LMS_\w+)` \| (.+) \|$", described, re.MULTILINE))
    assert table == VARIABLES


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_every_file_named_exists(path: Path) -> None:
    paths = re.findall(r"`((?:lms|tests|docs)/[\w./-]+)`", prose(path))
    assert [one for one in paths if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("path", [*GUIDES, ROOT / "docs" / "formats" / "people.md"], ids=name)
def test_what_a_guide_sets_in_bold_stands_on_a_page(path: Path) -> None:
    said = {" ".join(words.split()) for words in _BOLD.findall(prose(path))}
    questions = {words for words in said if words.startswith(_QUESTION)}
    assert all(words.endswith("?") for words in questions)
    allowed = strings() if path in GUIDES else strings() | HABITS
    assert said - questions - allowed == set()


HABITS = {"An empty cell", "A hyphen", "Several values"}
"""The rules that hold for every column of a people file, set in bold there."""


@cache
def strings() -> set[str]:
    """Return all that pages say, without what is filled in."""
    found: set[str] = set()
    for message in source_strings():
        found.update((message.id,) if isinstance(message.id, str) else message.id)
    return {one for one in found if "%(" not in one}


def test_every_guide_is_in_both_lists() -> None:
    first, index = (ROOT / "README.md").read_text(), (ROOT / "docs" / "README.md").read_text()
    for path in GUIDES:
        assert f"(docs/guide/{path.name})" in first
        assert f"(guide/{path.name})" in index
        text = prose(path)
        assert "## In the morning" in text
        assert "## What if …" in text


def test_the_two_commands_come_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert _FENCE.findall(text)[0][1] == "python3 dev.py demo\npython3 dev.py test\n"
    assert text.index("python3 dev.py demo") < text.index("![")


@pytest.mark.parametrize("path", DECISIONS, ids=name)
def test_a_decision_is_short_and_says_why_and_what_it_costs(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 20
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert re.findall(r"^\*\*(\w+)\.\*\* ", text, re.MULTILINE) == ["Decided", "Why", "Costs"]


def test_decisions_are_numbered_without_a_gap() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_the_people_file_is_described_as_it_is_read() -> None:
    text = (ROOT / "docs" / "formats" / "people.md").read_text(encoding="utf-8")
    columns = text.partition("## Columns")[2].partition("\n## ")[0]
    assert tuple(re.findall(r"^\| `(\w+)` \|", columns, re.MULTILINE)) == COLUMNS
    limits = f"{DEFAULT_LIMITS.rows:,} lines, {DEFAULT_LIMITS.columns} columns"
    assert limits in text
    assert f"{DEFAULT_LIMITS.cell:,} characters" in text
    assert f"{DEFAULT_LIMITS.megabytes} MB" in text


def test_the_example_of_a_people_file_is_read_without_a_refusal() -> None:
    text = (ROOT / "docs" / "formats" / "people.md").read_text(encoding="utf-8")
    example = next(body for language, body in _FENCE.findall(text) if language == "csv")
    sheet = read_sheet(read_table(example.encode()), demo=False)
    assert [line.refusals for line in sheet.lines] == [(), ()]
    assert sheet.extra_columns == ()
