"""Logs: one line a request, who and how long, no secrets, no forged lines."""

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from lms.core import logs
from lms.core.config import Config
from tests.cast import Cast


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """A place for lines; afterwards logging is as it was."""
    root, ours = logging.getLogger(), logging.getLogger("lms")
    before = root.handlers[:], root.level, ours.level
    yield io.StringIO()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])


def _lines(written: io.StringIO) -> list[str]:
    return written.getvalue().splitlines()


def test_a_request_is_one_line(
    config: Config,
    written: io.StringIO,
    browser,
    people: Cast,  # type: ignore[no-untyped-def]
) -> None:
    client = browser(people.maya)
    logs.set_up(config, stream=written)
    client.get("/?password=secret")
    (line,) = [line for line in _lines(written) if " request " in line]
    assert "method=GET path=/ status=200" in line
    assert f"person={people.maya}" in line
    assert "ms=" in line
    assert "secret" not in line


def test_json_has_the_same_on_each_line(
    config: Config,
    written: io.StringIO,
    browser,
    people: Cast,  # type: ignore[no-untyped-def]
) -> None:
    client = browser(people.maya)
    logs.set_up(replace(config, log_format="json"), stream=written)
    client.get("/")
    client.get("/nowhere")
    found = [json.loads(line) for line in _lines(written)]
    requests = [entry for entry in found if entry["event"] == "request"]
    assert [(entry["status"], entry["person"]) for entry in requests] == [
        (200, people.maya),
        (404, people.maya),
    ]
    assert requests[0]["path"] == "/"
    assert requests[0]["level"] == "info"


def test_the_secret_part_of_an_address_stays_out(
    config: Config, app: Flask, written: io.StringIO
) -> None:
    logs.set_up(config, stream=written)
    client = app.test_client()
    client.get("/invitation/a-very-secret-token")
    client.get("/wrong/a-very-secret-token?token=a-very-secret-token")
    assert len(_lines(written)) == 2
    assert "a-very-secret-token" not in written.getvalue()
    assert "/invitation/<" in written.getvalue()


def test_probes_and_static_files_are_not_logged(
    config: Config, app: Flask, written: io.StringIO
) -> None:
    logs.set_up(config, stream=written)
    client = app.test_client()
    client.get("/healthz")
    client.get("/static/css/belay.css").close()
    assert _lines(written) == []


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_value_cannot_begin_a_line_of_its_own(
    config: Config, written: io.StringIO, log_format: str
) -> None:
    logs.set_up(replace(config, log_format=log_format), stream=written)
    evil = "maya\n2026-03-02T08:00:00Z INFO signed in person=1\r\x1b[2J\u2028x"
    logging.getLogger("lms.test").warning("%s failed", evil, extra={"who": evil})
    assert len(_lines(written)) == 1
    assert "\x1b" not in written.getvalue()


def test_a_traceback_is_indented_below_its_line(config: Config, written: io.StringIO) -> None:
    logs.set_up(config, stream=written)
    try:
        raise ValueError("first\nFORGED line")
    except ValueError:
        logging.getLogger("lms.test").exception("it fell")
    first, *rest = _lines(written)
    assert "ERROR it fell" in first
    assert rest
    assert all(line.startswith("    ") for line in rest)


def test_a_demo_is_quiet(config: Config, written: io.StringIO) -> None:
    logs.set_up(replace(config, demo=True), stream=written)
    logging.getLogger("lms.request").info("request")
    logging.getLogger("lms.worker").error("something is wrong")
    assert [line.split(" ", 1)[1] for line in _lines(written)] == ["ERROR something is wrong"]
