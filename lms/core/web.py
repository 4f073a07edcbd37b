"""What every page needs from the request: session, actor, clock, and writing exactly once."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, flash, g, redirect, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core.clock import Clock
from lms.core.config import Config
from lms.core.db import Database, writing
from lms.core.errors import NotAllowed
from lms.core.models import AnsweredRequest
from lms.core.pages import Registry
from lms.core.permissions import Actor

Thing = TypeVar("Thing")
EXTENSION = "belay"


class Belay:
    """What an app carries: its configuration, clock, database and registries."""

    def __init__(self, config: Config, clock: Clock, database: Database) -> None:
        self.config = config
        self.clock = clock
        self.database = database
        self.registry = Registry()

    def init_app(self, app: Flask) -> None:
        """Attach to the app and close the request's session after each request."""
        app.extensions[EXTENSION] = self
        app.teardown_request(_close_session)


def belay() -> Belay:
    """Return what the current app carries."""
    return cast(Belay, current_app.extensions[EXTENSION])


def now() -> datetime:
    """Return the moment of this request: the same one however often it is asked."""
    if "now" not in g:
        g.now = belay().clock.now()
    return cast(datetime, g.now)


def session() -> Session:
    """Return the request's one session, a read-only snapshot until `submit` writes."""
    if "session" not in g:
        g.session = belay().database.session()
    return cast(Session, g.session)


def actor() -> Actor:
    """Return who acts in this request; raise NotAllowed when nobody is signed in."""
    found: Actor | None = g.get("actor")
    if found is None:
        raise NotAllowed("signed_out")
    return found


def _close_session(_error: BaseException | None) -> None:
    open_session: Session | None = g.pop("session", None)
    if open_session is not None:
        open_session.close()


def submit(
    operation: Callable[[Session], Thing],
    *,
    then: Callable[[Thing], str] | str,
    message: Callable[[Thing], str] | str | None = None,
) -> Response:
    """Run one write for this request exactly once and redirect (303).

    `operation` gets a writing session and must load what it needs by id. `then` gives the
    address to go to, `message` the sentence to show there. When the same form arrives again
    (same `_key`, same content), nothing runs and the first answer is given again, also to those
    that arrive while the first still runs. Errors of the operation pass through after a
    rollback. Shape, hashing and decoding come before this call.
    """
    key = _form_identity()
    person_id = actor().person_id or 0
    with writing(session()) as writable:
        answer, is_new = _claim_answer(writable, person_id, key) if key else (None, True)
        if is_new:
            thing = operation(writable)
            location = then if isinstance(then, str) else then(thing)
            said = message if message is None or isinstance(message, str) else message(thing)
            if answer is not None:
                answer.location, answer.message = location, said
        elif answer is not None:
            location, said = answer.location, answer.message
    if said:
        flash(said, "good")
    return see_other(location)


def _claim_answer(writable: Session, person_id: int, key: str) -> tuple[AnsweredRequest, bool]:
    """Return this form's answer and whether it is still to be given.

    Whoever sends the same form meanwhile waits here until the first has ended: the constraint
    decides who that is, so the row comes before the act.
    """
    answer = AnsweredRequest(
        person_id=person_id,
        key=key,
        endpoint=request.endpoint or "",
        location="/",
        answered_at=now(),
    )
    try:
        with writable.begin_nested():
            writable.add(answer)
    except IntegrityError:
        return writable.get_one(AnsweredRequest, (person_id, key)), False
    return answer, True


def _form_identity() -> str:
    """Return what tells this form from every other: its `_key`, its address and its content.

    Somebody who goes back, mends a word and sends again means another act, whatever the key.
    Empty without a `_key`.
    """
    if not request.form.get("_key"):
        return ""
    digest = hashlib.sha256(request.path.encode())
    for name, value in request.form.items(multi=True):
        if name != "csrf_token":
            digest.update(repr((name, value)).encode())
    for name, file in request.files.items(multi=True):
        file.stream.seek(0)
        digest.update(repr((name, file.filename)).encode())
        digest.update(hashlib.file_digest(file.stream, "sha256").digest())  # type: ignore[arg-type]
        file.stream.seek(0)
    return digest.hexdigest()


def form_key() -> str:
    """Return a new key for a form, so that sending it twice does one thing."""
    return secrets.token_urlsafe(16)


def was_answered() -> bool:
    """Whether this very form has been answered, for pages that would not take it again."""
    query = select(AnsweredRequest.key).where(
        AnsweredRequest.person_id == (actor().person_id or 0),
        AnsweredRequest.key == _form_identity(),
    )
    return session().scalar(query) is not None


def see_other(location: str) -> Response:
    """Redirect with 303 to an address of our own. The one redirect helper."""
    return cast(Response, redirect(own_path(location), code=303))


def own_path(location: str | None, fallback: str = "/") -> str:
    """Return a path on this host: anything that could lead elsewhere becomes the fallback."""
    if not location or not location.startswith("/") or location.startswith(("//", "/\\")):
        return fallback
    if any(ord(c) < 32 for c in location) or "\\" in location:
        return fallback
    parts = urlsplit(location)
    return fallback if parts.scheme or parts.netloc else location


def wants_fragment() -> bool:
    """Whether htmx asked, so a fragment and not a whole page is the answer."""
    return request.headers.get("HX-Request") == "true"


@cache
def _digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:10]


def static_url(name: str) -> str:
    """Return the address of a static file with its hash, so that it can be cached for ever."""
    app = current_app
    path = _static_path(cast(str, app.static_url_path), cast(str, app.static_folder), name)
    return request.script_root + path


@cache
def _static_path(below: str, folder: str, name: str) -> str:
    # A page shows dozens of icons: building each address anew took a tenth of its time.
    return f"{below}/{name}?v={_digest(f'{folder}/{name}')}"


def page_arguments(**defaults: Any) -> dict[str, Any]:
    """Return query arguments with defaults; a value of the wrong shape becomes its default."""
    found: dict[str, Any] = {}
    for name, default in defaults.items():
        text = request.args.get(name)
        if text is None:
            found[name] = default
        elif isinstance(default, int):
            found[name] = (
                int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default
            )
        else:
            found[name] = text[:200]
    return found
