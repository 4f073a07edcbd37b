"""Uploads and media: kept by content outside `static/`, written so that a crash leaves no half.

The order is temporary file, fsync, rename, then the row: a row never points to nothing.
"""

import hashlib
import io
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.errors import Refused
from lms.core.models import StoredFile

MAX_PIXELS = 40_000_000
MAX_PICTURE_BYTES = 12 * 1024 * 1024
LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Uploads are refused first when the disk fills, so that answers can still be saved."""

_DECODING = threading.Lock()
_VIDEO_MAGIC = {b"ftyp": "video/mp4", b"\x1aE\xdf\xa3": "video/webm"}


@dataclass(frozen=True)
class Picture:
    """A re-encoded picture without any metadata."""

    content: bytes
    media_type: str
    width: int
    height: int


def decode_picture(content: bytes, *, longest_side: int = 1600) -> Picture:
    """Decode and re-encode a picture: orientation applied, metadata dropped, at most so long.

    The bytes decide, never the name. Raises Refused `picture_too_large`, `picture_too_many_pixels`,
    `picture_heic` or `picture_unreadable`. Call it outside any transaction. One at a time in a
    process: a small file can unpack to hundreds of megabytes.
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise Refused("picture_too_large", megabytes=MAX_PICTURE_BYTES // 1024 // 1024)
    if content[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        raise Refused("picture_heic")
    with _DECODING:
        return _decoded(content, longest_side)


def _decoded(content: bytes, longest_side: int) -> Picture:
    from PIL import Image, ImageOps

    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP", "GIF"))
        if image.width * image.height > MAX_PIXELS:
            raise Refused("picture_too_many_pixels", megapixels=MAX_PIXELS // 1_000_000)
        image.draft("RGB", (longest_side * 2, longest_side * 2))
        # Smaller first: turning copies the whole picture.
        image.thumbnail((longest_side, longest_side))
        image = ImageOps.exif_transpose(image)
        clean = image.convert("RGBA" if image.mode in ("RGBA", "LA", "PA", "P") else "RGB")
        out = io.BytesIO()
        clean.save(out, "WEBP", quality=82, method=4)
    except Refused:
        raise
    except Exception as error:
        raise Refused("picture_unreadable") from error
    return Picture(out.getvalue(), "image/webp", clean.width, clean.height)


def read_upload(upload: IO[bytes] | None, most: int = MAX_PICTURE_BYTES) -> bytes:
    """Return what was sent; of more than `most` bytes only enough to tell that it is too much."""
    return upload.read(most + 1) if upload else b""


def video_type(content: bytes) -> str | None:
    """Return the media type of an MP4 or WebM by its first bytes, or None."""
    if content[4:8] == b"ftyp":
        return _VIDEO_MAGIC[b"ftyp"]
    return _VIDEO_MAGIC.get(content[:4])


def write_content(folder: Path, content: bytes) -> str:
    """Write bytes under their SHA-256 in the folder and return it; durable when it returns."""
    digest = hashlib.sha256(content).hexdigest()
    target = path_of(folder, digest)
    if target.exists():
        return digest
    target.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(target.parent).free < LEAST_FREE_BYTES:
        raise Refused("disk_full")
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).rename(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    return digest


def keep(
    session: Session,
    *,
    digest: str,
    media_type: str,
    size: int,
    now: datetime,
    width: int | None = None,
    height: int | None = None,
) -> StoredFile:
    """Return the row of content that `write_content` has written, making it if needed."""
    row = session.scalar(select(StoredFile).where(StoredFile.sha256 == digest))
    if row is None:
        row = StoredFile(
            sha256=digest,
            media_type=media_type,
            size=size,
            width=width,
            height=height,
            stored_at=now,
        )
        session.add(row)
        session.flush()
    return row


def path_of(folder: Path, digest: str) -> Path:
    """Return where content of this SHA-256 lies."""
    return folder / digest[:2] / digest


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
