"""Markdown to safe HTML. The one sanitiser: nothing a person wrote reaches a page around it.

Rendered when a revision is made, never when a page is read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3
from markdown import Markdown

from lms.core import taming
from lms.core.markdown_tree import CALLOUTS, ID_PREFIX, Finishing, Picture, Seen

__all__ = ["CALLOUTS", "MAX_CHARACTERS", "Draft", "LinkResolver", "Picture", "draft", "render"]

MAX_CHARACTERS = 200_000

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "caption", "code", "dd", "del", "div", "dl", "dt", "em",
    "figcaption", "figure", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "input", "ins", "kbd",
    "label", "li", "mark", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody",
    "td", "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "*": {"id", "dir", "lang"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "input": {"type", "checked", "disabled"},
    "ol": {"start"},
    "td": {"align"},
    "th": {"align", "scope"},
}
_CLASSES = {
    "blockquote": {"dialogue"},
    "div": {"callout", *(f"callout-{name}" for name in CALLOUTS)},
    "p": {"callout-title"},
    "ul": {"task-list"},
    "li": {"task-list-item"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}

LinkResolver = Callable[[str], str | None]
"""Turns a picture's or link's target into an address; None drops the attribute."""


@dataclass(frozen=True)
class Draft:
    """A text that was parsed: what a checker wants to know, and its HTML once targets are known."""

    links: tuple[str, ...]
    pictures: tuple[Picture, ...]
    anchors: frozenset[str]
    """What `#…` links may point to: one for each heading."""
    first_level: tuple[str, ...]
    """Headings of level 1, which the page itself has."""
    raw_html: tuple[str, ...]
    unknown_callouts: tuple[str, ...]
    _markup: str

    def html(self, resolve: LinkResolver | None = None) -> str:
        """Return sanitised HTML; `resolve` is asked for each relative `src` and `href`."""
        return _clean(self._markup, resolve)


def draft(source: str, *, language: str = "en") -> Draft:
    """Parse Markdown text in a language (it names the callouts).

    Raises ValueError for text beyond MAX_CHARACTERS. Takes time in proportion to the text.
    """
    if len(source) > MAX_CHARACTERS:
        raise ValueError("text too long")
    # A parser holds state while it works, so threads cannot share one; a new one takes 2 ms.
    markdown, seen = _parser(language)
    try:
        markup = taming.restore(markdown.convert(taming.tame(source)))
    except RecursionError as error:
        raise ValueError("text nested too deeply") from error
    return Draft(
        links=tuple(seen.links),
        pictures=tuple(seen.pictures),
        anchors=frozenset(seen.anchors),
        first_level=tuple(seen.first_level),
        raw_html=tuple(seen.raw_html),
        unknown_callouts=tuple(seen.unknown_callouts),
        _markup=markup,
    )


def render(source: str, *, language: str = "en", resolve: LinkResolver | None = None) -> str:
    """Return sanitised HTML for Markdown text in a language (it names the callouts).

    Raw HTML in the text shows as text. `resolve` is asked for each relative `src` and `href`.
    Headings begin at h2, since the page has the h1, and `#words-of-a-heading` links to it.
    Text beyond MAX_CHARACTERS raises ValueError.
    """
    return draft(source, language=language).html(resolve)


def plain_text(html: str) -> str:
    """Return the words of rendered HTML, for search and mail."""
    return re.sub(r"\s+", " ", nh3.clean(html, tags=set())).strip()


def _clean(html: str, resolve: LinkResolver | None) -> str:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "input" and name == "type" and value != "checkbox":
            return None
        if (tag, name) in (("a", "href"), ("img", "src")):
            return _target(tag, value, resolve)
        if name == "id" and not value.startswith(ID_PREFIX):
            return None
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        attribute_filter=attribute,
        link_rel="noopener noreferrer",
        # A wide table scrolls by itself, so the keyboard must reach it.
        set_tag_attribute_values={"table": {"tabindex": "0"}},
    )


def _target(tag: str, value: str, resolve: LinkResolver | None) -> str | None:
    if value.startswith("#"):
        return f"#{ID_PREFIX}{value[1:]}" if tag == "a" and value[1:] else None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    if parts.scheme or value.startswith(("//", "\\")):
        # Pictures come from here only: another host would learn who reads what.
        return value if tag == "a" and parts.scheme in _SCHEMES else None
    return resolve(value) if resolve is not None else None


def _parser(language: str) -> tuple[Markdown, Seen]:
    markdown = Markdown(
        extensions=[
            "tables",
            "sane_lists",
            "pymdownx.highlight",
            "pymdownx.superfences",
            "pymdownx.tasklist",
            "pymdownx.tilde",
            "pymdownx.betterem",
            "pymdownx.quotes",
        ],
        extension_configs={
            "tables": {"use_align_attribute": True},
            "pymdownx.quotes": {"callouts": True},
            "pymdownx.superfences": {"disable_indented_code_blocks": True},
            "pymdownx.highlight": {"use_pygments": False},
            # "~20 and ~30 km" is no subscript.
            "pymdownx.tilde": {"subscript": False},
        },
        output_format="html",
    )
    markdown.preprocessors.deregister("html_block")
    markdown.inlinePatterns.deregister("html")
    markdown.inlinePatterns.deregister("automail")
    markdown.treeprocessors.deregister("quotes")
    finishing = Finishing(markdown, language)
    # Below 0, when escaped characters are back in the tree.
    markdown.treeprocessors.register(finishing, "belay", -10)
    return markdown, finishing.seen
