"""Sending kept files: private, told by type, in parts where asked. The caller has authorised."""

from flask import Response, send_file

from lms.core import web
from lms.core.errors import NotFound
from lms.core.files import path_of
from lms.courses.lessons.queries import File

_SHOWN = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm")
"""Types that a browser may show in place; anything else is only ever saved."""


def send_kept(file: File) -> Response:
    """Send a kept file, or the range of it that was asked for.

    Browsers may keep it for this person but ask again each time, since access can end.
    """
    path = path_of(web.belay().config.files_dir, file.sha256)
    if not path.is_file():
        raise NotFound
    shown = file.media_type in _SHOWN
    response = send_file(
        path,
        mimetype=file.media_type if shown else "application/octet-stream",
        as_attachment=not shown,
        download_name=file.sha256[:12],
        conditional=True,
        etag=file.sha256,
        max_age=0,
    )
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
