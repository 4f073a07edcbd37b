"""`lms people import`: exit codes, one JSON object, nothing changed by a plan."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.people.importing.cli import run
from lms.people.models import Company, Person
from tests.cast import make_cast
from tests.conftest import MONDAY

GOOD = "email,name,intake,shoe\nnew@northfold.test,王伟,spring,41\nmaya@northfold.test,,,\n"


@pytest.fixture
def lms(config: Config, sqlite_database: Database, tmp_path: Path):  # type: ignore[no-untyped-def]
    """Run the command on a file with this content, in a demo unless told otherwise."""
    with sqlite_database.writing() as session:
        make_cast(session, MONDAY)

    def run_it(content: str | bytes, *options: str, demo: bool = True) -> int:
        file = tmp_path / "people.csv"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run(
            [str(file), *options],
            config=replace(config, demo=demo),
            database=sqlite_database,
            clock=FixedClock(MONDAY),
        )

    return run_it


def count(database: Database, model: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_json_is_one_object_and_the_rest_goes_to_stderr(lms, capsys, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    assert lms(GOOD, "--json") == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["rows"] == [
        {"line": 2, "email": "new@northfold.test", "result": "new", "reason": ""},
        {"line": 3, "email": "maya@northfold.test", "result": "same", "reason": ""},
    ]
    assert found["totals"] == {"new": 1, "changed": 0, "same": 1, "refused": 0}
    assert "UTF-8" in err
    assert "shoe" in err
    assert count(sqlite_database, OutboxRow) == 0


def test_a_second_run_changes_nothing(lms, capsys) -> None:  # type: ignore[no-untyped-def]
    assert lms(GOOD) == 0
    assert "1 new, 0 changed, 1 same, 0 refused" in capsys.readouterr().out
    assert lms(GOOD) == 0
    assert "0 new, 0 changed, 2 same, 0 refused" in capsys.readouterr().out


def test_a_plan_changes_nothing(lms, capsys, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    before = count(sqlite_database, Person)
    assert lms(GOOD, "--plan", "--json") == 0
    assert json.loads(capsys.readouterr().out)["totals"]["new"] == 1
    assert count(sqlite_database, Person) == before


def test_refused_rows_make_exit_one_and_good_ones_are_applied(lms, capsys, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    before = count(sqlite_database, Person)
    assert lms(GOOD + "x,Bad,moon,\n", "--json") == 1
    bad = json.loads(capsys.readouterr().out)["rows"][2]
    assert (bad["line"], bad["email"], bad["result"]) == (4, "x", "refused")
    assert bad["reason"].startswith("email: “x” is not")
    assert count(sqlite_database, Person) == before + 1


@pytest.mark.parametrize(
    "content", [b"", b"email,name\n", b"\x89PNG\r\n\x1a\n", b"name\nBen\n", b"email,name,name\n"]
)
def test_an_unreadable_file_is_exit_two_and_still_one_object(lms, capsys, content) -> None:  # type: ignore[no-untyped-def]
    assert lms(content, "--json") == 2
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["rows"] == []
    assert found["error"] in err


def test_a_missing_file_and_wrong_options_are_exit_two(  # type: ignore[no-untyped-def]
    lms, config, capsys, sqlite_database, tmp_path
) -> None:
    options = {"config": config, "database": sqlite_database}
    assert run([str(tmp_path / "none.csv")], **options) == 2
    assert "none.csv" in capsys.readouterr().err
    assert run([], **options) == 2
    assert lms(GOOD, "--invite", "someday") == 2
    assert lms(GOOD, "--invite", "2026-03-01") == 2
    assert run(["--help"], **options) == 0


def test_inviting_now_queues_one_invitation_and_again_none(lms, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    assert lms(GOOD, "--invite", "now") == 0
    assert lms(GOOD, "--invite", "now") == 0
    assert count(sqlite_database, OutboxRow) == 1


def test_inviting_on_a_date_waits_for_it(lms, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    assert lms(GOOD, "--invite", "2026-03-09") == 0
    with sqlite_database.reading() as session:
        due = session.scalars(select(OutboxRow.due_at)).one()
    assert due.isoformat() == "2026-03-09T07:00:00+00:00"


def test_administrators_need_their_option(lms) -> None:  # type: ignore[no-untyped-def]
    text = "email,name,roles\nboss@northfold.test,Boss,admin\n"
    assert lms(text) == 1
    assert lms(text, "--allow-admin") == 0


def test_test_addresses_work_where_the_company_is_a_demo(lms, sqlite_database) -> None:  # type: ignore[no-untyped-def]
    text = "email,name\nnew@northfold.test,New\n"
    assert lms(text, demo=False) == 1
    with sqlite_database.writing() as session:
        session.get_one(Company, 1).settings = {"demo": True}
    assert lms(text, demo=False) == 0
