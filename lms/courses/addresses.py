"""Addresses that rendered texts carry: they are written into revisions, so they never change."""


def step_address(course: str, step: str) -> str:
    """Return the address of a step's page, by the slugs of its course and itself."""
    return f"/steps/{course}/{step}"


def medium_address(sha256: str) -> str:
    """Return the address of a picture or video, by its content."""
    return f"/media/{sha256}"
