"""Backup and restore: all of a company, in one file, on either database, or nothing at all."""

import json
import os
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from lms.core import files
from lms.core.backups import last_backup
from lms.core.config import Config
from lms.core.db import Base, Database
from lms.core.errors import Unavailable
from lms.core.models import OutboxRow, StoredFile, WorkerBeat
from lms.ops import archive, backup, lock, places, restore
from lms.people.models import Person, Shift, ShiftException
from tests.cast import Cast, make_cast
from tests.conftest import MONDAY, open_database

NewPlace = Callable[[str], Config]


@pytest.fixture
def company(database: Database, cast: Cast, tmp_path: Path) -> Config:
    """A company with people, an upload and values that databases like to bend."""
    config = _config(tmp_path / "here", database)
    photo = b"a picture, as far as this test goes"
    digest = files.write_content(config.files_dir, photo)
    with database.writing() as session:
        row = files.keep(
            session, digest=digest, media_type="image/webp", size=len(photo), now=MONDAY
        )
        maya = session.get_one(Person, cast.maya)
        maya.photo_file_id = row.id
        maya.about = 'Two lines:\nand "quotes", \\, \u2028, 攀岩 🧗'
        maya.leaves_on = date(2026, 12, 31)
        session.add_all(
            [
                Shift(person_id=cast.maya, weekday=0, starts_at=time(22, 30), ends_at=time(6)),
                ShiftException(person_id=cast.maya, on_date=date(2026, 3, 29)),
                OutboxRow(
                    kind="greet",
                    key="greet",
                    payload={"b": [1, 2.5, None, True], "a": "ключ"},
                    created_at=MONDAY + timedelta(microseconds=123456),
                    due_at=MONDAY,
                ),
            ]
        )
    return config


@pytest.fixture
def new_place(
    tmp_path: Path, postgres_template: tuple[str, str], request: pytest.FixtureRequest
) -> Iterator[NewPlace]:
    """A function that returns the configuration of an empty place on a kind of database."""
    from tests.conftest import _on_server, _postgres_url

    server, _ = postgres_template
    made: list[str] = []

    def make(kind: str) -> Config:
        folder = tmp_path / f"there-{len(made)}"
        name = f"restored_{os.getpid()}_{abs(hash(str(folder)))}"
        made.append(name)
        url = f"sqlite:///{folder / 'belay.db'}"
        if kind == "postgresql":
            _on_server(server, f'CREATE DATABASE "{name}"')
            url = _postgres_url(server, name)
        return Config(data_dir=folder, database_url=url, secret_key="another key, to be replaced")

    yield make
    for name in made:
        _on_server(server, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _config(folder: Path, database: Database) -> Config:
    url = database.url.render_as_string(hide_password=False)
    return Config(data_dir=folder, database_url=url, secret_key="the secret key of this company")


def _counts(config: Config) -> dict[str, int]:
    database = open_database(config.database_url)
    with database.reading() as session:
        found = {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Base.metadata.tables.items()
        }
    database.dispose()
    return found


def _contents(path: Path) -> dict[str, str]:
    """Return what each table of a backup hashes to."""
    with archive.Reader(path) as reader:
        return {
            name: member.sha256
            for name, member in reader.manifest.members.items()
            if name.startswith("tables/")
        }


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_a_company_moves_to_either_database_as_it_was(
    company: Config, new_place: NewPlace, tmp_path: Path, target: str
) -> None:
    first, second = tmp_path / "first.zip", tmp_path / "second.zip"
    backup.create(company, first)
    there = new_place(target)
    restore.restore(there, first)
    assert _counts(there) == _counts(company)
    assert _counts(there)["person"] == 11
    backup.create(there, second)
    assert _contents(second) == _contents(first)
    assert list(_uploads(there).values()) == [b"a picture, as far as this test goes"]
    key = there.data_dir / "secret-key"
    assert key.read_text() == company.secret_key
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def _uploads(config: Config) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in config.files_dir.rglob("*") if path.is_file()}


@pytest.mark.parametrize("target", ["sqlite", "postgresql"])
def test_new_rows_get_new_numbers_after_a_restore(
    company: Config, new_place: NewPlace, tmp_path: Path, target: str
) -> None:
    backup.create(company, tmp_path / "b.zip")
    there = new_place(target)
    restore.restore(there, tmp_path / "b.zip")
    database = open_database(there.database_url)
    with database.writing() as session:
        person = Person(email="new@northfold.test", name="New", created_at=MONDAY)
        session.add(person)
        session.flush()
        assert person.id == _counts(company)["person"] + 1
        ben = session.scalars(select(Person).where(Person.email == "ben@northfold.test")).one()
        assert ben.created_at == MONDAY
    database.dispose()


def test_a_backup_is_of_one_moment_while_people_go_on_working(
    company: Config, database: Database, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person and her shift arrive together between two tables: the file has both or none."""
    from lms.ops import dump

    plain = dump.lines

    def busy(connection, name, columns):  # type: ignore[no-untyped-def]
        if name == "shift":
            with database.writing() as session:
                late = Person(email="late@northfold.test", name="Late", created_at=MONDAY)
                session.add(late)
                session.flush()
                session.add(
                    Shift(person_id=late.id, weekday=1, starts_at=time(9), ends_at=time(17))
                )
        return plain(connection, name, columns)

    monkeypatch.setattr(dump, "lines", busy)
    manifest = backup.create(company, tmp_path / "b.zip")
    assert manifest.members["tables/person.jsonl"].rows == 11
    assert manifest.members["tables/shift.jsonl"].rows == 1
    assert _counts(company)["shift"] == 2


def test_only_its_owner_reads_a_backup_and_nothing_half_is_left(
    company: Config, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    backup.create(company, folder / "b.zip")
    backup.create(company, folder / "b.zip")
    assert [path.name for path in folder.iterdir()] == ["b.zip"]
    assert stat.S_IMODE((folder / "b.zip").stat().st_mode) == 0o600


def test_a_backup_that_fails_leaves_the_one_before(
    company: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "b.zip"
    backup.create(company, target)
    before = target.read_bytes()

    def damaged(_reader: archive.Reader) -> None:
        raise archive.Damaged("the disk lied")

    monkeypatch.setattr(archive.Reader, "verify", damaged)
    with pytest.raises(archive.Damaged):
        backup.create(company, target)
    assert target.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".b.zip*")] == []


def test_the_command_notes_when_and_leaves_the_database_as_it_was(
    company: Config, tmp_path: Path
) -> None:
    before = datetime.now(UTC)
    assert backup.run([str(tmp_path / "a.zip")], config=company) == 0
    noted = last_backup(company.data_dir)
    assert noted is not None
    assert before <= noted <= datetime.now(UTC)
    assert backup.run([str(tmp_path / "b.zip")], config=company) == 0
    assert _contents(tmp_path / "a.zip") == _contents(tmp_path / "b.zip")


def test_an_upload_that_is_missing_is_reported_and_the_rest_is_kept(
    company: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in company.files_dir.rglob("*"):
        if path.is_file():
            path.unlink()
    assert backup.run([str(tmp_path / "b.zip")], config=company) == 1
    assert "an upload is missing" in capsys.readouterr().err
    with archive.Reader(tmp_path / "b.zip") as reader:
        reader.verify()
        assert len(reader.manifest.missing_files) == 1


def test_a_company_that_is_there_is_not_overwritten(company: Config, tmp_path: Path) -> None:
    backup.create(company, tmp_path / "b.zip")
    with pytest.raises(restore.Impossible, match="--replace"):
        restore.restore(company, tmp_path / "b.zip")


def test_replacing_brings_back_exactly_what_was_backed_up(
    company: Config, database: Database, tmp_path: Path
) -> None:
    backup.create(company, tmp_path / "b.zip")
    with database.writing() as session:
        session.add(Person(email="later@northfold.test", name="Later", created_at=MONDAY))
    database.dispose()
    restore.restore(company, tmp_path / "b.zip", replace=True)
    assert _counts(company)["person"] == 11
    assert not list(Path(company.data_dir).parent.glob("*.restoring*"))


def test_nothing_is_replaced_while_a_worker_lives(
    company: Config, database: Database, tmp_path: Path
) -> None:
    backup.create(company, tmp_path / "b.zip")
    now = datetime.now(UTC)
    with database.writing() as session:
        session.add(WorkerBeat(name="shop:1", started_at=now, beat_at=now))
    with pytest.raises(restore.Impossible, match="shop:1"):
        restore.restore(company, tmp_path / "b.zip", replace=True)


def test_nothing_is_replaced_while_a_server_runs_here(
    company: Config, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    backup.create(company, tmp_path / "b.zip")
    with lock.sharing(company.data_dir):
        assert restore.run([str(tmp_path / "b.zip"), "--replace"], config=company) == 2
    assert "in use" in capsys.readouterr().err
    assert restore.run([str(tmp_path / "b.zip"), "--replace"], config=company) == 0


@pytest.fixture
def whole(sqlite_database: Database, tmp_path: Path) -> Path:
    """A good backup of a small company on SQLite."""
    with sqlite_database.writing() as session:
        make_cast(session, MONDAY)
    config = _config(tmp_path / "small", sqlite_database)
    digest = files.write_content(config.files_dir, b"an upload " * 1000)
    with sqlite_database.writing() as session:
        session.add(
            StoredFile(sha256=digest, media_type="image/webp", size=10_000, stored_at=MONDAY)
        )
    path = tmp_path / "whole.zip"
    backup.create(config, path)
    return path


def _refused(path: Path, tmp_path: Path) -> str:
    """Restore into an empty place; return why not, and make sure that it is still empty."""
    folder = tmp_path / "empty"
    there = Config(folder, f"sqlite:///{folder / 'belay.db'}", "k" * 32)
    with pytest.raises(archive.Damaged) as refused:
        restore.restore(there, path)
    assert not folder.exists()
    return str(refused.value)


def test_a_truncated_file_is_refused_wherever_it_ends(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    for size in (0, 10, len(content) // 2, len(content) - 1):
        broken = tmp_path / "broken.zip"
        broken.write_bytes(content[:size])
        assert _refused(broken, tmp_path)


def test_a_changed_byte_is_noticed_wherever_it_is(whole: Path, tmp_path: Path) -> None:
    content = whole.read_bytes()
    with zipfile.ZipFile(whole) as opened:
        entries = [info for info in opened.infolist() if info.compress_size > 20]
    for info in entries:
        name_and_extra = sum(struct.unpack_from("<HH", content, info.header_offset + 26))
        position = info.header_offset + 30 + name_and_extra + info.compress_size // 2
        changed = bytearray(content)
        changed[position] ^= 0x55
        broken = tmp_path / "broken.zip"
        broken.write_bytes(changed)
        assert _refused(broken, tmp_path), info.filename


def _rewritten(whole: Path, target: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write a zip file that is whole as such, with other members."""
    with zipfile.ZipFile(whole) as opened:
        members = {name: opened.read(name) for name in opened.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as out:
        for name, content in members.items():
            out.writestr(name, content)
    return target


def test_a_member_that_leads_out_of_the_folder_is_refused(whole: Path, tmp_path: Path) -> None:
    def add(members: dict[str, bytes]) -> None:
        name = "files/../../../evil"
        members[name] = b"evil"
        manifest = json.loads(members["manifest.json"])
        digest = "4e3c7d2ef8b3b9b7b9e2bb7c4a8a0f8a" * 2
        manifest["members"][name] = {"size": 4, "sha256": digest, "rows": None}
        members["manifest.json"] = json.dumps(manifest).encode()

    path = _rewritten(whole, tmp_path / "slip.zip", add)
    assert "unexpected member" in _refused(path, tmp_path)
    assert not list(tmp_path.rglob("evil"))


def test_a_member_that_the_manifest_does_not_list_is_refused(whole: Path, tmp_path: Path) -> None:
    def add(members: dict[str, bytes]) -> None:
        members["tables/extra.jsonl"] = b"[]\n"

    path = _rewritten(whole, tmp_path / "more.zip", add)
    assert "not those that its manifest lists" in _refused(path, tmp_path)


def test_a_member_that_is_gone_is_noticed(whole: Path, tmp_path: Path) -> None:
    def drop(members: dict[str, bytes]) -> None:
        del members["tables/person.jsonl"]

    path = _rewritten(whole, tmp_path / "less.zip", drop)
    assert "not those that its manifest lists" in _refused(path, tmp_path)


def test_a_table_with_other_rows_is_noticed(whole: Path, tmp_path: Path) -> None:
    def promote(members: dict[str, bytes]) -> None:
        content = members["tables/person_role.jsonl"]
        members["tables/person_role.jsonl"] = content.replace(b'"coach"', b'"admin"')

    path = _rewritten(whole, tmp_path / "promoted.zip", promote)
    assert "tables/person_role.jsonl has another content" in _refused(path, tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a backup", b"\x89PNG\r\n\x1a\n" * 100])
def test_another_kind_of_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert "not a whole backup" in _refused(path, tmp_path)


def test_a_backup_of_another_format_is_refused(whole: Path, tmp_path: Path) -> None:
    def age(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | {"format": 99}
        members["manifest.json"] = json.dumps(manifest).encode()

    path = _rewritten(whole, tmp_path / "other.zip", age)
    assert "format 99" in _refused(path, tmp_path)


def test_a_backup_of_a_newer_program_is_refused(whole: Path, tmp_path: Path) -> None:
    def age(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"]) | {"revision": "9999"}
        members["manifest.json"] = json.dumps(manifest).encode()

    path = _rewritten(whole, tmp_path / "newer.zip", age)
    there = Config(tmp_path / "there", f"sqlite:///{tmp_path}/there/belay.db", "k" * 32)
    with pytest.raises(restore.Impossible, match="newer Belay"):
        restore.restore(there, path)
    assert places.is_empty(there.database_url)


def test_a_restore_that_breaks_off_leaves_the_company_as_it_was(
    company: Config, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lms.ops import dump

    backup.create(company, tmp_path / "b.zip")
    with database.writing() as session:
        session.add(Person(email="later@northfold.test", name="Later", created_at=MONDAY))
    database.dispose()

    def break_off(*_arguments: object) -> None:
        raise OSError("no room left on the disk")

    monkeypatch.setattr(dump, "load", break_off)
    assert restore.run([str(tmp_path / "b.zip"), "--replace"], config=company) == 2
    assert _counts(company)["person"] == 12


def test_there_is_nothing_to_back_up_before_there_is_a_company(tmp_path: Path) -> None:
    nowhere = Config(tmp_path, f"sqlite:///{tmp_path / 'none.db'}", "k" * 32)
    with pytest.raises(Unavailable):
        backup.create(nowhere, tmp_path / "b.zip")
    assert not (tmp_path / "none.db").exists()


def test_json_null_and_no_value_stay_apart(
    company: Config, database: Database, new_place: NewPlace, tmp_path: Path
) -> None:
    with database.writing() as session:
        for key, payload in (("null", "null"), ("list", "[null]")):
            session.execute(
                text(
                    "INSERT INTO outbox (kind, key, payload, created_at, due_at, attempts)"
                    " SELECT kind, :key, CAST(:payload AS "
                    + ("TEXT" if database.is_sqlite else "JSON")
                    + "), created_at, due_at, 0 FROM outbox WHERE key = 'greet'"
                ),
                {"key": key, "payload": payload},
            )
    backup.create(company, tmp_path / "b.zip")
    there = replace(new_place("sqlite" if not database.is_sqlite else "postgresql"))
    restore.restore(there, tmp_path / "b.zip")
    other = open_database(there.database_url)
    with other.reading() as session:
        rows = dict(session.execute(select(OutboxRow.key, OutboxRow.payload)).all())  # type: ignore[arg-type]
    other.dispose()
    assert rows["null"] is None
    assert rows["list"] == [None]
