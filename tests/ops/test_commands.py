"""The `lms` command: exit codes, one clear line, JSON alone on standard output."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from lms import commands
from lms.core.config import Config
from lms.core.db import Database
from lms.core.models import AuditEntry
from lms.core.passwords import verify_password
from lms.ops import doctor, init, lock, migrate
from lms.people.models import Company, Person, PersonRole, Site
from tests.conftest import open_database


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of our own, in which there is nothing."""
    monkeypatch.setenv("LMS_DATA_DIR", str(tmp_path / "data"))
    for name in ("LMS_DATABASE_URL", "LMS_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "data"


INIT = (
    *("init", "--company", "Fell & Ford", "--admin-email", " Ada@Fell-and-Ford.example.com "),
    *("--admin-password", "three otters swim", "--time-zone", "Asia/Jerusalem"),
    *("--language", "he", "--no-curriculum"),
)


def test_the_list_of_commands_is_one_word_away(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(name in said for name in commands.COMMANDS)
    assert commands.main([]) == 2
    assert commands.main(["brew"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", sorted(commands.COMMANDS))
def test_every_command_explains_itself_without_touching_anything(
    name: str, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main([*name.split(), "--help"]) == 0
    assert f"lms {name}" in capsys.readouterr().out
    assert not environment.exists()


@pytest.mark.parametrize("name", ["serve", "doctor", "migrate", "init", "routes", "demo"])
def test_an_unknown_option_is_a_wrong_usage(name: str) -> None:
    assert commands.main([name, "--no-such-thing"]) == 2


def test_a_wrong_variable_is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LMS_COLOUR", "green")
    assert commands.main(["doctor", "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("lms: unknown variable LMS_COLOUR")
    assert said.err.count("\n") == 1


def test_init_makes_an_empty_company_with_its_administrator(environment: Path) -> None:
    assert commands.main(list(INIT)) == 0
    database = open_database(f"sqlite:///{environment / 'belay.db'}")
    with database.reading() as session:
        company = session.scalars(select(Company)).one()
        assert (company.name, company.language) == ("Fell & Ford", "he")
        assert session.scalars(select(Site.time_zone)).all() == ["Asia/Jerusalem"]
        person = session.scalars(select(Person)).one()
        assert person.email == "ada@fell-and-ford.example.com"
        assert verify_password(person.password_hash, "three otters swim")
        assert session.scalars(select(PersonRole.role)).all() == ["admin"]
        assert session.scalars(select(AuditEntry.verb)).all() == ["begin_company"]
    database.dispose()


def test_what_is_in_the_data_folder_is_its_owners_alone(environment: Path) -> None:
    environment.mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        assert commands.main(list(INIT)) == 0
        assert commands.main(["backup", str(environment / "b.zip")]) == 0
        assert os.umask(0o022) == 0o022, "whoever called has their own way back"
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in environment.iterdir()}
    assert {"belay.db", "secret-key", "b.zip"} <= modes.keys()
    assert set(modes.values()) == {0o600}


def test_init_leaves_a_company_that_is_there_alone(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(list(INIT)) == 0
    assert commands.main([*INIT[:2], "Another", *INIT[3:]]) == 2
    assert "already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--admin-password", "password", "easily guessed"),
        ("--admin-password", "short", "at least 8"),
        ("--admin-email", "nobody", "not a mail address"),
        ("--time-zone", "Berlin", "time zone"),
        ("--company", "   ", "1 to 120"),
    ],
)
def test_init_refuses_what_would_not_do(
    option: str, value: str, words: str, environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = list(INIT)
    arguments[arguments.index(option) + 1] = value
    assert commands.main(arguments) == 2
    assert words in capsys.readouterr().err
    assert not (environment / "belay.db").exists()


def test_init_names_the_option_when_there_is_nobody_to_ask(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert commands.main(["init", "--company", "Fell & Ford"]) == 2
    assert "--admin-email is missing" in capsys.readouterr().err


def test_init_asks_for_what_is_missing(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = {
        "Company": "Fell & Ford",
        "Your mail": "ada@fell-and-ford.example.com",
        "Time": "",
        "Import": "n",
    }
    monkeypatch.setattr(init, "_interactive", lambda: True)
    monkeypatch.setattr("builtins.input", lambda question: answers[_beginning(question, answers)])
    monkeypatch.setattr("getpass.getpass", lambda question: "three otters swim")
    assert commands.main(["init"]) == 0
    assert "Fell & Ford is ready" in capsys.readouterr().out


def _beginning(question: str, answers: dict[str, str]) -> str:
    return next(start for start in answers if question.startswith(start))


def test_init_can_bring_the_starter_curriculum(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*INIT[:-1], "--curriculum"]
    assert commands.main(arguments) == 0
    database = open_database(f"sqlite:///{environment / 'belay.db'}")
    with database.reading() as session:
        assert session.scalar(text("SELECT slug FROM course")) == "onboarding"
        assert session.scalar(text("SELECT count(*) FROM step")) > 40
    database.dispose()


def test_routes_are_listed_with_their_permissions(capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.main(["routes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"rule": "/login", "methods": ["GET", "POST"]}.items() <= next(
        route for route in found if route["endpoint"] == "account.login"
    ).items()
    assert all(route["permission"] for route in found)
    assert all(set(route) == {"rule", "methods", "endpoint", "permission"} for route in found)


def test_migrate_shows_its_plan_and_then_does_it(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.main(["migrate", "--plan", "--json"]) == 1
    pending = json.loads(capsys.readouterr().out)["pending"]
    assert pending[0]["revision"] == "0001"
    assert commands.main(["migrate"]) == 0
    assert not (environment / "backups").exists(), "there was nothing to back up"
    assert commands.main(["migrate", "--plan"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_migrate_backs_up_what_is_there_first(
    database: Database, cast: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms.core import migrating
    from lms.ops import archive

    url = database.url.render_as_string(hide_password=False)
    config = Config(tmp_path / "data", url, "k" * 32)
    ahead = [migrating.Pending("0002", "what comes next")]
    monkeypatch.setattr(migrating, "pending", lambda engine: ahead)
    assert migrate.run([], config=config) == 0
    (path,) = (config.data_dir / "backups").iterdir()
    with archive.Reader(path) as reader:
        reader.verify()
        assert reader.manifest.members["tables/person.jsonl"].rows == 11


def _check(config: Config, name: str) -> doctor.Check:
    return next(check for check in doctor.examine(config) if check.name == name)


def test_doctor_answers_in_one_object(
    environment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.main(list(INIT))
    capsys.readouterr()
    assert commands.main(["doctor", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["ok"] is False
    by_name = {check["name"]: check for check in found["checks"]}
    assert {
        "database",
        "durability",
        "migrations",
        "disk",
        "clock",
        "secret",
        "mail",
        "worker",
    } <= (by_name.keys())
    assert all(set(check) == {"name", "ok", "detail"} for check in found["checks"])
    assert [name for name, check in by_name.items() if not check["ok"]] == ["worker"]
    assert "lms serve" in by_name["worker"]["detail"]


def test_doctor_finds_nothing_wrong_on_either_database_with_a_worker(
    database: Database, cast: object, tmp_path: Path
) -> None:
    from lms.app import create_app
    from lms.ops.background import Worker

    url = database.url.render_as_string(hide_password=False)
    config = Config.from_environment(
        {"LMS_DATA_DIR": str(tmp_path), "LMS_DATABASE_URL": url.replace("+psycopg", "")}
    )
    config = replace(config, database_url=url)
    Worker(create_app(config, database=database)).turn()
    assert [check for check in doctor.examine(config) if not check.ok] == []


def test_doctor_tells_what_is_wrong(
    sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_database.url.render_as_string()
    (tmp_path / "secret-key").write_text("k" * 40)
    (tmp_path / "secret-key").chmod(0o644)
    config = Config(tmp_path, url, "k" * 40, mail_url="smtp://127.0.0.1:1")
    assert not _check(config, "secret").ok
    assert "ConnectionRefusedError" in _check(config, "mail").detail
    with sqlite_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert _check(config, "migrations") == doctor.Check(
        "migrations", False, "schema_old; run: lms migrate"
    )
    missing = replace(config, database_url=f"sqlite:///{tmp_path / 'none.db'}")
    assert "lms init" in _check(missing, "database").detail
    assert not (tmp_path / "none.db").exists()


def test_doctor_answers_when_the_database_server_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "secret-key").write_text("k" * 40)
    url = f"postgresql+psycopg:///belay?host={tmp_path}"
    assert doctor.run(["--json"], config=Config(tmp_path, url, "k" * 40)) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert not checks["database"]["ok"]
    assert checks["disk"]["ok"]


def test_commands_say_in_a_line_that_there_is_no_company(
    environment: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert commands.main(["backup", str(tmp_path / "b.zip")]) == 2
    assert "lms init" in capsys.readouterr().err
    people = tmp_path / "people.csv"
    people.write_text("email,name\n")
    assert commands.main(["people", "import", str(people)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_nothing_is_imported_while_a_restore_is_under_way(
    environment: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    commands.main(list(INIT))
    people = tmp_path / "people.csv"
    people.write_text("email,name\nben@fell-and-ford.example.com,Ben\n")
    with lock.alone(environment):
        assert commands.main(["people", "import", str(people)]) == 2
    assert "in use" in capsys.readouterr().err
    assert commands.main(["people", "import", str(people)]) == 0


def test_an_accident_is_not_taken_for_findings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Path
) -> None:
    def fall(_config: Config) -> list[doctor.Check]:
        raise ZeroDivisionError

    monkeypatch.setattr(doctor, "examine", fall)
    assert commands.main(["doctor"]) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err
