"""Logging, set up in one place: lines for people or JSON for machines, on standard error.

A value can never begin a line of its own, and secrets never get here: an address with anything
but numbers in it is logged as its rule, without the query.
"""

import json
import logging
import sys
import time
from typing import Any, TextIO

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor, WrappedLogger

from lms.core.config import Config

log = logging.getLogger("lms.request")
_STARTED = "request_started"


def set_up(config: Config, *, stream: TextIO | None = None) -> None:
    """Send every logger's lines to standard error in the configured format."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(_formatter(config.log_format))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("lms").setLevel(logging.WARNING if config.demo else logging.INFO)


def _formatter(log_format: str) -> structlog.stdlib.ProcessorFormatter:
    before: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last: Processor = one_line
    if log_format == "json":
        last = structlog.processors.JSONRenderer()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
    )


def one_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return an event as a line of text; a traceback follows, indented."""
    head = [str(event.pop("timestamp", "")), str(event.pop("level", "")).upper()]
    event.pop("logger", None)
    traceback = str(event.pop("exception", ""))
    said = _flat(str(event.pop("event", "")))
    pairs = [f"{key}={_quoted(value)}" for key, value in event.items()]
    lines = [" ".join([*head, said, *pairs])]
    lines += [f"    {_flat(line)}" for line in traceback.splitlines()]
    return "\n".join(lines)


def _flat(text: str) -> str:
    """Return text without anything that ends a line or moves a terminal's cursor."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _quoted(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    plain = text.isprintable() and text and not any(c in ' "=' for c in text)
    return text if plain else json.dumps(text)


def init_app(app: Flask) -> None:
    """Log a line for each request of a page, with who asked and how long it took."""
    app.before_request(_start)
    app.after_request(_finish)


def _start() -> None:
    setattr(g, _STARTED, time.perf_counter())


def _finish(response: Response) -> Response:
    if request.endpoint in ("static", "home.healthz"):
        return response
    actor = g.get("actor")
    started = g.get(_STARTED)
    log.info(
        "request",
        extra={
            "method": request.method if request.url_rule else request.method[:10],
            "path": _path(),
            "status": response.status_code,
            "ms": round((time.perf_counter() - started) * 1000) if started else None,
            "person": actor.person_id if actor else None,
        },
    )
    return response


def _path() -> str:
    """Return the path if there are only numbers in it, else its rule: a part may be a secret."""
    if request.url_rule is None:
        return "(none)"
    arguments = (request.view_args or {}).values()
    if all(isinstance(value, int) for value in arguments):
        return request.path
    return request.url_rule.rule
