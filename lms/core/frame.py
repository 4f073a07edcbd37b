"""The head and foot around every page, kept in the process for each person and place.

They cost more than most pages' own part, and for one person at one place they stay the same but
for the token and the one-use keys of their forms, which are put in anew each time.
"""

import re
from collections.abc import Callable, Hashable
from typing import Any

from flask import render_template
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from lms.core import web
from lms.core.shelf import Shelf

_TOKEN = "\x00token\x00"  # noqa: S105 - a place for one, not a token
_KEY = re.compile(r'name="_key" value="[^"]*"')
_KEY_PLACE = 'name="_key" value="\x00key\x00"'

_frames: Shelf[str] = Shelf(500)


def frame(part: str, key: Hashable, context: Callable[[], dict[str, Any]]) -> Markup:
    """Return a part of the frame (`top` or `bottom`) with this request's token and new keys.

    `key` names everything that `context` and the template depend on.
    """
    kept = _frames.get((part, key), lambda: _draw(part, context()))
    html = kept.replace(_TOKEN, generate_csrf())
    while "\x00key\x00" in html:
        html = html.replace("\x00key\x00", web.form_key(), 1)
    return Markup(html)  # noqa: S704 - drawn by our own template, which escapes


def _draw(part: str, context: dict[str, Any]) -> str:
    html = render_template(f"parts/frame_{part}.html", **context)
    return _KEY.sub(_KEY_PLACE, html.replace(generate_csrf(), _TOKEN))
