"""Every page in a real browser, in light and dark, to the right and to the left."""

from typing import Any

import pytest
from sqlalchemy import update

from lms.people.models import Person
from tests.journeys.accessible import ALL_FOUR, ENGLISH_LIGHT, HEBREW_DARK, Mode, faults
from tests.journeys.addresses import ROLES, SIGNED_OUT, account, examples, pages
from tests.journeys.chromium import Window, expect
from tests.journeys.conftest import Open
from tests.journeys.serving import Served

pytestmark = pytest.mark.browser

QUICK = (
    ("trainee", "/"),
    ("trainee", "/track"),
    ("trainee", "/steps/onboarding/first-look-round"),
    ("coach", "/claims"),
    ("trainer", "/board"),
    ("admin", "/people"),
    ("admin", "/people/import"),
    ("admin", "/settings"),
)
TEN = (
    *QUICK,
    ("trainee3", "/steps/onboarding/too-expensive"),
    ("trainer", "/intakes"),
)


def open_as(windows: Open, company: Served, role: str, mode: Mode) -> Window:
    """Open a window as a role's demo account, who has chosen the mode's language."""
    person_id = company.person(account(role))
    with company.database.writing() as session:
        session.execute(update(Person).where(Person.id == person_id).values(language=mode.language))
    return windows(company, person_id, **mode.options)


def walk(window: Window, addresses: list[str], mode: Mode) -> list[str]:
    """Visit addresses; return what is wrong on any of them."""
    found = []
    for address in addresses:
        window.page.goto(address)
        found += [f"{address}: {fault}" for fault in faults(window.page, mode)]
    return found


@pytest.mark.parametrize("mode", [ENGLISH_LIGHT, HEBREW_DARK], ids=str)
def test_the_pages_seen_most_have_no_fault(demo: Served, windows: Open, mode: Mode) -> None:
    found = []
    for role in dict.fromkeys(role for role, _ in QUICK):
        window = open_as(windows, demo, role, mode)
        found += walk(window, [address for who, address in QUICK if who == role], mode)
    assert found == []


@pytest.mark.parametrize("mode", [ENGLISH_LIGHT, HEBREW_DARK], ids=str)
def test_pages_before_signing_in_have_no_fault(demo: Served, windows: Open, mode: Mode) -> None:
    window = windows(demo, **mode.options)
    cookie = {"name": "language", "value": mode.language, "url": demo.url}
    window.context.add_cookies([cookie])
    found = walk(window, list(SIGNED_OUT), mode)

    page = window.page
    page.goto("/login")
    page.locator("form.form button").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    found += [f"a refused sign-in: {fault}" for fault in faults(page, mode)]
    assert found == []


@pytest.mark.parametrize("mode", [ENGLISH_LIGHT, HEBREW_DARK], ids=str)
def test_open_menus_and_refused_forms_have_no_fault(
    fresh_demo: Served, windows: Open, mode: Mode
) -> None:
    page = open_as(windows, fresh_demo, "admin", mode).page
    page.goto("/people/new")
    page.locator(".top-tools details.menu > summary").click()
    found = [f"the open menu: {fault}" for fault in faults(page, mode)]
    page.keyboard.press("Escape")
    page.locator("main form .form-end button").first.click()
    expect(page.locator(".summary")).to_be_visible()
    found += [f"a refused form: {fault}" for fault in faults(page, mode)]
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", ALL_FOUR, ids=str)
def test_ten_chosen_pages_have_no_fault_in_any_light_and_direction(
    demo: Served, windows: Open, mode: Mode
) -> None:
    found = []
    for role in dict.fromkeys(role for role, _ in TEN):
        window = open_as(windows, demo, role, mode)
        found += walk(window, [address for who, address in TEN if who == role], mode)
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", [ENGLISH_LIGHT, HEBREW_DARK], ids=str)
@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_can_open_has_no_fault(
    demo: Served, windows: Open, role: str, mode: Mode
) -> None:
    addresses = pages(demo, role)
    assert len(addresses) > 20, "the crawl found the pages of this role"
    window = open_as(windows, demo, role, mode)
    assert walk(window, addresses, mode) == []


@pytest.mark.slow
@pytest.mark.parametrize("mode", [ENGLISH_LIGHT, HEBREW_DARK], ids=str)
def test_every_step_of_the_starter_curriculum_has_no_fault(
    demo: Served, windows: Open, mode: Mode
) -> None:
    window = open_as(windows, demo, "trainee3", mode)
    window.page.goto("/track")
    links: Any = window.page.locator("main a[href^='/steps/']")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert len(set(addresses)) == examples(demo).steps
    assert walk(window, list(dict.fromkeys(addresses)), mode) == []
