"""A real Chromium, and what may go wrong in a page without anybody noticing."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn

import pytest

try:
    from playwright.sync_api import expect, sync_playwright
except ImportError:  # a laptop without the development packages
    expect = sync_playwright = None

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--lang=en-GB",
]
DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 15_000
if expect is not None:
    expect.set_options(timeout=PATIENCE_MS)

__all__ = ["DESK", "PHONE", "Watch", "Window", "expect", "launched"]


def program() -> str | None:
    """Return the machine's Chromium, or None."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def do_without(what: str) -> NoReturn:
    """Skip on a laptop; in CI a browser that is missing is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must run the browser tests")
    pytest.skip(f"{what} is missing; the browser tests need it")


@contextmanager
def launched() -> Iterator[Any]:
    """A running Chromium; skips or fails where there is none."""
    path = program()
    if sync_playwright is None:
        do_without("playwright")
    if path is None:
        do_without("Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Watch:
    """Listens to all pages of a window and remembers what should never happen."""

    def __init__(self, home: str) -> None:
        self.home = home
        self.complaints: list[str] = []
        self.replies: list[Any] = []

    def listen(self, context: Any) -> None:
        """Begin to listen."""
        context.on("console", self._said)
        context.on("weberror", lambda error: self._complain(f"script error: {error.error}"))
        context.on("request", self._asked)
        context.on("response", self._replied)

    def _complain(self, text: str) -> None:
        self.complaints.append(text)

    def _said(self, message: Any) -> None:
        # That a page answered 404 or 422 on purpose is said in the console as well.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._complain(f"console: {message.text}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:", "blob:")):
            self._complain(f"asked elsewhere: {request.url}")

    def _replied(self, response: Any) -> None:
        self.replies.append(response)
        if response.status >= 400 and response.request.resource_type != "document":
            self._complain(f"{response.status} for {response.url}")


class Window:
    """One person's browser window: `page` is its first tab."""

    def __init__(self, browser: Any, home: str, **options: Any) -> None:
        chosen = {"viewport": DESK, "locale": "en-GB", "reduced_motion": "reduce", **options}
        self.context = browser.new_context(base_url=home, **chosen)
        self.context.set_default_timeout(PATIENCE_MS)
        self.watch = Watch(home)
        self.watch.listen(self.context)
        self.page = self.context.new_page()

    def take_pictures(self, folder: Path) -> None:
        """Keep what every tab shows, for whoever reads why a test failed."""
        for number, page in enumerate(self.context.pages):
            with suppress(Exception):  # a page that hangs must not hide the failure itself
                name = f"{id(self.context) % 10_000}-{number}.png"
                page.screenshot(path=folder / name, full_page=True, timeout=5000)

    def close(self) -> None:
        """Close every tab and forget the cookies."""
        self.context.close()
