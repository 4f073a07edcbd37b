"""Reading pages in tests: their text without markup, and the addresses they lead to."""

import re
from html import unescape


def words(html: str) -> str:
    """Return what stands in the main part of a page, on one line."""
    main = html.partition("<main")[2].partition("</main>")[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<{main}")).split())


def addresses(html: str) -> set[str]:
    """Return the addresses of our own that a page links to, without fragments."""
    found = (unescape(href) for href in re.findall(r'<a [^>]*href="([^"]+)"', html))
    return {href.partition("#")[0] for href in found if href.startswith("/")}
