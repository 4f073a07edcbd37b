"""The demo: made once, kept afterwards, on a day of one's choice, and never over a company."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from lms.core.db import Database
from lms.ops import demo
from lms.ops.address import Address
from lms.people.models import Person
from tests.ops.running import ROOT, eventually, free_port, get, lms, running


def _name_of(data_dir: Path, email: str) -> str | None:
    database = Database(f"sqlite:///{data_dir / 'belay.db'}")
    with database.reading() as session:
        found = session.scalar(select(Person.name).where(Person.email == email))
    database.dispose()
    return found


def _rename(data_dir: Path, email: str, name: str) -> None:
    database = Database(f"sqlite:///{data_dir / 'belay.db'}")
    with database.writing() as session:
        session.execute(
            text("UPDATE person SET name = :name WHERE email = :email"),
            {"name": name, "email": email},
        )
    database.dispose()


@pytest.mark.slow
def test_a_demo_is_filled_once_kept_and_thrown_away_on_demand(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    port = free_port()
    arguments = ("demo", "--port", str(port))
    with running(*arguments, LMS_DATA_DIR=str(data_dir)) as program:
        assert program.line() == f"Belay is ready at http://127.0.0.1:{port}"
        status, page = get(port, "/login")
        assert status == 200
        assert "trainee@demo.test" in page
        eventually(lambda: len(program.tree()) == 3)
        for path in ("/login", "/healthz", "/readyz"):
            get(port, path)
        assert program.pss() < 220 * 1024 * 1024
        assert program.stop() == 0
    _rename(data_dir, "trainee@demo.test", "Renamed Meanwhile")
    with running(*arguments, LMS_DATA_DIR=str(data_dir)) as program:
        assert program.line() == f"Belay is ready at http://127.0.0.1:{port}"
        program.stop()
        assert "".join(program.errors) == "", "a second start has nothing to tell"
    assert _name_of(data_dir, "trainee@demo.test") == "Renamed Meanwhile"
    with running(*arguments, "--fresh", LMS_DATA_DIR=str(data_dir)) as program:
        program.line()
        program.stop()
    assert _name_of(data_dir, "trainee@demo.test") not in (None, "Renamed Meanwhile")


@pytest.mark.slow
def test_a_demo_can_be_on_another_day(tmp_path: Path) -> None:
    data_dir = tmp_path / "demo"
    port = free_port()
    arguments = ("demo", "--port", str(port), "--date", "2031-05-07")
    with running(*arguments, LMS_DATA_DIR=str(data_dir)) as program:
        program.line()
        program.stop()
    marker = demo.read_marker(data_dir)
    assert marker is not None
    assert marker.made_at.startswith("2031-05-07T09:00")
    with running("demo", "--port", str(port), LMS_DATA_DIR=str(data_dir)) as program:
        program.line()
        program.stop()
        assert "07 May 2031" in "".join(program.errors)
        assert "--fresh" in "".join(program.errors)


def test_a_company_is_never_taken_for_a_demo(tmp_path: Path) -> None:
    made = lms(
        "init",
        *("--company", "Fell & Ford", "--admin-email", "ada@fell-and-ford.example.com"),
        *("--admin-password", "three otters swim", "--no-curriculum"),
        LMS_DATA_DIR=str(tmp_path),
    )
    assert made.returncode == 0, made.stderr
    for arguments in ((), ("--fresh",)):
        refused = lms("demo", *arguments, LMS_DATA_DIR=str(tmp_path))
        assert refused.returncode == 2
        assert "not a demo" in refused.stderr
    assert _name_of(tmp_path, "ada@fell-and-ford.example.com") is not None


def test_a_demo_is_not_served_as_a_company(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{}")
    refused = lms("serve", LMS_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "lms demo" in refused.stderr


def test_a_demo_that_was_broken_off_is_filled_again(tmp_path: Path) -> None:
    marker = demo.Marker("sqlite:///x", 60, "0001", datetime.now(UTC).isoformat())
    marker.write(tmp_path)
    found = demo.read_marker(tmp_path)
    assert found is not None
    assert not found.ready
    assert json.loads(demo.marker_path(tmp_path).read_text())["people"] == 60


def test_the_demos_clock_starts_at_nine_on_its_day() -> None:
    shift = demo.shift_to(date(2026, 3, 2))
    moment = datetime.now(UTC) + shift
    assert abs(moment - datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) < timedelta(minutes=1)


def test_the_demos_mail_goes_into_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path))
    config = demo.demo_config(Address("0.0.0.0", 8123))
    assert config.demo
    assert config.workers == 1
    assert config.mail_url == f"folder://{tmp_path}/mail"
    assert config.base_url == "http://127.0.0.1:8123"


def test_the_ways_to_start_import_nothing_heavy() -> None:
    """A list of commands, a help text and the checks before a start take no time."""
    script = (
        "import sys; import lms.commands, lms.ops.supervisor, lms.core.config;"
        "print([m for m in ('flask', 'sqlalchemy', 'granian') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 20, 12, tzinfo=UTC)),
        (datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)),
        (datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 23, 12, tzinfo=UTC)),
    ],
)
def test_on_a_weekend_the_demo_shows_monday(day: datetime, shown: datetime) -> None:
    assert day + (demo.shift_to_working_day(day) or timedelta()) == shown
