"""Files that are not what they say, too large, or told to run: refused kindly, or made harmless."""

import errno
import io
import os
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.test import TestResponse

from lms.core import files
from lms.core.models import StoredFile
from lms.courses.models import StepEvent
from lms.people.models import Person
from tests.client import Browser
from tests.security.conftest import World
from tests.test_routes import fingerprint

SCRIPT = b"<html><script>zq(1)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="zq(1)"/>'
CLAIM = "/steps/onboarding/first-case/claim"


def picture(kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(out, kind, **options)
    return out.getvalue()


def located() -> bytes:
    """Return a photo that tells where it was taken."""
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825).update({1: "N", 2: (59.0, 54.0, 1.0), 3: "E", 4: (10.0, 44.0, 2.0)})
    return picture(exif=exif)


def huge_png(side: int) -> bytes:
    """Return a PNG of so many pixels a side in a few bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    packed = zlib.compress(bytes(100_000), 9)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
    return start + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def upload(
    sender: Browser, url: str, field: str, content: bytes, name: str, *, key: str = ""
) -> TestResponse:
    """Send a file as a browser does; the test client would leave large ones open."""
    token = sender.csrf_token("/account/password")
    disposition = f'form-data; name="{field}"; filename="{name}"'
    body = (
        b"--edge\r\nContent-Disposition: form-data; name=csrf_token\r\n\r\n"
        + token.encode()
        + b"\r\n--edge\r\nContent-Disposition: form-data; name=_key\r\n\r\n"
        + key.encode()
        + f"\r\n--edge\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
        + content
        + b"\r\n--edge--\r\n"
    )
    return sender.post(url, data=body, content_type="multipart/form-data; boundary=edge")


REFUSED = {
    "a page named .jpg": (SCRIPT, "me.jpg"),
    "a drawing that runs": (SVG, "me.svg"),
    "a drawing named .png": (SVG, "me.png"),
    "half a photo": (picture()[: len(picture()) // 2], "me.jpg"),
    "only a header": (picture()[:20], "me.jpg"),
    "a GIF header before a script": (b"GIF89a/*" + SCRIPT, "me.gif"),
    "a JPEG header before a script": (b"\xff\xd8\xff\xe0" + SCRIPT, "me.jpg"),
    "HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(100), "me.heic"),
    "900 million pixels": (huge_png(30_000), "me.png"),
    "13 MB": (picture() + bytes(13_000_000), "me.jpg"),
    "60 MB": (bytes(60 * 1024 * 1024), "me.jpg"),
    "nothing": (b"", "me.jpg"),
    "a PDF": (b"%PDF-1.7 " + bytes(100), "me.pdf"),
    "a zip": (b"PK\x03\x04" + bytes(100), "me.jpg"),
    "a TIFF": (picture("TIFF"), "me.jpg"),
}


@pytest.mark.parametrize(
    ("who", "url", "field"),
    [("maya", "/profile/photo", "photo"), ("ada", "/settings/logo", "logo")],
)
def test_what_is_no_picture_is_refused_quickly_and_leaves_nothing(
    small_world: World, who: str, url: str, field: str
) -> None:
    sender = small_world.browser(who)
    before, kept = fingerprint(small_world.database), stored(small_world)
    for case, (content, name) in REFUSED.items():
        started = time.process_time()
        with upload(sender, url, field, content, name) as answer:
            assert answer.status_code == 422, case
            assert "<script>zq" not in answer.text
        assert time.process_time() - started < 2, case
    assert fingerprint(small_world.database) == before
    assert stored(small_world) == kept


def stored(world: World) -> list[str]:
    folder = world.app.extensions["belay"].config.files_dir
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_a_wrong_photo_keeps_the_note_of_a_claim(small_world: World) -> None:
    maya = small_world.browser("maya")
    maya.submit("/steps/onboarding/first-case/withdraw")
    answer = maya.submit(
        CLAIM, {"note": "I did <b>this</b>", "photo": (io.BytesIO(SCRIPT), "x.jpg")}
    )
    assert answer.status_code == 422
    assert "I did &lt;b&gt;this&lt;/b&gt;" in answer.text


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd.jpg",
        "C:\\windows\\me.jpg",
        "a\x00.jpg",
        'x" onerror="zq(1).jpg',
        "<script>zq(1)</script>.jpg",
        "\u202egpj.exe",
        "x" * 2000 + ".jpg",
        "\r\nSet-Cookie: a=b.jpg",
    ],
)
def test_the_name_of_a_file_goes_nowhere(small_world: World, name: str) -> None:
    maya = small_world.browser("maya")
    photo = (io.BytesIO(picture()), name)
    answer = maya.submit("/profile/photo", {"photo": photo})
    assert answer.status_code in (303, 400, 422)
    assert "Set-Cookie: a=b" not in str(answer.headers)
    page = maya.get("/profile").text
    assert "zq(1)" not in page
    assert all(len(one) == 64 for one in stored(small_world))


def test_a_photo_forgets_where_it_was_taken(small_world: World) -> None:
    assert b"taken at home" in located()
    maya = small_world.browser("maya")
    assert maya.submit("/profile/photo", {"photo": (io.BytesIO(located()), "a.jpg")}).location
    maya.submit("/steps/onboarding/first-case/withdraw")
    maya.submit(CLAIM, {"note": "There", "photo": (io.BytesIO(located()), "a.jpg")})
    with small_world.database.reading() as session:
        people = select(Person.photo_file_id).where(Person.id == small_world.people.maya)
        claims = select(StepEvent.file_id).where(StepEvent.note == "There")
        hashes = session.scalars(
            select(StoredFile.sha256).where(StoredFile.id.in_(people) | StoredFile.id.in_(claims))
        ).all()
        event_id = session.scalars(select(StepEvent.id).where(StepEvent.note == "There")).one()
    folder = small_world.app.extensions["belay"].config.files_dir
    assert hashes
    for sha256 in hashes:
        content = files.path_of(folder, sha256).read_bytes()
        assert b"taken at home" not in content
        assert not Image.open(io.BytesIO(content)).getexif()
    with maya.get(f"/claims/photo/{event_id}") as sent:
        assert sent.mimetype == "image/webp"


RANGES = (
    "bytes=0-0",
    "bytes=-1",
    "bytes=5-2",
    "bytes=999999999999-",
    "bytes=0-99999999999999999999",
    "bytes=" + ",".join(f"{n}-{n + 1}" for n in range(1000)),
    "bytes=0-5,0-5,0-5",
    "bytes=--5",
    "bytes=a-b",
    "lines=1-2",
    "bytes=" + "9" * 5000 + "-",
    "bytes=0-\x7f",
)


@pytest.mark.parametrize(
    ("who", "expected"),
    [("maya", (200, 206, 416)), ("ravi", (200, 206, 416)), ("olga", (404,)), (None, (303,))],
)
def test_an_absurd_range_gets_an_answer_no_longer_than_the_file(
    small_world: World, who: str | None, expected: tuple[int, ...]
) -> None:
    url = f"/claims/photo/{small_world.samples['event_id']}"
    reader = small_world.browser(who)
    for odd in RANGES:
        with reader.get(url, headers={"Range": odd}) as answer:
            assert answer.status_code in expected, odd
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            if answer.status_code in (200, 206):
                assert len(answer.data) <= 19
                assert answer.headers["Cache-Control"].startswith("private")


def test_a_nearly_full_disk_refuses_uploads_and_still_takes_words(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LEAST_FREE_BYTES", 2**62)
    maya = small_world.browser("maya")
    maya.submit("/steps/onboarding/first-case/withdraw")
    photo = {"photo": (io.BytesIO(picture()), "a.jpg"), "note": "All that I did"}
    refused = maya.submit(CLAIM, photo)
    assert refused.status_code == 422
    assert "All that I did" in refused.text
    assert "disk" in refused.text
    assert maya.submit(CLAIM, {"note": "All that I did"}).status_code == 303


def test_a_full_disk_is_said_and_nothing_half_stays(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = stored(small_world)
    maya = small_world.browser("maya")
    monkeypatch.setattr(os, "fsync", full)
    answer = maya.submit("/profile/photo", {"photo": (io.BytesIO(picture()), "a.jpg")})
    assert answer.status_code == 507
    assert "disk" in answer.text
    assert stored(small_world) == before
    monkeypatch.undo()
    again = maya.submit("/profile/photo", {"photo": (io.BytesIO(picture()), "a.jpg")})
    assert again.status_code == 303


NO_TABLES = (
    SCRIPT,
    picture(),
    b"PK\x03\x04" + bytes(1000),
    b"email,name\n" + b"a" * 200_000 + b"@x.com,A\n",
    b'email,name\n"' + b"\n" * 100_000,
    b"," * 500_000,
    b"email,name\n\x00,\x00",
    b"\xff\xfe" + "email,name\ud800".encode("utf-16-le", "surrogatepass"),
    b"\xed\xa0\x80,\xc0\x80\n1,2",
    b"",
    bytes(60 * 1024 * 1024),
)


def test_no_people_file_breaks_the_import(small_world: World) -> None:
    ada = small_world.browser("ada")
    for content in NO_TABLES:
        started = time.process_time()
        answer = upload(ada, "/people/import", "file", content, "people.csv")
        assert answer.status_code in (303, 422), content[:20]
        if answer.status_code == 303:
            assert ada.get(answer.location).status_code == 200
        assert time.process_time() - started < 3, content[:20]


def test_staged_files_cannot_be_read_by_a_name_that_leads_elsewhere(
    small_world: World, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("email,name\na@b.com,A")
    ada = small_world.browser("ada")
    for name in ("..%2f..%2fsecret", "secret", "%2e%2e", "0" * 63 + "/", "0" * 65):
        answer = ada.get(f"/people/import/{name}")
        assert answer.status_code in (303, 404)
        assert "a@b.com" not in answer.text


def test_another_photo_with_the_same_key_is_another_act(small_world: World) -> None:
    maya = small_world.browser("maya")
    large = io.BytesIO()
    Image.effect_noise((1100, 1100), 90).save(large, "PNG")
    assert len(large.getvalue()) > 500_000, "so that it is kept in a file while it is read"
    first = keyed(maya, "profile/photo", large.getvalue())
    again = keyed(maya, "profile/photo", large.getvalue())
    assert first == again == (303, "/profile")
    with small_world.database.reading() as session:
        before = session.scalar(select(Person.photo_file_id).where(Person.name == "Maya Winter"))
    assert keyed(maya, "profile/photo", picture()) == (303, "/profile")
    with small_world.database.reading() as session:
        after = session.scalar(select(Person.photo_file_id).where(Person.name == "Maya Winter"))
    assert before != after


def keyed(sender: Browser, url: str, content: bytes) -> tuple[int, str | None]:
    answer = upload(sender, f"/{url}", "photo", content, "a.png", key="the same")
    return answer.status_code, answer.location
