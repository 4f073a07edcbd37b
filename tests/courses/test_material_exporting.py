"""An export writes the bytes that were imported, and never outside its folder."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from lms.core import files
from lms.core.db import Database, writing
from lms.core.errors import NotFound, Refused
from lms.core.models import StoredFile
from lms.core.permissions import SYSTEM
from lms.courses.material.exporting import ExportFile, export_files, write_files
from lms.courses.material.importing import import_course
from lms.courses.material.planning import Result
from lms.courses.material.reading import read_course
from tests.conftest import MONDAY
from tests.courses.material_files import READ, contents, png, write_track

ONBOARDING = Path(__file__).parents[2] / "courses" / "onboarding"


def bring_in(session: Session, folder: Path, files_dir: Path) -> set[Result]:
    """Import a folder that has no problems; return what became of its files."""
    source, problems = read_course(folder)
    assert problems == []
    found = import_course(session, actor=SYSTEM, source=source, files_dir=files_dir, now=MONDAY)
    return {item.result for item in found.items}


def write_out(session: Session, into: Path, files_dir: Path, **options: Any) -> list[str]:
    """Export everything."""
    session.flush()
    found = export_files(session)
    return write_files(found, into, files_dir=files_dir, force=options.get("force", False))


def test_the_starter_curriculum_comes_out_as_it_went_in(session: Session, tmp_path: Path) -> None:
    bring_in(session, ONBOARDING, tmp_path / "files")
    assert write_out(session, tmp_path / "out", tmp_path / "files") == []
    assert contents(tmp_path / "out" / "onboarding") == contents(ONBOARDING)
    assert bring_in(session, tmp_path / "out" / "onboarding", tmp_path / "files") == {Result.SAME}


def test_the_newest_version_is_written_with_media_and_translations(
    session: Session, tmp_path: Path
) -> None:
    stored, out = tmp_path / "files", tmp_path / "out"
    bring_in(session, write_track(tmp_path), stored)
    folder = write_track(
        tmp_path,
        {
            "week-1/01-bowline.md": None,
            "week-2/07-bowline.md": "\ufeff" + READ.replace("\n", "\r\n"),
            "week-1/03-tie-three.md": None,
            "week-1/03-tie-three.he.md": None,
            "week-1/04-new.md": READ,
            "week-1/04-new.ru.md": "---\ntitle: Новый\n---\nУзел.",
            "track.he.md": None,
            "media/bowline.png": png(9),
        },
    )
    bring_in(session, folder, stored)
    write_out(session, out, stored)
    assert contents(out / "ropework") == contents(folder)


words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "Zs"), include_characters="'’-,.?"),
    min_size=1,
    max_size=40,
).filter(lambda word: word.strip() and word.strip() == word and "\n" not in word)
lines = st.lists(words, min_size=1, max_size=4).map("\n\n".join)
clock = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))


@st.composite
def file_text(draw: st.DrawFn, meta: dict[str, Any]) -> bytes:
    """A file with this front matter, a body, and any way to end lines."""
    header = yaml.safe_dump(meta, allow_unicode=True, sort_keys=draw(st.booleans()), width=10_000)
    content = f"---\n{header}---\n{draw(lines)}{draw(st.sampled_from(['', chr(10), chr(10) * 2]))}"
    if draw(st.booleans()):
        content = content.replace("\n", "\r\n")
    return (draw(st.sampled_from(["", "\ufeff"])) + content).encode()


@st.composite
def step_files(draw: st.DrawFn, path: str, session: str | None) -> dict[str, bytes]:
    """A step and perhaps a translation."""
    kind = draw(st.sampled_from(["read", "do", "meet", "watch"]))
    meta: dict[str, Any] = {"title": draw(words), "kind": kind}
    meta |= {"day": draw(st.integers(1, 5)), "minutes": draw(st.integers(1, 480))}
    translated: dict[str, Any] = {"title": draw(words)}
    if draw(st.booleans()):
        meta |= {"summary": draw(words), "required": draw(st.booleans())}
    if kind == "do":
        meta |= {"confirm_by": "coach", "checklist": [draw(words), draw(words)]}
        translated["checklist"] = [draw(words), draw(words)]
    if kind == "meet":
        meta |= {"at": draw(clock), "place": draw(words)}
    if kind == "watch":
        meta["ref"] = "https://videos.northfold.test/1"
    if draw(st.booleans()):
        anchor = draw(st.sampled_from(["intake", "own", *([session] if session else [])]))
        meta["due"] = {"anchor": anchor, "days": draw(st.integers(0, 20)), "at": draw(clock)}
    found = {path: draw(file_text(meta))}
    for language in draw(st.sets(st.sampled_from(["zh", "ru", "he"]))):
        found[f"{path.removesuffix('.md')}.{language}.md"] = draw(file_text(translated))
    return found


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, bytes]:
    """A whole valid track."""
    count = draw(st.integers(1, 3))
    weeks = [{key: draw(words) for key in ("title", "theme", "goal")} for _ in range(count)]
    frame = {"title": draw(words), "summary": draw(words), "weeks": weeks}
    found = {"track.md": draw(file_text(frame))}
    if draw(st.booleans()):
        found["track.ru.md"] = draw(file_text(frame))
    opening = {"title": "Open", "kind": "meet", "day": 1, "minutes": 5, "at": "09:00", "place": "x"}
    found["week-1/00-opening.md"] = draw(file_text(opening))
    for week in range(1, count + 1):
        for number in range(1, draw(st.integers(1, 3)) + 1):
            path = f"week-{week}/{number:02}-step-{week}-{number}.md"
            found |= draw(step_files(path, "session:opening"))
    return found


class Undo(Exception):
    """Takes an example's rows back."""


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=tracks(), second=tracks())
def test_any_track_survives_the_round_trip_and_so_does_its_next_version(
    sqlite_database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    first: dict[str, bytes],
    second: dict[str, bytes],
) -> None:
    root = tmp_path_factory.mktemp("trip")
    # What kind a step was, stays: a later version may not change it.
    kinds = {path: _kind(content) for path, content in first.items()}
    second = {
        path: content
        for path, content in second.items()
        if path.count(".") == 1 and kinds.get(path, _kind(content)) == _kind(content)
    }
    second["week-1/00-opening.md"] = first["week-1/00-opening.md"]
    weeks = yaml.safe_load(second["track.md"].decode("utf-8-sig").split("---")[1])["weeks"]
    for week in range(1, len(weeks) + 1):
        second.setdefault(f"week-{week}/09-extra-{week}.md", READ.split("![")[0].encode())
    with suppress(Undo), sqlite_database.session() as session, writing(session):
        for number, track in enumerate((first, second)):
            _make_the_trip(session, root / str(number), root / "files", track)
        raise Undo


def _make_the_trip(session: Session, root: Path, stored: Path, track: dict[str, bytes]) -> None:
    folder, out = root / "trip", root / "out"
    for path, content in track.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    bring_in(session, folder, stored)
    write_out(session, out, stored)
    assert contents(out / "trip") == contents(folder)
    assert bring_in(session, out / "trip", stored) == {Result.SAME}


def _kind(content: bytes) -> str | None:
    header = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n---\n")[0]
    kind: str | None = yaml.safe_load(header.removeprefix("---\n")).get("kind")
    return kind


def test_a_folder_with_something_in_it_is_refused(session: Session, tmp_path: Path) -> None:
    bring_in(session, write_track(tmp_path), tmp_path / "files")
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="export_not_empty"):
        write_out(session, out, tmp_path / "files")
    assert contents(out) == {"mine.txt": b"mine"}
    with pytest.raises(Refused, match="export_no_folder"):
        write_out(session, out / "mine.txt", tmp_path / "files")


def test_a_forced_export_replaces_files_deletes_none_and_tells_what_is_left(
    session: Session, tmp_path: Path
) -> None:
    folder = write_track(tmp_path)
    bring_in(session, folder, tmp_path / "files")
    (folder / "week-1" / "01-bowline.md").write_text("broken")
    (folder / "week-1" / "09-draft.md").write_text("mine")
    left = write_out(session, tmp_path, tmp_path / "files", force=True)
    assert left == ["ropework/week-1/09-draft.md"]
    assert (folder / "week-1" / "01-bowline.md").read_text() == READ
    assert (folder / "week-1" / "09-draft.md").read_text() == "mine"


def test_an_export_never_follows_a_link_out_of_its_folder(session: Session, tmp_path: Path) -> None:
    bring_in(session, write_track(tmp_path / "in"), tmp_path / "files")
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    out.mkdir()
    (out / "ropework").symlink_to(outside)
    with pytest.raises(Refused, match="export_outside"):
        write_out(session, out, tmp_path / "files", force=True)
    assert list(outside.iterdir()) == []
    (out / "ropework").unlink()
    (out / "ropework").mkdir()
    (outside / "secret").write_text("kept")
    (out / "ropework" / "track.md").symlink_to(outside / "secret")
    write_out(session, out, tmp_path / "files", force=True)
    assert (outside / "secret").read_text() == "kept"
    assert not (out / "ropework" / "track.md").is_symlink()


@pytest.mark.parametrize("path", ["../x.md", "a/../../x.md", "/etc/x", "a/.git/x", "", "A"])
def test_a_path_that_leads_out_is_refused_before_anything_is_written(
    path: str, tmp_path: Path
) -> None:
    found = [ExportFile("fine/track.md", b"x"), ExportFile(path, b"x")]
    with pytest.raises(Refused, match="export_outside"):
        write_files(found, tmp_path / "out", files_dir=tmp_path, force=False)
    assert not (tmp_path / "out").exists()


def test_a_path_that_was_tampered_with_in_the_database_stays_inside(
    session: Session, tmp_path: Path
) -> None:
    bring_in(session, write_track(tmp_path / "in"), tmp_path / "files")
    session.execute(text("UPDATE version_step SET path = '../../evil.md' WHERE position = 0"))
    with pytest.raises(Refused, match="export_outside"):
        write_out(session, tmp_path / "out", tmp_path / "files")


def test_a_lost_or_damaged_medium_is_told(session: Session, tmp_path: Path) -> None:
    stored = tmp_path / "files"
    bring_in(session, write_track(tmp_path / "in"), stored)
    sha256 = session.scalars(select(StoredFile.sha256)).one()
    files.path_of(stored, sha256).write_bytes(b"rotten")
    with pytest.raises(Refused, match="medium_lost"):
        write_out(session, tmp_path / "one", stored)
    files.path_of(stored, sha256).unlink()
    with pytest.raises(Refused, match="medium_lost"):
        write_out(session, tmp_path / "two", stored)
    assert not (tmp_path / "two").exists()


def test_one_course_can_be_asked_for(session: Session, tmp_path: Path) -> None:
    for slug in ("ropework", "anchors"):
        bring_in(session, write_track(tmp_path / "in", {}, slug=slug), tmp_path / "files")
    session.flush()
    assert {file.path.split("/")[0] for file in export_files(session)} == {"anchors", "ropework"}
    assert {f.path.split("/")[0] for f in export_files(session, "anchors")} == {"anchors"}
    with pytest.raises(NotFound):
        export_files(session, "gone")
