"""A test browser: signs in without the password's cost, sends forms as a page would."""

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lms.core.web import EXTENSION, Belay
from lms.people import sign_in

_CSRF = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Browser(FlaskClient):
    """Flask's client with `enter`, and `submit` that takes the form's hidden fields along."""

    def enter(self, person_id: int, *, remembered: bool = False) -> None:
        """Sign in as a person, as the sign-in page would after the password."""
        belay: Belay = self.application.extensions[EXTENSION]
        with belay.database.writing() as session:
            token = sign_in.start(
                session,
                person_id=person_id,
                remembered=remembered,
                address="127.0.0.1",
                agent="test",
                now=belay.clock.now(),
            )
        with self.session_transaction() as cookie:
            cookie["_user_id"] = token
            cookie["_fresh"] = True

    def csrf_token(self, page: str = "/login") -> str:
        """Return the token of a page's form."""
        found = _CSRF.search(self.get(page).get_data(as_text=True))
        assert found, f"no form on {page}"
        return found[1]

    def submit(self, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """POST a form with a CSRF token, taken from `page` or made for this session."""
        from flask_wtf.csrf import generate_csrf

        page = options.pop("page", None)
        if page is not None:
            token = self.csrf_token(page)
        else:
            with self.application.test_request_context(), self.session_transaction() as cookie:
                from flask import session

                token = generate_csrf()
                cookie["csrf_token"] = session["csrf_token"]
        return self.post(url, data={"csrf_token": token, **(data or {})}, **options)
