"""`python -m lms.bench NAME [--json]`: run a benchmark and print what it measured."""

import argparse
import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

BENCHES = {"pages": "lms.bench.pages"}


def main() -> int:
    """Run the named benchmark; return 0, or 2 for an unknown name."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHES))
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=4.0, help="load on each page and round")
    options = parser.parse_args()
    run: Callable[[argparse.Namespace], dict[str, Any]] = import_module(BENCHES[options.name]).run
    result = run(options)
    if options.json:
        print(json.dumps(result))
    else:
        print(json.dumps(result, indent=2), file=sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
