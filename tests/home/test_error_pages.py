"""Error pages: designed, translated, with a way out, and nothing that only a developer reads."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests, UnsupportedMediaType

from lms.core.db import Database
from lms.core.errors import NotAllowed, NotFound, Refused, Unavailable
from lms.core.permissions import Permission, requires
from tests.cast import Cast
from tests.counting import counting

RAISED = {
    "forbidden": (403, NotAllowed("settings")),
    "missing": (404, NotFound()),
    "refused": (409, Refused("reason_missing")),
    "large": (413, RequestEntityTooLarge()),
    "media": (415, UnsupportedMediaType()),
    "often": (429, TooManyRequests()),
    "accident": (500, RuntimeError("the secret detail")),
    "away": (503, Unavailable("database_away")),
    "old": (503, Unavailable("schema_old", remedy="lms migrate")),
    "broken": (503, OperationalError("SELECT the secret detail", {}, Exception("gone"))),
}


@pytest.fixture
def failing(app: Flask) -> FlaskClient:
    """A client of an application that has a page for each way to fail."""

    def fail(error: Exception) -> Any:
        @requires(Permission.PUBLIC)
        def view() -> str:
            raise error

        return view

    for name, (_status, error) in RAISED.items():
        app.add_url_rule(f"/fail/{name}", f"fail_{name}", fail(error))
    return app.test_client()


def check(response: Any, status: int, language: str = "en") -> str:
    """Check what holds for every error page and return it."""
    assert response.status_code == status
    assert response.mimetype == "text/html"
    headers = response.headers
    assert headers["Cache-Control"] == "no-store"
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    page: str = response.get_data(as_text=True)
    assert f'<html lang="{language}"' in page
    assert 'class="error-page"' in page
    assert 'class="btn btn-primary"' in page
    assert "Traceback" not in page
    assert "secret detail" not in page
    assert "NotFound" not in page
    return page


@pytest.mark.parametrize("name", RAISED)
def test_every_failure_has_a_page_that_asks_no_database(
    failing: FlaskClient, sqlite_database: Database, name: str
) -> None:
    failing.get("/readyz")  # the process's one check of schema and durability is behind it
    with counting(sqlite_database) as sent:
        response = failing.get(f"/fail/{name}")
    page = check(response, RAISED[name][0])
    assert sent == []
    if RAISED[name][0] == 503:
        assert response.headers["Retry-After"] == "10"
    if name == "old":
        assert "lms migrate" in page


@pytest.mark.parametrize(("language", "direction"), [("he", "rtl"), ("ru", "ltr"), ("zh", "ltr")])
@pytest.mark.parametrize("name", RAISED)
def test_every_failure_is_told_in_the_readers_language(
    failing: FlaskClient, name: str, language: str, direction: str
) -> None:
    english = failing.get(f"/fail/{name}").get_data(as_text=True)
    response = failing.get(f"/fail/{name}", headers={"Accept-Language": language})
    page = check(response, RAISED[name][0], language)
    assert f'dir="{direction}"' in page
    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert heading
    assert heading != english.partition("<h1>")[2].partition("</h1>")[0]


def test_an_unknown_address_is_not_found_for_everybody(people: Cast, browser: Any) -> None:
    check(browser().get("/no/such/page"), 404)
    check(browser(people.maya).get("/no/such/page"), 404)
    check(browser(people.maya).get("/steps/none/none"), 404)


def test_a_missing_right_is_forbidden_with_a_way_out(people: Cast, browser: Any) -> None:
    page = check(browser(people.maya).get("/settings"), 403)
    assert 'href="/"' in page


def test_the_wrong_method_says_which_are_right(people: Cast, browser: Any) -> None:
    response = browser(people.maya).get("/logout")
    check(response, 405)
    assert "POST" in response.headers["Allow"]


def test_a_form_without_its_token_is_refused(people: Cast, browser: Any) -> None:
    page = check(browser(people.maya).post("/logout"), 400)
    assert "too old" in page


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(
    app: Flask, people: Cast, browser: Any
) -> None:
    class Watched(BytesIO):
        """A body that notes whether it is read."""

        seen = 0

        def read(self, size: int | None = -1) -> bytes:
            self.seen += 1
            return super().read(size)

    body = Watched(b"--b")
    response = browser(people.maya).post(
        "/profile/photo",
        input_stream=body,
        content_type="multipart/form-data; boundary=b",
        environ_overrides={"CONTENT_LENGTH": str(app.config["MAX_CONTENT_LENGTH"] + 1)},
    )
    page = check(response, 413)
    assert "MB" in page
    assert body.seen == 0


def test_a_database_that_goes_away_is_503_and_the_process_lives_on(
    people: Cast, browser: Any, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya = browser(people.maya)

    def away(*_args: Any, **_more: Any) -> Any:
        raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))

    with monkeypatch.context() as broken:
        broken.setattr(sqlite_database.engine.dialect, "do_execute", away)
        check(maya.get("/"), 503)
    assert maya.get("/notifications").status_code == 200
