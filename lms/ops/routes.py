"""`lms routes`: every address, with the permission that it asks for. Reads no database."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from lms.app import create_app
from lms.core.config import Config
from lms.core.permissions import permission_of


@dataclass(frozen=True)
class Route:
    """One address of the application."""

    rule: str
    methods: list[str]
    endpoint: str
    permission: str


def run(arguments: Sequence[str]) -> int:
    """List the addresses, as text or JSON."""
    parser = argparse.ArgumentParser(prog="lms routes", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON list")
    options = parser.parse_args(arguments)
    found = routes()
    if options.json:
        print(json.dumps([asdict(route) for route in found], indent=1))
        return 0
    for route in found:
        methods = ",".join(route.methods)
        print(f"{methods:<10} {route.rule:<60} {route.permission:<18} {route.endpoint}")
    return 0


def routes() -> list[Route]:
    """Return every address in a steady order."""
    app = create_app(Config.nowhere())
    found = []
    for rule in app.url_map.iter_rules():
        permission = permission_of(app.view_functions[rule.endpoint])
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        # The factory refuses a route without a permission.
        found.append(
            Route(rule.rule, methods, rule.endpoint, permission.value if permission else "")
        )
    return sorted(found, key=lambda route: (route.rule, route.methods))
