"""Every form that pages show, read from their HTML as a browser would, and filled in plausibly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient

TYPED = ("text", "email", "search", "password", "textarea", "tel", "url")


@dataclass
class Field:
    """One field as the page shows it; `value` is what a browser would send, None for nothing."""

    name: str
    kind: str
    value: str | None = ""
    options: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form: where it goes and what it would send."""

    page: str
    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    def values(self) -> dict[str, Any]:
        """Return what a browser sends when a person has filled in what is empty."""
        found: dict[str, Any] = {}
        for one in self.fields:
            value = filled(one)
            if value is not None and one.kind != "file":
                found.setdefault(one.name, []).append(value)
        return found

    def typed(self) -> list[str]:
        """Return the names of the fields that take any text."""
        return list(dict.fromkeys(one.name for one in self.fields if one.kind in TYPED))

    def names(self) -> set[str]:
        """Return the names of all fields."""
        return {one.name for one in self.fields}


@dataclass
class Shown:
    """A form and who of the cast sees it."""

    who: str
    form: Form


USUAL = {
    "email": "new.person@northfold.test",
    "password": "a long and quiet sentence",
    "current": "correct horse battery",
    "time_zone": "Europe/Berlin",
    "lines": "2026-12-25 Winter festival",
    "list-lines": "2026-12-25 Winter festival",
    "days": "2",
    "at_time": "10:00",
}


def filled(one: Field) -> str | None:
    """Return a field's value, or a plausible one where the page leaves it empty."""
    if one.kind in ("checkbox", "radio", "file", "hidden") or one.value:
        return one.value
    if one.kind == "select":
        return one.value if one.value is not None else (one.options or [""])[0]
    if one.name in USUAL:
        return USUAL[one.name]
    return {
        "date": "2026-03-04",
        "time": "10:00",
        "number": "2",
        "email": "new.person@northfold.test",
    }.get(one.kind, "Some words")


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.page = page
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self._form: Form | None = None
        self._select: Field | None = None
        self._area: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            action = urljoin(self.page, given.get("action", ""))
            self._form = Form(self.page, action, given.get("method", "get").lower())
            self.forms.append(self._form)
            if "id" in given:
                self.by_id[given["id"]] = self._form
            return
        form = self.by_id.get(given["form"]) if "form" in given else self._form
        if tag == "option" and self._select is not None:
            self._select.options.append(given.get("value", ""))
            if "selected" in given or self._select.value is None:
                self._select.value = given.get("value", "")
        if form is None or not given.get("name"):
            return
        if tag == "input":
            kind = given.get("type", "text")
            value: str | None = given.get("value", "")
            if kind in ("checkbox", "radio") and "checked" not in given:
                value = None
            form.fields.append(Field(given["name"], kind, value))
        elif tag == "select":
            self._select = Field(given["name"], "select", None)
            form.fields.append(self._select)
        elif tag == "textarea":
            self._area = Field(given["name"], "textarea", "")
            form.fields.append(self._area)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea" and self._area is not None:
            # A browser drops the line break that follows the tag.
            self._area.value = re.sub(r"^\r?\n", "", self._area.value or "")
            self._area = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._area.value = (self._area.value or "") + data


def forms_of(page: str, html: str) -> list[Form]:
    """Return the forms of a page that change something."""
    reader = _Reader(page)
    reader.feed(html)
    return [form for form in reader.forms if form.method == "post"]


LINK = re.compile(r'href="(/[^"#]*)"')
LEFT_OUT = re.compile(r"/static/|/logout|\.(csv|xlsx|ics|json)|/photo/|/media/|/logo")


def walk(client: FlaskClient, start: list[str], *, most: int = 400) -> Iterator[tuple[str, str]]:
    """Give each page that links lead to from some addresses, once for each kind of address."""
    waiting, seen, shapes = list(start), set(), set()
    while waiting and most:
        url = waiting.pop(0)
        shape = re.sub(r"\d+|[0-9a-f]{64}", "0", urlsplit(url).path)
        if url in seen or shape in shapes:
            continue
        seen.add(url)
        most -= 1
        with client.get(url) as answer:
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            html = answer.get_data(as_text=True)
        shapes.add(shape)
        yield url, html
        waiting += [
            link.replace("&amp;", "&") for link in LINK.findall(html) if not LEFT_OUT.search(link)
        ]


def shown_forms(app: Flask, readers: dict[str, FlaskClient], start: list[str]) -> dict[str, Shown]:
    """Return a form for each endpoint that changes something, and who sees it."""
    found: dict[str, Shown] = {}
    adapter = app.url_map.bind("localhost")
    for who, reader in readers.items():
        for url, html in walk(reader, start):
            for form in forms_of(url, html):
                if not adapter.test(submitted(form.action), method="POST"):
                    # Its buttons say where it goes, or another form does.
                    continue
                endpoint = adapter.match(submitted(form.action), method="POST")[0]
                found.setdefault(str(endpoint), Shown(who, form))
    return found


def submitted(url: str) -> str:
    """Return an address without its query."""
    return urlsplit(url).path
