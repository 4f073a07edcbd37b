"""`lms courses check | import | export`: exit codes, one JSON object, clear lines."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.commands import main
from lms.core.config import Config
from lms.core.db import Database
from lms.core.errors import Unavailable
from lms.courses.material import cli
from lms.courses.models import CourseVersion
from tests.courses.material_files import DO_HE, MEET, READ, contents, write_track

BOWLINE = "week-1/01-bowline.md"
BROKEN = READ.replace("minutes: 10", "minutes: ten")
pytestmark = pytest.mark.usefixtures("sqlite_database")


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one JSON object on stdout."""
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_check_of_a_good_folder_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_track(tmp_path / "in")
    assert cli.check([str(folder)]) == 0
    assert capsys.readouterr().out == "8 files, 0 problems\n"
    assert cli.check(["--json", str(tmp_path / "in")]) == 0
    assert printed(capsys) == {"files": 8, "problems": []}


def test_check_lists_problems_with_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_track(tmp_path / "in", {BOWLINE: BROKEN})
    assert cli.check([str(folder)]) == 1
    message = "minutes must be a whole number from 1 to 480"
    assert f"{folder}/{BOWLINE}:5: {message}\n" in capsys.readouterr().out
    assert cli.check([str(folder), "--json"]) == 1
    assert printed(capsys) == {
        "files": 8,
        "problems": [{"file": f"{folder}/{BOWLINE}", "line": 5, "message": message}],
    }


def test_a_path_that_is_not_there_cannot_be_used(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = str(tmp_path / "gone")
    assert cli.check([gone]) == 2
    assert "gone: No such file" in capsys.readouterr().err
    assert cli.check([gone, "--json"]) == 2
    assert printed(capsys) == {"files": 0, "problems": []}
    assert cli.import_([gone, "--json"], config=config) == 2
    assert printed(capsys)["items"] == []


def test_the_command_line_knows_the_commands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_track(tmp_path / "in")
    assert main(["courses", "check", str(folder)]) == 0
    assert main(["courses", "check", "--nonsense"]) == 2
    assert "usage: lms courses check" in capsys.readouterr().err


def test_a_plan_then_an_import_then_nothing_to_do(
    config: Config,
    sqlite_database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = write_track(tmp_path / "in")
    assert cli.import_([str(folder), "--plan", "--json"], config=config) == 0
    planned = printed(capsys)
    assert {"path": "ropework/track.md", "result": "new", "reason": ""} in planned["items"]
    assert planned["totals"] == {"new": 8, "changed": 0, "same": 0, "conflict": 0}
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CourseVersion)) == 0
    assert cli.import_([str(folder), "--json"], config=config) == 0
    assert printed(capsys) == planned
    assert cli.import_([str(folder)], config=config) == 0
    assert capsys.readouterr().out == "0 new, 0 changed, 8 same, 0 conflict\n"


def test_problems_stop_an_import(
    config: Config,
    sqlite_database: Database,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_track(tmp_path / "in")
    write_track(tmp_path / "in", {BOWLINE: BROKEN}, slug="broken")
    assert cli.import_([str(tmp_path / "in"), "--json"], config=config) == 1
    output = capsys.readouterr()
    answer = json.loads(output.out)
    assert answer["items"] == []
    assert [(p["line"], p["file"].rpartition("/in/")[2]) for p in answer["problems"]] == [
        (5, f"broken/{BOWLINE}")
    ]
    assert f"broken/{BOWLINE}:5:" in output.err
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(CourseVersion)) == 0


def test_a_conflict_is_a_finding_and_other_courses_go_on(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_track(tmp_path / "in")
    assert cli.import_([str(folder)], config=config) == 0
    write_track(tmp_path / "in", {BOWLINE: MEET, "media/bowline.png": None})
    write_track(tmp_path / "in", {}, slug="anchors")
    capsys.readouterr()
    for options in (["--plan"], []):
        assert cli.import_([str(tmp_path / "in"), "--json", *options], config=config) == 1
        answer = printed(capsys)
        assert answer["totals"]["conflict"] == 1
        (conflict,) = [i for i in answer["items"] if i["result"] == "conflict"]
        assert conflict["path"] == f"ropework/{BOWLINE}"
        assert "was a read step" in conflict["reason"]
    assert cli.import_([str(tmp_path / "in" / "anchors")], config=config) == 0
    assert "8 same" in capsys.readouterr().out


def test_export_and_import_fit_together(
    config: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_track(tmp_path / "in", {"week-2/01-anchor.he.md": "---\ntitle: x\n---\ny"})
    out = tmp_path / "out"
    assert cli.import_([str(folder)], config=config) == 0
    assert cli.export([str(out)], config=config) == 0
    assert contents(out / "ropework") == contents(folder)
    capsys.readouterr()
    assert cli.export([str(out)], config=config) == 2
    assert "is not empty" in capsys.readouterr().err
    (out / "ropework" / "week-1" / "08-left.md").write_text(DO_HE)
    assert cli.export([str(out), "--force", "--json"], config=config) == 1
    answer = printed(capsys)
    assert len(answer["files"]) == 9
    assert answer["left"] == ["ropework/week-1/08-left.md"]
    assert cli.export([str(tmp_path / "two"), "--course", "gone"], config=config) == 2


def test_the_default_path_is_courses_here_else_the_starter_curriculum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.check(["--json"]) == 0
    assert printed(capsys)["files"] > 90
    write_track(tmp_path / "courses")
    assert cli.check(["--json"]) == 0
    assert printed(capsys)["files"] == 8


def test_an_import_into_no_database_says_what_to_do(config: Config, tmp_path: Path) -> None:
    from dataclasses import replace

    elsewhere = replace(config, database_url=f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(Unavailable) as refused:
        cli.import_([str(write_track(tmp_path / "in"))], config=elsewhere)
    assert refused.value.remedy
