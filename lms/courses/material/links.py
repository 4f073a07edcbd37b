"""What a text points to: pictures and other steps, found, or noted with their line."""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from lms.core import markdown
from lms.core.markdown import Draft
from lms.courses.addresses import medium_address, step_address
from lms.courses.material.folder import MEDIA, TRANSLATIONS, Findings, TextFile
from lms.courses.material.media import is_picture
from lms.courses.material.source import Medium

MAX_TOLD = 50
"""Problems of one sort that are told about one text."""
_SCHEMES = ("http", "https", "mailto", "tel")
_LANGUAGE = re.compile(rf"\.(?:{'|'.join(TRANSLATIONS)})(?=\.md$)")


@dataclass
class Targets:
    """What can be pointed to in a course."""

    course: str
    steps: Mapping[str, str]
    """Slug of each step by its path."""
    media: Mapping[str, Medium]
    used: set[str] = field(default_factory=set)
    """Paths of the media that something shows."""


@dataclass(frozen=True)
class Rendered:
    """A text as HTML, and the media that it shows."""

    html: str
    media: tuple[Medium, ...]


def render(file: TextFile, targets: Targets, findings: Findings) -> Rendered:
    """Return a file's body as HTML; note what the format refuses and what leads nowhere."""
    document = file.document
    if not document.body.strip():
        findings.add(file.path, document.body_line, "the body is empty")
    draft = markdown.draft(document.body, language=file.language or "en")
    text = _Text(file, targets, findings, draft)
    text.check()
    return Rendered(draft.html(text.address), text.media())


class _Text:
    def __init__(self, file: TextFile, targets: Targets, findings: Findings, draft: Draft) -> None:
        self._file = file
        self._folder = posixpath.dirname(file.path)
        self._targets = targets
        self._findings = findings
        self._draft = draft
        self._body = file.document.body.lower()
        self._searched: dict[str, int] = {}
        self._media: dict[str, Medium] = {}

    def media(self) -> tuple[Medium, ...]:
        return tuple(self._media.values())

    def address(self, target: str) -> str | None:
        """Return the address of a relative target, or None when there is nothing."""
        path = self._path(target)
        if path in self._targets.media:
            medium = self._targets.media[path]
            self._media[path] = medium
            self._targets.used.add(path)
            return medium_address(medium.sha256)
        slug = self._targets.steps.get(_LANGUAGE.sub("", path))
        return step_address(self._targets.course, slug) if slug else None

    def check(self) -> None:
        draft = self._draft
        for html in draft.raw_html[:MAX_TOLD]:
            self._wrong(html, f"raw HTML is refused: {html[:60]}")
        for words in draft.first_level[:MAX_TOLD]:
            self._wrong(words, "headings begin at ##: the page has the title as #")
        for kind in draft.unknown_callouts[:MAX_TOLD]:
            known = ", ".join(name.upper() for name in markdown.CALLOUTS)
            self._wrong(f"[!{kind}", f"unknown callout {kind.upper()}: use {known}")
        for picture in draft.pictures[:MAX_TOLD]:
            if wrong := self._wrong_picture(picture):
                self._wrong(picture.target, wrong)
        for target in draft.links[:MAX_TOLD]:
            if wrong := self._wrong_link(target):
                self._wrong(f"]({target or ')'}", wrong)

    def _wrong_picture(self, picture: markdown.Picture) -> str | None:
        if not picture.alternative.strip():
            return "a picture needs alternative text: ![what it shows](…)"
        path = self._path(picture.target)
        if not path.startswith(f"{MEDIA}/"):
            return f"a picture lies in media/: {picture.target}"
        if path not in self._targets.media:
            return f"{path} is not there"
        return None if is_picture(path) else f"{path} is no picture; a video has a watch step"

    def _wrong_link(self, target: str) -> str | None:
        if not target:
            return "a link without a target"
        if target.startswith("#"):
            known = target[1:] in self._draft.anchors
            return None if known else f"no heading here is called {target}"
        try:
            parts = urlsplit(target)
        except ValueError:
            return f"not an address: {target}"
        if parts.scheme:
            return None if parts.scheme in _SCHEMES else f"this kind of link is refused: {target}"
        path = self._path(target)
        if parts.fragment or parts.query:
            return f"a link leads to a whole step: {target}"
        if path.startswith(f"{MEDIA}/"):
            return None if path in self._targets.media else f"{path} is not there"
        if _LANGUAGE.sub("", path) in self._targets.steps:
            return None
        return f"the link leads nowhere: {target}"

    def _path(self, target: str) -> str:
        """Return a relative target as a path in the course's folder.

        `media/…` is meant from the course's folder, `../media/…` works on a code host too.
        """
        target = unquote(target)
        if target.startswith(f"{MEDIA}/"):
            return posixpath.normpath(target)
        return posixpath.normpath(posixpath.join(self._folder, target))

    def _wrong(self, needle: str, message: str) -> None:
        """Note a problem at the next line of the body that has the needle."""
        document = self._file.document
        needle = needle.lower()
        start = self._searched.get(needle, 0)
        found = self._body.find(needle, start)
        if found < 0:
            found = max(self._body.find(needle.removeprefix("](")), 0)
        else:
            self._searched[needle] = found + len(needle)
        line = self._body.count("\n", 0, found)
        self._findings.add(self._file.path, document.body_line + line, message)
