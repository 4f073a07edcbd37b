"""Configuration: documented variables, refused ones, and the secret key's file."""

import re
import stat
from pathlib import Path

import pytest

from lms.app import create_app
from lms.core import web
from lms.core.clock import SystemClock
from lms.core.config import VARIABLES, Config, ConfigError

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def _config(tmp_path: Path, **variables: str) -> Config:
    return Config.from_environment({"LMS_DATA_DIR": str(tmp_path / "data"), **variables})


def test_without_variables_everything_is_in_the_data_folder(tmp_path: Path) -> None:
    config = _config(tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path}/data/belay.db"
    assert config.base_url == "http://127.0.0.1:8000"
    assert config.mail_url is None
    assert not config.demo
    assert not config.secure_cookies


def test_an_unknown_variable_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="LMS_DATABSE_URL"):
        _config(tmp_path, LMS_DATABSE_URL="sqlite:///x")


@pytest.mark.parametrize("name", ["LMS_DEMO", "LMS_CLOCK", "LMS_DATE", "LMS_NOW"])
def test_no_variable_makes_a_demo_or_moves_the_clock(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        _config(tmp_path, **{name: "1"})


def test_an_application_from_the_environment_tells_the_machines_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "demo.json").write_text('{"shift": -86400, "date": "2001-01-01", "demo": true}')
    monkeypatch.setenv("LMS_DATA_DIR", str(data_dir))
    monkeypatch.setenv("FAKETIME", "2001-01-01")
    app = create_app(Config.from_environment())
    belay: web.Belay = app.extensions[web.EXTENSION]
    assert type(belay.clock) is SystemClock
    assert belay.config.demo is False
    headers = {"Date": "Mon, 01 Jan 2001 00:00:00 GMT", "X-Date": "2001-01-01"}
    with app.test_request_context("/?date=2001-01-01", headers=headers):
        assert web.now().year > 2024


def test_a_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first, second = _config(tmp_path), _config(tmp_path)
    assert len(first.secret_key) >= 32
    assert first.secret_key == second.secret_key
    path = tmp_path / "data" / "secret-key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["secret-key"]


def test_a_given_secret_key_needs_no_file(tmp_path: Path) -> None:
    assert _config(tmp_path, LMS_SECRET_KEY="k" * 32).secret_key == "k" * 32
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LMS_SECRET_KEY", "short", "at least 32"),
        ("LMS_BASE_URL", "belay.example", "https://"),
        ("LMS_BASE_URL", "ftp://belay.example", "https://"),
        ("LMS_BASE_URL", "https://belay.example/lms", "must not have a path"),
        ("LMS_BASE_URL", "http://belay.example", "LMS_ALLOW_HTTP=1"),
        ("LMS_DATABASE_URL", "mysql://db/belay", "postgresql://"),
        ("LMS_MAIL_URL", "mail.example:25", "smtp://"),
        ("LMS_TRUSTED_PROXIES", "one", "whole number"),
        ("LMS_TRUSTED_PROXIES", "-1", "0 to 10"),
        ("LMS_WORKERS", "0", "1 to 256"),
        ("LMS_UPLOAD_MB", "0", "1 to 4096"),
        ("LMS_LOG", "xml", "text or json"),
    ],
)
def test_what_is_malformed_or_unsafe_is_refused_with_what_would_do(
    tmp_path: Path, name: str, value: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)) as refused:
        _config(tmp_path, **{name: value})
    assert name in str(refused.value)


@pytest.mark.parametrize(
    ("variables", "secure"),
    [
        ({"LMS_BASE_URL": "https://belay.example"}, True),
        ({"LMS_BASE_URL": "https://belay.example/"}, True),
        ({"LMS_BASE_URL": "http://localhost:8000"}, False),
        ({"LMS_BASE_URL": "http://[::1]:8000"}, False),
        ({"LMS_BASE_URL": "http://belay.example", "LMS_ALLOW_HTTP": "1"}, False),
    ],
)
def test_cookies_are_secure_where_the_address_is(
    tmp_path: Path, variables: dict[str, str], secure: bool
) -> None:
    assert _config(tmp_path, **variables).secure_cookies is secure


@pytest.mark.parametrize("prefix", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_takes_our_driver(tmp_path: Path, prefix: str) -> None:
    config = _config(tmp_path, LMS_DATABASE_URL=f"{prefix}://belay@db/belay")
    assert config.database_url == "postgresql+psycopg://belay@db/belay"


def test_the_manual_describes_exactly_the_variables_that_there_are() -> None:
    rows = re.findall(r"^\| `(LMS_\w+)` \| (.+) \|$", OPERATIONS.read_text("utf-8"), re.MULTILINE)
    assert dict(rows) == VARIABLES
