"""Finding words in texts, whatever the script and the case.

A database's own idea of upper and lower case ends at ASCII (SQLite) or depends on how the
server was set up (PostgreSQL). So a word becomes a pattern that names every case of each of its
letters; the same pattern runs in both databases and in Python.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import InstrumentedAttribute

LONGEST = 200
MOST_WORDS = 8
AROUND = 60
"""Letters of context on each side of a hit."""


def clean(text: str) -> str:
    """Return what is searched for: composed, on one line, not longer than is sensible."""
    composed = unicodedata.normalize("NFC", text.replace("\x00", ""))
    return " ".join(composed[:LONGEST].split())


def words_of(text: str) -> tuple[str, ...]:
    """Return the words that must all occur, each once."""
    return tuple(dict.fromkeys(clean(text).split()))[:MOST_WORDS]


def pattern(word: str) -> str:
    """Return a pattern that finds a word in any case, in both databases and in Python."""
    return "".join(map(_any_case, word))


def _any_case(letter: str) -> str:
    forms = sorted({letter, letter.lower(), letter.upper(), letter.title(), letter.casefold()})
    if len(forms) == 1:
        return _plain(letter)
    if all(len(form) == 1 for form in forms):
        return f"[{''.join(forms)}]"
    return f"(?:{'|'.join(''.join(map(_plain, form)) for form in forms)})"


def _plain(letter: str) -> str:
    """Return a letter or sign as itself; whatever could mean more gets a backslash."""
    return letter if letter.isalnum() or not letter.isascii() else f"\\{letter}"


@dataclass(frozen=True)
class Wanted:
    """Words, ready to be looked for in texts, and the language to find titles in."""

    text: str
    language: str
    words: tuple[re.Pattern[str], ...]

    @classmethod
    def of(cls, text: str, language: str) -> "Wanted":
        """Return the words of a query."""
        words = tuple(re.compile(pattern(word)) for word in words_of(text))
        return cls(clean(text), language, words)

    def inside(self, column: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Return the condition that every word occurs in a column, in any case."""
        return and_(true(), *(column.regexp_match(word.pattern) for word in self.words))

    def rank(self, parts: Sequence[str]) -> int | None:
        """Return how early the words occur: 0 when all are in the first part, and so on.

        None when some word occurs in no part.
        """
        for upto in range(len(parts)):
            if all(any(w.search(part) for part in parts[: upto + 1]) for w in self.words):
                return upto
        return None

    def excerpt(self, text: str) -> str:
        """Return the text around the first hit, or "" when there is none."""
        hits = [hit.start() for w in self.words if (hit := w.search(text))]
        if not hits:
            return ""
        start, end = max(0, min(hits) - AROUND), min(len(text), min(hits) + 2 * AROUND)
        cut = text[start:end]
        if start:
            cut = "…" + cut.split(" ", 1)[-1]
        if end < len(text):
            cut = cut.rsplit(" ", 1)[0] + "…"
        return cut

    def marked(self, text: str) -> list[tuple[str, bool]]:
        """Return the text in pieces, each with whether it is a hit."""
        spans: list[tuple[int, int]] = []
        for start, end in sorted(h.span() for w in self.words for h in w.finditer(text)):
            if spans and start < spans[-1][1]:
                spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
            elif end > start:
                spans.append((start, end))
        pieces, at = [], 0
        for start, end in spans:
            pieces += [(text[at:start], False), (text[start:end], True)]
            at = end
        return [piece for piece in [*pieces, (text[at:], False)] if piece[0]]
