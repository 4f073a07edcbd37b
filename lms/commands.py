"""The `lms` command. Each command's work is in the part that it belongs to."""

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run a command; return 0 for fine, 1 for findings, 2 for usage or unreadable input."""
    arguments = sys.argv[1:] if arguments is None else arguments
    print("usage: lms COMMAND", file=sys.stderr)
    return 2
