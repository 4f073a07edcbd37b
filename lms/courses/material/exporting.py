"""Writes the newest version of courses as folders: the same bytes that were imported."""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import files
from lms.core.errors import NotFound, Refused
from lms.courses.material.planning import TRACK, Known, known
from lms.courses.models import Course

_SAFE_PART = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True)
class ExportFile:
    """One file to write: its path from the export's folder, and its bytes or where they lie."""

    path: str
    content: bytes | None = None
    sha256: str | None = None


def export_files(session: Session, slug: str | None = None) -> list[ExportFile]:
    """Return the files of every track's newest version, or of one; raise NotFound for no track."""
    slugs = session.scalars(
        select(Course.slug)
        .where(Course.kind == TRACK, *([Course.slug == slug] if slug else []))
        .order_by(Course.slug)
    ).all()
    if slug and not slugs:
        raise NotFound(slug)
    return [file for name in slugs for file in _files_of(name, known(session, name))]


def write_files(found: list[ExportFile], into: Path, *, files_dir: Path, force: bool) -> list[str]:
    """Write the files under a folder, each whole or not at all; return paths that were left over.

    Raises Refused `export_not_empty` for a folder with something in it, unless forced; then files
    are replaced, none is deleted, and those that are no part of the export are returned. Also
    `export_outside` when a link or a path leads out of the folder, and `medium_lost` when a
    medium's content is gone or damaged. Nothing is written when one of these is clear before.
    """
    if into.exists() and not into.is_dir():
        raise Refused("export_no_folder", path=str(into))
    if not force and into.exists() and any(into.iterdir()):
        raise Refused("export_not_empty", path=str(into))
    root = into.resolve()
    targets = [(_target(root, file.path), file) for file in found]
    for _, file in targets:
        if file.sha256 is not None and not files.path_of(files_dir, file.sha256).is_file():
            raise Refused("medium_lost", path=file.path)
    root.mkdir(parents=True, exist_ok=True)
    for target, file in targets:
        _write(target, _content(file, files_dir))
    return _left_over(root, {file.path for file in found})


def _files_of(slug: str, have: Known) -> Iterator[ExportFile]:
    if have.version is None:
        return
    yield ExportFile(f"{slug}/track.md", have.version.source.encode())
    for language, text in sorted(have.frame_texts.items()):
        if text.source:
            yield ExportFile(f"{slug}/track.{language}.md", text.source.encode())
    paths = {}
    for name, placed in have.steps.items():
        paths[name] = placed.path
        yield ExportFile(f"{slug}/{placed.path}", placed.version.source.encode())
    for (name, language), translation in sorted(have.step_texts.items()):
        if translation.source and name in paths:
            path = f"{paths[name].removesuffix('.md')}.{language}.md"
            yield ExportFile(f"{slug}/{path}", translation.source.encode())
    for path, sha256 in sorted(have.media.items()):
        yield ExportFile(f"{slug}/{path}", sha256=sha256)


def _target(root: Path, path: str) -> Path:
    """Return where a file goes; refuse what would leave the folder, by name or through a link."""
    parts = PurePosixPath(path).parts
    if not parts or not all(_SAFE_PART.fullmatch(part) for part in parts):
        raise Refused("export_outside", path=path)
    folder = root.joinpath(*parts[:-1])
    if folder.resolve() != folder:
        raise Refused("export_outside", path=path)
    return folder / parts[-1]


def _content(file: ExportFile, files_dir: Path) -> bytes:
    if file.sha256 is None:
        return file.content or b""
    content = files.path_of(files_dir, file.sha256).read_bytes()
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise Refused("medium_lost", path=file.path)
    return content


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".export-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        # Replaces a link by the file instead of writing through it.
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _left_over(root: Path, written: set[str]) -> list[str]:
    """Return the files in the exported courses' folders that the export does not have."""
    left = []
    for course in sorted({path.partition("/")[0] for path in written}):
        for folder, _, names in os.walk(root / course):
            for name in names:
                path = (Path(folder) / name).relative_to(root).as_posix()
                if path not in written:
                    left.append(path)
    return sorted(left)
