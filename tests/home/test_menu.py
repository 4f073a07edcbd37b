"""The main menu: each role's places, in one order, with the present one marked."""

import re
from typing import Any

import pytest

from lms.app import MENU
from tests.cast import Cast
from tests.courses.tracks import Track

PLACES = {
    "maya": ["Today", "My track", "Calendar", "People"],
    "mei": ["Today", "Claims", "People"],
    "ravi": ["Today", "Claims", "Board", "People"],
    "ines": ["Today", "Claims", "Board", "Intakes", "Courses"],
    "noa": ["Today", "Claims", "Board", "People"],
    "oleg": ["Today", "People"],
    "ada": ["Today", "Intakes", "People", "Settings", "Audit"],
}


def thumb_bar(page: str) -> list[tuple[str, bool]]:
    """Return the names in the bar at the thumb, each with whether it is where one is."""
    bar = page.partition('<nav class="thumb"')[2].partition("</nav>")[0]
    links = re.findall(r"<a ([^>]*)>.*?<span>(.*?)</span></a>", bar)
    return [(name, "aria-current" in attributes) for attributes, name in links]


@pytest.mark.parametrize("name", PLACES)
def test_each_role_has_its_places_at_the_thumb(
    people: Cast, track: Track, browser: Any, name: str
) -> None:
    bar = thumb_bar(browser(getattr(people, name)).get("/").get_data(as_text=True))
    assert [place for place, _current in bar] == PLACES[name]
    assert [place for place, current in bar if current] == ["Today"]


@pytest.mark.parametrize(
    ("name", "address", "place"),
    [
        ("maya", "/steps/onboarding/orders", "My track"),
        ("maya", "/calendar", "Calendar"),
        ("ada", "/settings/sites/new", "Settings"),
        ("ada", "/people/new", "People"),
        ("ines", "/intakes/new", "Intakes"),
    ],
)
def test_a_page_below_a_place_marks_it(
    people: Cast, track: Track, browser: Any, name: str, address: str, place: str
) -> None:
    response = browser(getattr(people, name)).get(address)
    assert response.status_code == 200
    bar = thumb_bar(response.get_data(as_text=True))
    assert [shown for shown, current in bar if current] == [place]


def test_every_place_is_a_page(app: Any) -> None:
    assert [entry.endpoint for entry in MENU if entry.endpoint not in app.view_functions] == []
