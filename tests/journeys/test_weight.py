"""How much a first visit weighs, from where it comes, and what works without JavaScript."""

import gzip
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest

from lms.demo.seed import PASSWORD
from tests.journeys.addresses import ROLES, SIGNED_OUT, account, pages
from tests.journeys.chromium import PHONE, Window, expect
from tests.journeys.conftest import Open
from tests.journeys.serving import Served

pytestmark = pytest.mark.browser

MOST = 100_000
"""Bytes of a first load, as a server with compression sends them."""
PRESSED_ALREADY = (".woff2", ".png", ".jpg", ".webp", ".mp4")
OF_PEOPLE = ("/photo/", "/media/", "/claims/photo/")
"""Content, which does not count: pictures and videos that people put in."""
QUICK = (
    ("trainee", "/"),
    ("trainee", "/track"),
    ("trainee", "/steps/onboarding/first-look-round"),
    ("coach", "/claims"),
    ("trainer", "/board"),
    ("manager", "/"),
    ("admin", "/people"),
    ("admin", "/audit"),
)


def weight(replies: Iterable[Any]) -> dict[str, int]:
    """Return the bytes of each thing that was loaded, compressed where that is done."""
    found = {}
    for reply in replies:
        path = urlsplit(reply.url).path
        if reply.url.startswith("data:") or path.startswith(OF_PEOPLE):
            continue
        body = reply.body()
        pressed = path.endswith(PRESSED_ALREADY)
        found[path] = len(body) if pressed else len(gzip.compress(body, 6, mtime=0))
    return found


def first_load(window: Window, address: str) -> dict[str, int]:
    """Open an address with nothing kept from before; return what each part of it weighs."""
    tab = window.context.new_page()
    # Every page alone must be light: a browser that kept the style sheet would hide half of it.
    session = window.context.new_cdp_session(tab)
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    window.watch.replies.clear()
    tab.goto(address, wait_until="load")
    tab.evaluate("document.fonts.ready")
    found = weight(window.watch.replies)
    tab.close()
    return found


def too_heavy(window: Window, addresses: Iterable[str]) -> list[str]:
    """Return the addresses whose first load is beyond the limit, with their parts."""
    found = []
    for address in addresses:
        parts = first_load(window, address)
        assert len(parts) >= 4, f"{address}: page, style, script and letters were seen: {parts}"
        if sum(parts.values()) > MOST:
            found.append(f"{address}: {sum(parts.values())} bytes: {parts}")
    return found


@pytest.mark.parametrize("address", SIGNED_OUT)
def test_pages_before_signing_in_are_light(demo: Served, windows: Open, address: str) -> None:
    assert too_heavy(windows(demo), [address]) == []


@pytest.mark.parametrize(("role", "address"), QUICK)
def test_the_pages_seen_most_are_light(
    demo: Served, windows: Open, role: str, address: str
) -> None:
    assert too_heavy(windows(demo, demo.person(account(role))), [address]) == []


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_every_page_that_a_role_can_open_is_light(demo: Served, windows: Open, role: str) -> None:
    addresses = pages(demo, role)
    assert len(addresses) > 20
    assert too_heavy(windows(demo, demo.person(account(role))), addresses) == []


@pytest.mark.slow
@pytest.mark.parametrize("language", ["zh", "ru", "he"])
def test_other_scripts_are_light_too(demo: Served, windows: Open, language: str) -> None:
    window = windows(demo, viewport=PHONE)
    page = window.page
    page.goto("/login")
    page.get_by_role(
        "button", name={"zh": "简体中文", "ru": "Русский", "he": "עברית"}[language]
    ).click()
    assert page.locator("html").get_attribute("lang") == language
    assert too_heavy(window, ["/login"]) == []


def test_without_javascript_a_trainee_signs_in_reads_and_claims(
    fresh_demo: Served, windows: Open
) -> None:
    page = windows(fresh_demo, java_script_enabled=False).page
    page.goto("/")
    page.get_by_label("E-mail").fill(account("trainee"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.locator(".hero-action a").click()
    page.get_by_label("What did you do").fill("The note is written now.")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")

    page.goto("/")
    page.locator(".hero-action a").click()
    page.get_by_role("button", name="I have read this").click()
    expect(page.get_by_role("status").first).to_contain_text("Done:")
    page.get_by_role("button", name="Very easy").click()
    expect(page.get_by_role("status").first).to_contain_text("Thank you")

    page.locator(".top-tools details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()


def test_without_javascript_a_coach_decides_and_a_refused_form_keeps_its_text(
    fresh_demo: Served, windows: Open
) -> None:
    coach = fresh_demo.person(account("coach"))
    page = windows(fresh_demo, coach, java_script_enabled=False).page
    page.goto("/claims")
    page.get_by_role("link", name="Look at it").first.click()
    back = page.locator("#not-yet")
    back.get_by_label("Not yet, because").fill("The note is missing.")
    back.locator("input[type=date]").fill("2027-11-18")
    back.get_by_role("button", name="Not yet").click()
    expect(page.locator(".summary")).to_be_visible()
    expect(back.get_by_label("Not yet, because")).to_have_value("The note is missing.")
    back.locator("input[type=date]").fill("2026-11-19")
    back.get_by_role("button", name="Not yet").click()
    expect(page.get_by_role("status").first).to_contain_text("Sent back.")
