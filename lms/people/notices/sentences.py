"""Kinds of notices and their sentences. Each part adds its own through `add`."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

Sentence = Any
"""A lazy string with %(name)s places, or a function of the values (for plurals)."""

_SENTENCES: dict[str, Sentence] = {}
_UNKNOWN = _("There is something new for you.")


def add(sentences: Mapping[str, Sentence | Callable[[Mapping[str, Any]], Any]]) -> None:
    """Add a part's kinds; raise ValueError when a kind is taken."""
    taken = {
        kind
        for kind in _SENTENCES.keys() & sentences.keys()
        if _SENTENCES[kind] is not sentences[kind]
    }
    if taken:
        raise ValueError(f"kinds of notices taken: {sorted(taken)}")
    _SENTENCES.update(sentences)


def kinds() -> frozenset[str]:
    """Return all kinds that have a sentence."""
    return frozenset(_SENTENCES)


def sentence(kind: str, values: Mapping[str, Any], zone: str) -> str:
    """Return the sentence in the language of the moment.

    A value that is a mapping has its words by language, `en` among them. A value named `…_on`
    (ISO date) or `…_at` (ISO moment) is written out as readers write dates, moments in their
    zone.
    """
    words = {name: _word(name, value, zone) for name, value in values.items()}
    pattern = _SENTENCES.get(kind, _UNKNOWN)
    return str(pattern(words) if callable(pattern) else pattern) % words


def _word(name: str, value: Any, zone: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(get_locale().language, value["en"])
    if not isinstance(value, str):
        return value
    if name.endswith("_on"):
        return format_date(date.fromisoformat(value), "medium", locale=get_locale())
    if name.endswith("_at"):
        moment = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
        day = format_date(moment.date(), "medium", locale=get_locale())
        return f"{day}, {format_time(moment.time(), 'short', locale=get_locale())}"
    return value
