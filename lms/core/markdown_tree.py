"""The last pass over a parsed Markdown text: headings, callouts, dialogues, and what it points to.

Runs before the sanitiser, so nothing here is trusted; it only names things.
"""

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from markdown import Markdown
from markdown.treeprocessors import Treeprocessor

ID_PREFIX = "part-"
"""Keeps the ids of headings apart from those of the page around them."""

CALLOUTS = ("tip", "note", "warning", "important")
_CALLOUT_TITLES = {
    "en": {"tip": "Tip", "note": "Note", "warning": "Careful", "important": "Important"},
    "zh": {"tip": "提示", "note": "说明", "warning": "注意", "important": "重要"},
    "ru": {"tip": "Совет", "note": "Заметка", "warning": "Осторожно", "important": "Важно"},
    "he": {"tip": "טיפ", "note": "הערה", "warning": "זהירות", "important": "חשוב"},
}
_HTML = re.compile(r"</?[A-Za-z][^<>]{0,500}>|<!--|<\?|<![A-Z\[]")
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_COLONS = (":", "：")


@dataclass(frozen=True)
class Picture:
    """A picture's target and its alternative text."""

    target: str
    alternative: str


@dataclass
class Seen:
    """What a text contains that a checker asks about."""

    links: list[str] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    anchors: dict[str, int] = field(default_factory=dict)
    first_level: list[str] = field(default_factory=list)
    raw_html: list[str] = field(default_factory=list)
    unknown_callouts: list[str] = field(default_factory=list)


class Finishing(Treeprocessor):
    """Gives headings ids, block quotes their meaning, and notes links and pictures in `seen`."""

    def __init__(self, markdown: Markdown, language: str) -> None:
        super().__init__(markdown)
        self.seen = Seen()
        self._titles = _CALLOUT_TITLES.get(language, _CALLOUT_TITLES["en"])

    def run(self, root: Element) -> None:
        """Change the tree in place."""
        for element in root.iter():
            self._note_html(element)
            if element.tag in _HEADINGS:
                self._heading(element)
            elif element.tag == "blockquote":
                self._quote(element)
            elif element.tag == "a":
                self.seen.links.append(element.get("href", ""))
            elif element.tag == "img":
                element.set("loading", "lazy")
                self.seen.pictures.append(Picture(element.get("src", ""), element.get("alt", "")))
            elif element.tag == "th":
                element.set("scope", "col")

    def _note_html(self, element: Element) -> None:
        own = element.text if element.tag not in ("code", "pre") else None
        for text in (own, element.tail):
            if text and "<" in text:
                self.seen.raw_html.extend(_HTML.findall(text))

    def _heading(self, heading: Element) -> None:
        words = "".join(heading.itertext()).strip()
        if heading.tag == "h1":
            self.seen.first_level.append(words)
            heading.tag = "h2"
        anchor = re.sub(r"[^\w]+", "-", words.lower()).strip("-")[:60] or "part"
        anchors = self.seen.anchors
        count = anchors[anchor] = anchors.get(anchor, 0) + 1
        while count > 1 and f"{anchor}-{count}" in anchors:
            count += 1
        if count > 1:
            anchors[anchor] = count
            anchor = f"{anchor}-{count}"
            anchors[anchor] = 1
        heading.set("id", ID_PREFIX + anchor)

    def _quote(self, quote: Element) -> None:
        kind = quote.attrib.pop("data-alert", "")
        quote.attrib.pop("data-alert-collapse", "")
        if kind:
            self._callout(quote, kind)
        elif _is_dialogue(quote):
            quote.set("class", "dialogue")

    def _callout(self, quote: Element, kind: str) -> None:
        if kind not in CALLOUTS:
            self.seen.unknown_callouts.append(kind)
        style = kind if kind in CALLOUTS else "note"
        quote.tag = "div"
        quote.set("class", f"callout callout-{style}")
        title = quote.find("p")
        if title is not None:
            title.set("class", "callout-title")
            if title.text == kind.title() and kind in CALLOUTS:
                title.text = self._titles[kind]


def _is_dialogue(quote: Element) -> bool:
    """Whether the quote begins with a bold name and a colon, inside the bold or right after."""
    first = quote.find("p")
    if first is None or (first.text or "").strip() or len(first) == 0 or first[0].tag != "strong":
        return False
    name = "".join(first[0].itertext()).rstrip()
    return name.endswith(_COLONS) or (first[0].tail or "").lstrip().startswith(_COLONS)
