"""Keeps Markdown linear: markers beyond what an honest text has are shown as plain characters.

The parser tries every opening marker against the rest of its block, so a hostile 100 kB of `[`
would hold a worker for minutes. `tame` replaces such markers by code points that mean nothing to
the parser, and `restore` puts the characters back into the finished HTML, so nothing is lost.
"""

import html
import re

MAX_QUOTES = 8
"""Block quotes inside each other."""
MAX_INDENT = 40
MAX_BLOCK_LINES = 300
MAX_FENCES = 200
MAX_BLOCK_WORK = 20_000_000
"""Markers times characters of one block: 400 markers in 50 kB, any number in 4 kB."""
MAX_SCANS = 20
"""How often, on average, links may make the parser read a block over."""

_PLAIN = "[]()*_~^=`\\<>&!.-+# :|"
_CODES = {ord(c): chr(0xFDD0 + i) for i, c in enumerate(_PLAIN)}
_BACK = {ord(v): html.escape(chr(k), quote=False) for k, v in _CODES.items()}
# Noncharacters: no honest text has them, so they are dropped from the source.
_RESERVED = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")

_QUOTES = re.compile(r"[ ]{0,3}>(?:[ \t]{0,4}>)*")
_LIST_MARKERS = re.compile(r"[ \t]*(?:(?:\d+\.|[-*+])[ \t]+){9,}")
_FENCE = re.compile(r"^[ >\t]*(?:`{3,}|~{3,})", re.MULTILINE)
_TITLED = re.compile(
    r"[^\s()'\"<>]*+(?:\([^\s()'\"<>]*+\)[^\s()'\"<>]*+)*+\s*+(?:\"[^\"()]*+\")?+\s*+\)"
)
_MARKERS = re.compile(r"[*_~^=`\\<&!:]|  \n")


def tame(source: str) -> str:
    """Return the text with hostile markers replaced; an honest text comes back unchanged."""
    text = _RESERVED.sub("", source).replace("\r\n", "\n").replace("\r", "\n").expandtabs(4)
    text = "\n".join(_tame_line(line) for line in text.split("\n"))
    text = _tame_fences(text)
    return "\n\n".join(_tame_block(block) for block in _blocks(text))


def restore(markup: str) -> str:
    """Put the plain characters back, escaped, into HTML made from a tamed text."""
    return markup.translate(_BACK)


def _tame_line(line: str) -> str:
    indent = len(line) - len(line.lstrip(" "))
    if indent > MAX_INDENT:
        line = " " * MAX_INDENT + _plain(line[MAX_INDENT:indent]) + line[indent:]
    if line.count(">") > MAX_QUOTES:
        line = _tame_quotes(line)
    if found := _LIST_MARKERS.match(line):
        line = _plain(found[0]) + line[found.end() :]
    return line


def _tame_quotes(line: str) -> str:
    found = _QUOTES.match(line)
    if found is None or found[0].count(">") <= MAX_QUOTES:
        return line
    kept = 0
    for position, character in enumerate(found[0]):
        kept += character == ">"
        if kept > MAX_QUOTES:
            return line[:position] + _plain(line[position : found.end()]) + line[found.end() :]
    return line


def _tame_fences(text: str) -> str:
    seen = 0

    def fence(match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return match[0] if seen <= MAX_FENCES else _plain(match[0])

    return _FENCE.sub(fence, text)


def _blocks(text: str) -> list[str]:
    """Split at blank lines, and a block of too many lines in between."""
    blocks = []
    for block in re.split(r"\n[ ]*\n", text):
        lines = block.split("\n")
        for start in range(0, len(lines), MAX_BLOCK_LINES):
            blocks.append("\n".join(lines[start : start + MAX_BLOCK_LINES]))
    return blocks


def _tame_block(block: str) -> str:
    size = len(block)
    if "[" in block and _scans(block) > MAX_SCANS * size:
        block = re.sub(r"[\[\]]", lambda m: _plain(m[0]), block)
    if size > 4000 and len(_MARKERS.findall(block)) * size > MAX_BLOCK_WORK:
        block = _MARKERS.sub(lambda m: _plain(m[0].rstrip("\n")) + "\n" * m[0].count("\n"), block)
    return block


def _scans(block: str) -> int:
    """Return how many characters the parser reads to find where the block's links end."""
    open_at: list[int] = []
    total = 0
    end = len(block)
    for position, character in enumerate(block):
        if character == "[":
            open_at.append(position)
        elif character == "]" and open_at:
            total += position - open_at.pop()
            if block.startswith("](", position):
                total += _target_length(block, position + 2)
    return total + sum(end - position for position in open_at)


def _target_length(block: str, start: int) -> int:
    """Return how far the parser looks for the end of a link's target."""
    end = block.find(")", start, start + 2000)
    plain = end != -1 and not any(c in block[start:end] for c in "('\"<")
    if plain:
        return end - start
    # A quote or bracket may keep the parser searching to the end; a closed title does not.
    titled = _TITLED.match(block, start, start + 2000)
    return titled.end() - start if titled else len(block) - start


def _plain(text: str) -> str:
    return text.translate(_CODES)
