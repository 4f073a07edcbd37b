"""Every route: who may come in, whose things they reach, and that looking changes nothing.

The answers are kept in `route_matrix.txt`, generated from the URL map. After a change on purpose:
`WRITE_ROUTE_MATRIX=1 python3 dev.py test tests/test_routes.py`, then read the difference.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from lms.core.config import Config
from lms.core.db import Base, Database
from lms.core.files import write_content
from lms.core.models import StoredFile
from lms.core.permissions import permission_of, requires
from lms.courses.models import StepEvent, StepVersion
from lms.courses.planning import assign_intake
from lms.people.models import Notification
from tests.cast import ROLES, Cast
from tests.conftest import MONDAY
from tests.courses.tracks import assignment_of, make_track

MATRIX = Path(__file__).parent / "route_matrix.txt"
WRITE = "WRITE_ROUTE_MATRIX"

STRANGER = "nobody"
BY_ROLE = {
    "trainee": "maya",
    "mentor": "mei",
    "coach": "ravi",
    "trainer": "ines",
    "manager": "noa",
    "keeper": "oleg",
    "admin": "ada",
}
TO_MAYA = {
    "own": "maya",
    "same intake": "ben",
    "other intake": "lior",
    "her coach": "ravi",
    "other coach": "tomas",
    "mentor": "mei",
    "her manager": "noa",
    "other manager": "olga",
    "trainer": "ines",
    "keeper": "oleg",
    "admin": "ada",
}
HERS = {"person_id", "assignment_id", "event_id", "notice_id", "sign_in_id", "intake_id"}
"""Names in an address that stand for something of Maya's: herself, her intake, her claim."""
KEPT_BY_BROWSERS = {"static", "account.photo", "settings.logo", "lessons.medium", "claims.photo"}
"""Answers that a browser may keep; each says so itself."""
PUBLIC_FEEDS = {"calendar.subscription"}
NEVER_PAGES = {"static"}


@pytest.fixture
def samples(people: Cast, config: Config, sqlite_database: Database) -> dict[str, Any]:
    """A filled company, and a value for every name that stands in an address: Maya's things."""
    photo = write_content(config.files_dir, b"\xff\xd8\xff photo of a task")
    with sqlite_database.writing() as session:
        track = make_track(session, MONDAY)
        assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=track.slug,
            now=MONDAY,
        )
        assignment_id = assignment_of(session, people.maya)
        task = track.steps["first-case"]
        file = StoredFile(sha256=photo, media_type="image/jpeg", size=19, stored_at=MONDAY)
        session.add(file)
        session.flush()
        claim = StepEvent(
            assignment_id=assignment_id,
            step_id=task,
            step_version_id=session.scalars(
                select(StepVersion.id).where(StepVersion.step_id == task)
            ).one(),
            sequence=1,
            kind="claimed",
            at=MONDAY,
            actor_id=people.maya,
            file_id=file.id,
        )
        session.add(claim)
        notice = Notification(
            person_id=people.maya,
            kind="task_confirmed",
            key="k",
            values={"step": "Orders"},
            url="/track",
            created_at=MONDAY,
        )
        session.add(notice)
        session.flush()
        return {
            "person_id": people.maya,
            "intake_id": people.spring,
            "site_id": people.harbour,
            "assignment_id": assignment_id,
            "step_id": task,
            "course_slug": track.slug,
            "slug": track.slug,
            "step_slug": "welcome",
            "event_id": claim.id,
            "notice_id": notice.id,
            "exception_id": 1,
            "holiday_id": 1,
            "label_id": 1,
            "sign_in_id": 1,
            "name": "0" * 64,
            "sha256": "0" * 64,
            "token": "x" * 43,
            "filename": "css/belay.css",
        }


def rules(app: Flask) -> list[tuple[Rule, str]]:
    """Return every rule with each of its methods, in the order of a list."""
    found = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda pair: (pair[0].rule, pair[1]))


def address(app: Flask, rule: Rule, samples: dict[str, Any]) -> str:
    """Return an address of a rule; fails for a name without a sample."""
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            values[name] = sorted(converter.items)[0]
        else:
            assert name in samples, f"{rule.rule}: add a sample for {name}"
            values[name] = samples[name]
    method = "GET" if "GET" in (rule.methods or set()) else "POST"
    built: str = app.url_map.bind("localhost").build(rule.endpoint, values, method=method)
    return built


def fingerprint(database: Database) -> dict[str, str]:
    """Return a hash of the rows of every table."""
    found = {}
    with database.reading() as session:
        for table in Base.metadata.sorted_tables:
            rows = session.execute(select(table).order_by(*table.primary_key)).all()
            found[table.name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


def test_every_route_declares_its_permission(app: Flask) -> None:
    missing = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if permission_of(app.view_functions[rule.endpoint]) is None
    ]
    assert missing == []


def test_an_undeclared_route_stops_the_start(config: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from flask import Blueprint

    from lms import app as factory
    from lms.home import views

    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/forgotten", "page", lambda: "open to everybody")
    monkeypatch.setattr(views, "BLUEPRINTS", (*views.BLUEPRINTS, forgotten))
    with pytest.raises(RuntimeError, match=r"forgotten\.page"):
        factory.create_app(config)


@pytest.mark.parametrize("role", [STRANGER, *BY_ROLE])
def test_looking_changes_nothing_and_every_answer_is_guarded(
    app: Flask,
    people: Cast,
    samples: dict[str, Any],
    browser: Any,
    sqlite_database: Database,
    role: str,
) -> None:
    reader = browser(None if role == STRANGER else getattr(people, BY_ROLE[role]))
    before = fingerprint(sqlite_database)
    for rule, method in rules(app):
        if method != "GET":
            continue
        response = reader.get(address(app, rule, samples))
        assert response.status_code < 500, rule.rule
        check_headers(rule, response, signed_in=role != STRANGER)
        response.close()
    assert fingerprint(sqlite_database) == before


def check_headers(rule: Rule, response: Any, *, signed_in: bool) -> None:
    """Check what every answer must say about itself."""
    headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy, rule.rule
    assert "default-src" in policy, rule.rule
    assert headers["X-Content-Type-Options"] == "nosniff", rule.rule
    assert headers["Referrer-Policy"] == "same-origin", rule.rule
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin", rule.rule
    kept = headers.get("Cache-Control", "")
    if rule.endpoint in NEVER_PAGES:
        return
    if rule.endpoint in KEPT_BY_BROWSERS | PUBLIC_FEEDS and response.status_code in (200, 304):
        assert "private" in kept, rule.rule
    else:
        assert kept == "no-store", rule.rule


def gates(app: Flask, people: Cast, samples: dict[str, Any], browser: Any) -> Iterator[str]:
    """Give a line for each route and method: whom it lets in. The views themselves do not run."""
    for endpoint, view in list(app.view_functions.items()):
        permission = permission_of(view)
        assert permission is not None
        app.view_functions[endpoint] = requires(permission)(lambda **_values: "let in")
    readers = {STRANGER: browser()} | {
        role: browser(getattr(people, name)) for role, name in BY_ROLE.items()
    }
    for rule, method in rules(app):
        permission = permission_of(app.view_functions[rule.endpoint])
        let_in = []
        for role, reader in readers.items():
            url = address(app, rule, samples)
            response = reader.get(url) if method == "GET" else reader.submit(url)
            if response.get_data(as_text=True) == "let in":
                let_in.append(role)
            else:
                asked_to_sign_in = response.status_code == 303
                assert response.status_code == 403 or (role == STRANGER and asked_to_sign_in)
        assert permission is not None
        yield f"{method:<4} {rule.rule}  [{permission.value}]  {', '.join(let_in)}"


def test_who_is_let_in_is_as_written_down(
    app: Flask, people: Cast, samples: dict[str, Any], browser: Any
) -> None:
    compare("WHO IS LET IN", list(gates(app, people, samples, browser)))


def reached(
    app: Flask, people: Cast, samples: dict[str, Any], browser: Any, database: Database
) -> Iterator[str]:
    """Give a line for each route about a person: what those around Maya get of hers."""
    readers = {relation: browser(getattr(people, name)) for relation, name in TO_MAYA.items()}
    path = Path(database.url.database or "")
    kept = path.with_suffix(".kept")
    for rule, method in rules(app):
        if not HERS & rule.arguments:
            continue
        statuses: dict[int, list[str]] = {}
        for relation, reader in readers.items():
            url = address(app, rule, samples)
            if method == "GET":
                with reader.get(url) as response:
                    status = response.status_code
            else:
                keep(database, path, kept)
                status = reader.submit(url).status_code
                give_back(database, path, kept)
            statuses.setdefault(status, []).append(relation)
        told = "; ".join(f"{status}: {', '.join(who)}" for status, who in sorted(statuses.items()))
        yield f"{method:<4} {rule.rule}  {told}"


def keep(database: Database, path: Path, kept: Path) -> None:
    """Put a copy of the whole database aside."""
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, kept)


def give_back(database: Database, path: Path, kept: Path) -> None:
    """Bring back the copy, whatever was written meanwhile."""
    database.dispose()
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copy(kept, path)


def test_what_others_reach_of_a_trainees_things_is_as_written_down(
    app: Flask, people: Cast, samples: dict[str, Any], browser: Any, sqlite_database: Database
) -> None:
    lines = list(reached(app, people, samples, browser, sqlite_database))
    compare("WHAT THEY REACH OF MAYA'S", lines)
    for line in lines:
        assert "500" not in line, line


def compare(title: str, lines: list[str]) -> None:
    """Compare a section of the matrix with what is written down, or write it when asked to."""
    sections = read_matrix()
    if os.environ.get(WRITE):
        sections[title] = lines
        write_matrix(sections)
    assert sections.get(title) == lines


def read_matrix() -> dict[str, list[str]]:
    """Return the sections of the file."""
    sections: dict[str, list[str]] = {}
    for line in MATRIX.read_text().splitlines() if MATRIX.exists() else ():
        if line.startswith("# "):
            sections[line.removeprefix("# ")] = []
        elif line and sections:
            sections[list(sections)[-1]].append(line)
    return sections


def write_matrix(sections: dict[str, list[str]]) -> None:
    """Write the sections into the file."""
    parts = ["\n".join([f"# {title}", *lines]) for title, lines in sorted(sections.items())]
    MATRIX.write_text("\n\n".join(parts) + "\n")


def test_the_matrix_knows_every_role(people: Cast) -> None:
    assert {role.value for roles in ROLES.values() for role in roles} == set(BY_ROLE)
