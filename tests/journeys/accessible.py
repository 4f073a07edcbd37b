"""What must hold on every page: axe finds nothing, nothing sticks out, the page says its tongue."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from lms.core.i18n import direction
from tests.journeys.chromium import DESK, PHONE

RULES = {"rules": {"target-size": {"enabled": True}}}
"""WCAG 2.2 asks for it, axe leaves it out unless told."""


@dataclass(frozen=True)
class Mode:
    """A way to look at pages."""

    language: str
    dark: bool
    width: str

    @property
    def options(self) -> dict[str, Any]:
        """Return how to open a window for this mode."""
        return {
            "viewport": DESK if self.width == "desk" else PHONE,
            "color_scheme": "dark" if self.dark else "light",
        }

    def __str__(self) -> str:
        return f"{self.language}-{'dark' if self.dark else 'light'}-{self.width}"


ENGLISH_LIGHT = Mode("en", dark=False, width="desk")
HEBREW_DARK = Mode("he", dark=True, width="phone")
ALL_FOUR = (
    ENGLISH_LIGHT,
    HEBREW_DARK,
    Mode("en", dark=True, width="phone"),
    Mode("he", dark=False, width="desk"),
)


@cache
def _axe() -> Any:
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def faults(page: Any, mode: Mode) -> list[str]:
    """Return what is wrong with the page that is open, in words; ideally nothing."""
    return [*_frame_faults(page, mode), *_overflow(page), *_axe_faults(page)]


def _frame_faults(page: Any, mode: Mode) -> list[str]:
    html = page.locator("html")
    said = (html.get_attribute("lang"), html.get_attribute("dir"))
    wanted = (mode.language, direction(mode.language))
    return [] if said == wanted else [f"html says {said}, not {wanted}"]


def _overflow(page: Any) -> list[str]:
    widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    return [] if widths[0] <= widths[1] else [f"{widths[0]} px wide in a window of {widths[1]}"]


def _axe_faults(page: Any) -> list[str]:
    found = _axe().run(page, options=RULES).response["violations"]
    return [
        f"axe {one['id']} ({one['impact']}): {node['html'][:200]}"
        for one in found
        for node in one["nodes"][:3]
    ]
