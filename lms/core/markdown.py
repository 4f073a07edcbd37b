"""Markdown to safe HTML. The one sanitiser: nothing a person wrote reaches a page around it.

Rendered when a revision is made, never when a page is read.
"""

import re
from collections.abc import Callable
from functools import cache
from urllib.parse import urlsplit

import nh3
from markdown import Markdown

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
    "div": {"callout", "callout-tip", "callout-note", "callout-warning", "callout-important"},
    "p": {"callout-title"},
    "ul": {"task-list"},
    "li": {"task-list-item"},
}
_SCHEMES = {"http", "https", "mailto", "tel"}
_CALLOUT = re.compile(
    r'<div class="admonition (tip|note|warning|important)">\n<p class="admonition-title">\w+</p>'
)
_CALLOUT_TITLES = {
    "en": {"tip": "Tip", "note": "Note", "warning": "Careful", "important": "Important"},
    "zh": {"tip": "提示", "note": "说明", "warning": "注意", "important": "重要"},
    "ru": {"tip": "Совет", "note": "Заметка", "warning": "Осторожно", "important": "Важно"},
    "he": {"tip": "טיפ", "note": "הערה", "warning": "זהירות", "important": "חשוב"},
}

LinkResolver = Callable[[str], str | None]
"""Turns a picture's or link's target into an address; None drops the attribute."""


def render(source: str, *, language: str = "en", resolve: LinkResolver | None = None) -> str:
    """Return sanitised HTML for Markdown text in a language (it names the callouts).

    Raw HTML in the text shows as text. `resolve` is asked for each relative `src` and `href`.
    Headings begin at h2, since the page has the h1. Text beyond MAX_CHARACTERS raises ValueError.
    """
    if len(source) > MAX_CHARACTERS:
        raise ValueError("text too long")
    markdown = _markdown()
    markdown.reset()
    titles = _CALLOUT_TITLES.get(language, _CALLOUT_TITLES["en"])
    html = _CALLOUT.sub(
        lambda match: (
            f'<div class="callout callout-{match[1]}">'
            f'<p class="callout-title">{titles[match[1]]}</p>'
        ),
        markdown.convert(source),
    )
    return _clean(html, resolve)


def plain_text(html: str) -> str:
    """Return the words of rendered HTML, for search and mail."""
    return re.sub(r"\s+", " ", nh3.clean(html, tags=set())).strip()


def _clean(html: str, resolve: LinkResolver | None) -> str:
    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "input" and name == "type" and value != "checkbox":
            return None
        if (tag, name) in (("a", "href"), ("img", "src")):
            return _target(tag, value, resolve)
        return value

    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        allowed_classes=_CLASSES,
        url_schemes=_SCHEMES,
        attribute_filter=attribute,
        link_rel="noopener noreferrer",
    )


def _target(tag: str, value: str, resolve: LinkResolver | None) -> str | None:
    parts = urlsplit(value)
    if parts.scheme or value.startswith("//"):
        # Pictures come from here only: another host would learn who reads what.
        return value if tag == "a" and parts.scheme in _SCHEMES else None
    if value.startswith("#") and tag == "a":
        return value
    return resolve(value) if resolve is not None else None


@cache
def _markdown() -> Markdown:
    markdown = Markdown(
        extensions=[
            "tables",
            "sane_lists",
            "def_list",
            "pymdownx.superfences",
            "pymdownx.tasklist",
            "pymdownx.tilde",
            "pymdownx.caret",
            "pymdownx.mark",
            "pymdownx.betterem",
            "pymdownx.quotes",
        ],
        extension_configs={
            "pymdownx.quotes": {"callouts": True},
            "pymdownx.superfences": {"disable_indented_code_blocks": True},
        },
        output_format="html",
    )
    markdown.preprocessors.deregister("html_block")
    markdown.inlinePatterns.deregister("html")
    return markdown
