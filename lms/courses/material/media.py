"""Pictures and videos of a course: what may lie in `media/`. The bytes decide, with the name."""

import hashlib
from pathlib import Path

from lms.courses.material.folder import Findings
from lms.courses.material.source import Medium

MAX_MEDIUM_BYTES = 64 * 1024 * 1024
MAX_PIXELS = 40_000_000
TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "webm": "video/webm",
}


def is_picture(path: str) -> bool:
    """Whether a medium's name says that it is a picture."""
    return TYPES.get(path.rpartition(".")[2], "").startswith("image/")


def read_medium(path: str, file: Path, findings: Findings) -> Medium | None:
    """Return a medium by its bytes; note why when it cannot be one."""
    ending = path.rpartition(".")[2]
    if ending not in TYPES:
        findings.add(path, 1, f"media are {', '.join(TYPES)}")
        return None
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_MEDIUM_BYTES + 1)
    except OSError as error:
        findings.add(path, 1, f"cannot be read: {error.strerror}")
        return None
    if len(content) > MAX_MEDIUM_BYTES:
        findings.add(path, 1, f"larger than {MAX_MEDIUM_BYTES // 1024 // 1024} MB")
        return None
    if _type_of(content) != TYPES[ending]:
        findings.add(path, 1, f"its content is not {TYPES[ending]}")
        return None
    width, height = _size_of(path, file, findings) if is_picture(path) else (None, None)
    digest = hashlib.sha256(content).hexdigest()
    return Medium(path, file, digest, len(content), TYPES[ending], width, height)


def _type_of(content: bytes) -> str | None:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    if content[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if content[4:8] == b"ftyp":
        return "video/mp4"
    return "video/webm" if content.startswith(b"\x1aE\xdf\xa3") else None


def _size_of(path: str, file: Path, findings: Findings) -> tuple[int | None, int | None]:
    from PIL import Image

    try:
        with Image.open(file, formats=("PNG", "JPEG", "WEBP", "GIF")) as picture:
            width, height = picture.size
            if width * height <= MAX_PIXELS:
                picture.verify()
    except Exception:  # noqa: BLE001 - a decoder fails in many ways on damaged bytes
        findings.add(path, 1, "the picture is damaged")
        return None, None
    if width * height > MAX_PIXELS:
        findings.add(path, 1, f"more than {MAX_PIXELS // 1_000_000} megapixels")
    return width, height
