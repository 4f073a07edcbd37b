"""Media of courses: for members only, only what belongs to a course, in parts where asked."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from lms.core.config import Config
from lms.core.db import Database
from lms.core.files import keep, write_content
from lms.courses.models import VersionMedium
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.trails import Trail, make_trail

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 40


@pytest.fixture
def trail(sqlite_database: Database, people: Cast) -> Trail:
    with sqlite_database.writing() as session:
        return make_trail(session, people, MONDAY)


def store(
    database: Database, folder: Path, content: bytes, media_type: str, trail: Trail | None
) -> str:
    digest = write_content(folder, content)
    with database.writing() as session:
        row = keep(session, digest=digest, media_type=media_type, size=len(content), now=MONDAY)
        if trail is not None:
            session.add(
                VersionMedium(
                    course_version_id=trail.track.version_id,
                    path=f"media/{digest[:8]}.mp4",
                    file_id=row.id,
                )
            )
    return digest


@pytest.fixture
def video(config: Config, sqlite_database: Database, trail: Trail) -> str:
    return store(sqlite_database, config.files_dir, VIDEO, "video/mp4", trail)


def test_members_get_the_video_privately_and_with_its_type(
    browser: Any, people: Cast, video: str
) -> None:
    answer = browser(people.maya).get(f"/media/{video}", buffered=True)
    assert (answer.status_code, answer.data) == (200, VIDEO)
    assert answer.mimetype == "video/mp4"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["ETag"] == f'"{video}"'


def test_a_browser_that_has_it_gets_304(browser: Any, people: Cast, video: str) -> None:
    answer = browser(people.maya).get(
        f"/media/{video}", buffered=True, headers={"If-None-Match": f'"{video}"'}
    )
    assert (answer.status_code, answer.data) == (304, b"")


@pytest.mark.parametrize(
    ("range_", "status", "expected"),
    [
        ("bytes=0-9", 206, VIDEO[:10]),
        ("bytes=100-", 206, VIDEO[100:]),
        ("bytes=-5", 206, VIDEO[-5:]),
        ("bytes=5-999999999", 206, VIDEO[5:]),
        ("bytes=999999999-", 416, None),
        ("bytes=" + ",".join(f"{n}-{n}" for n in range(1000)), 416, None),
        ("lines=1-2", 416, None),
    ],
)
def test_ranges_are_answered_or_refused(
    browser: Any,
    people: Cast,
    video: str,
    range_: str,
    status: int,
    expected: bytes | None,
) -> None:
    answer = browser(people.maya).get(f"/media/{video}", buffered=True, headers={"Range": range_})
    assert answer.status_code == status
    if expected is not None:
        assert answer.data == expected


def test_strangers_are_sent_to_sign_in_for_every_range(browser: Any, video: str) -> None:
    answer = browser().get(f"/media/{video}", buffered=True, headers={"Range": "bytes=0-9"})
    assert answer.status_code == 303


def test_a_file_that_no_course_has_is_not_there(
    browser: Any, people: Cast, trail: Trail, config: Config, sqlite_database: Database
) -> None:
    loose = store(sqlite_database, config.files_dir, b"\0\0\0\x18ftypmp42 loose", "video/mp4", None)
    unknown = hashlib.sha256(b"nothing").hexdigest()
    for digest in (loose, unknown, "..%2f..%2fbelay.db", "x" * 300):
        assert browser(people.maya).get(f"/media/{digest}", buffered=True).status_code == 404


def test_a_file_missing_on_the_disk_is_404(
    browser: Any, people: Cast, video: str, config: Config
) -> None:
    (config.files_dir / video[:2] / video).unlink()
    assert browser(people.maya).get(f"/media/{video}", buffered=True).status_code == 404


def test_a_type_that_could_run_is_only_saved(
    browser: Any, people: Cast, trail: Trail, config: Config, sqlite_database: Database
) -> None:
    digest = store(
        sqlite_database, config.files_dir, b"<svg onload='alert(1)'/>", "image/svg+xml", trail
    )
    answer = browser(people.maya).get(f"/media/{digest}", buffered=True)
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
