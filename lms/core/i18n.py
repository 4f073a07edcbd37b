"""Languages: which there are, which one a page is in, and marking strings for translation.

A person's language comes first, then the intake's, then the company's, then the browser's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import flask_babel
from flask_babel import lazy_gettext, lazy_ngettext

__all__ = [
    "LANGUAGES",
    "choose",
    "direction",
    "gettext",
    "lazy_gettext",
    "lazy_ngettext",
    "ngettext",
]


@dataclass(frozen=True)
class Language:
    """A language of the product: its code in addresses and files, its own name, its locale."""

    code: str
    name: str
    locale: str
    direction: str = "ltr"


LANGUAGES: dict[str, Language] = {
    "en": Language("en", "English", "en_GB"),
    "zh": Language("zh", "简体中文", "zh_Hans_CN"),
    "ru": Language("ru", "Русский", "ru_RU"),
    "he": Language("he", "עברית", "he_IL", "rtl"),
}


def choose(preferred: Iterable[str | None], accepted: Iterable[str] = ()) -> str:
    """Return the first known language of those preferred, then of a browser's, then English."""
    for code in preferred:
        if code in LANGUAGES:
            return code
    for tag in accepted:
        code = tag.split("-")[0].lower()
        if code == "iw":
            code = "he"
        if code in LANGUAGES:
            return code
    return "en"


def gettext(message: str, **values: object) -> str:
    """Return a message in the language of the moment, its places filled."""
    return str(flask_babel.gettext(message, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """Return the form of a message that fits a number, in the language of the moment."""
    return str(flask_babel.ngettext(one, many, num, **values))


def direction(code: str) -> str:
    """Return `rtl` or `ltr`."""
    return LANGUAGES[code].direction
