"""Addresses that no page of ours makes: whatever stands in them, the answer is never a 500."""

from datetime import timedelta

import pytest
from werkzeug.routing.converters import AnyConverter

from lms.core.clock import FixedClock
from tests.conftest import MONDAY
from tests.security.conftest import World
from tests.test_routes import address, rules

ODD_VALUES = (
    "-1",
    "1e9",
    "999999999",
    str(2**31),
    str(2**63),
    "9" * 400,
    "%EF%BC%99",
    "a%00b",
    "%FF%FE",
    "%ED%A0%80",
    "%F0%9F%98%80",
    "%E2%80%AEevil",
    "<script>alert(1)</script>",
    "'; DROP TABLE person; --",
    "((((((a%2B)%2B)%2B%24%5B%5C",
    "%7B%7B7*7%7D%7D%25s%25(x)s",
    "9999-12-31",
    "0001-01-01",
    "x" * 3000,
)
FEW = (str(2**63), "a%00b", "9999-12-31", "((((((a%2B)%2B)%2B%24%5B%5C")
"""What has broken something before; the others are sent in the long run."""
NAMES = (
    "above", "admin", "after", "asked", "below", "coach", "department", "earlier", "intake",
    "name", "next", "page", "person", "q", "role", "season", "show", "since", "site", "sort",
    "state", "then", "track", "until", "verb", "week", "who", "year",
)  # fmt: skip
"""The names that pages read from a query."""


def send(world: World, who: str, odd_values: tuple[str, ...]) -> list[tuple[str, str, int]]:
    """Ask for every page with each value under every name; return what broke."""
    reader = world.browser(who)
    broken = []
    for rule, method in rules(world.app):
        if method != "GET":
            continue
        url = address(world.app, rule, world.samples)
        for odd in odd_values:
            query = "&".join(f"{name}={odd}&{name}=2&{name}[]=3" for name in NAMES)
            with reader.get(f"{url}?{query}") as answer:
                if answer.status_code >= 500:
                    broken.append((rule.rule, odd[:40], answer.status_code))
    return broken


def test_no_query_breaks_a_page(world: World) -> None:
    assert send(world, "ada", FEW) == []


def test_no_query_breaks_a_page_of_a_trainee(postgres_world: World) -> None:
    assert send(postgres_world, "maya", FEW[:2]) == []


@pytest.mark.slow
@pytest.mark.parametrize("who", ["ada", "ines", "noa", "ravi", "maya"])
def test_no_odd_query_of_many_breaks_a_page(world: World, who: str) -> None:
    assert send(world, who, ODD_VALUES) == []


def odd_addresses(world: World, odd_values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return every rule's method and address with each value in the place of each name."""
    found = []
    for rule, method in rules(world.app):
        for name in rule.arguments:
            if isinstance(rule._converters[name], AnyConverter):
                continue
            marked = {**world.samples, name: 7000007}
            template = address(world.app, rule, marked)
            found += [(method, template.replace("7000007", odd)) for odd in odd_values]
    return found


@pytest.mark.parametrize("days", [-1, 3650])
def test_a_clock_that_jumps_breaks_no_page(
    small_world: World, clock: FixedClock, days: int
) -> None:
    readers = [small_world.browser(who) for who in ("ada", "maya")]
    clock.moment = MONDAY + timedelta(days=days)
    # A day later everybody has to sign in again, and can.
    readers += [small_world.browser(who) for who in ("ada", "maya")]
    for reader in readers:
        for rule, method in rules(small_world.app):
            if method == "GET":
                with reader.get(address(small_world.app, rule, small_world.samples)) as answer:
                    assert answer.status_code < 500, rule.rule


PATH_VALUES = (
    *FEW[:2],
    str(2**31),
    "-1",
    "%F0%9F%98%80",
    "%FF%FE",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e",
    "x" * 3000,
)


def test_no_name_in_an_address_breaks_a_page(postgres_world: World) -> None:
    assert broken_by(postgres_world, "ada", PATH_VALUES) == []


def test_no_name_in_an_address_breaks_a_page_for_a_stranger(small_world: World) -> None:
    assert broken_by(small_world, None, PATH_VALUES[:3]) == []


def broken_by(
    world: World, who: str | None, odd_values: tuple[str, ...]
) -> list[tuple[str, str, int]]:
    """Ask for every address with each value in the place of each name; return what broke."""
    reader = world.browser(who)
    broken = []
    for method, url in odd_addresses(world, odd_values):
        answer = reader.get(url) if method == "GET" else reader.submit(url)
        with answer:
            if answer.status_code >= 500:
                broken.append((method, url[:80], answer.status_code))
    return broken


def test_a_number_beyond_all_rows_is_not_found(small_world: World) -> None:
    reader = small_world.browser("ada")
    assert reader.get(f"/people/{2**31 - 1}").status_code == 404
    assert reader.get(f"/people/{2**63}").status_code == 404


def test_a_folder_above_is_out_of_reach(small_world: World) -> None:
    reader = small_world.browser("ada")
    for path in ("/static/../wsgi.py", "/static/%2e%2e/wsgi.py", "/static/..%2fwsgi.py"):
        with reader.get(path) as answer:
            assert answer.status_code == 404
            assert b"create_app" not in answer.data
