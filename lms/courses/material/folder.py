"""A course's folder: which files there are, their names, and their bytes as text.

Reads nothing that is not a regular file of the format: no link is followed, no pipe is opened.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lms.core.frontmatter import BadDocument, Document, Problem, parse

TRANSLATIONS = ("zh", "ru", "he")
"""Languages of translations; the source is English."""
MAX_TEXT_BYTES = 200_000
MEDIA = "media"
IGNORED = {"README.md"}

_WEEK = re.compile(r"week-(\d+)")
_FRAME = re.compile(r"track(?:\.(\w+))?\.md")
_STEP = re.compile(r"(\d{2,3})-([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.(\w+))?\.md")
_MEDIUM = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\.[a-z0-9]{2,4}")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]|\r(?!\n)")


@dataclass
class Findings:
    """The problems of one course, each told once."""

    root: Path
    _found: dict[Problem, None] = field(default_factory=dict)

    @property
    def problems(self) -> list[Problem]:
        """Return what was found, by file and line."""
        return sorted(self._found)

    def add(self, path: str, line: int, message: str) -> None:
        """Note a problem at a line of a file, given by its path in the folder."""
        file = (self.root / path).as_posix()
        self._found[Problem(_shown(file), line, message)] = None


@dataclass(frozen=True)
class TextFile:
    """A Markdown file of the folder: what its name says, its text, its parsed front matter."""

    path: str
    name: str
    """`track`, or `<nn>-<name>` of a step."""
    week: int
    """0 for the frame."""
    language: str | None
    source: str
    document: Document

    @property
    def number(self) -> int:
        """Return the number that orders a step."""
        return int(self.name.partition("-")[0])

    @property
    def slug(self) -> str:
        """Return the name that identifies a step."""
        return self.name.partition("-")[2]


@dataclass
class Layout:
    """What a course's folder has."""

    texts: list[TextFile] = field(default_factory=list)
    named: set[tuple[int, str, str | None]] = field(default_factory=set)
    """Week, name and language of every text that is there, readable or not."""
    media: list[tuple[str, Path]] = field(default_factory=list)
    weeks: set[int] = field(default_factory=set)
    files: int = 0


def scan(root: Path, findings: Findings) -> Layout:
    """Look through a course's folder and read its texts; findings get what does not belong."""
    layout = Layout()
    for entry in _entries(root, "", findings):
        week = _WEEK.fullmatch(entry.name)
        if entry.is_dir(follow_symlinks=False):
            if entry.name == MEDIA:
                _scan_media(Path(entry.path), findings, layout)
            elif week and str(int(week[1])) == week[1] and int(week[1]) > 0:
                _scan_week(Path(entry.path), int(week[1]), findings, layout)
            elif week:
                findings.add(entry.name, 1, "weeks are numbered from week-1, without zeros")
            else:
                findings.add(entry.name, 1, "not a folder of the format: week-<n> or media")
        elif found := _FRAME.fullmatch(entry.name):
            _add_text(entry, "", "track", 0, found[1], findings, layout)
        else:
            layout.files += 1
            findings.add(entry.name, 1, "not a file of the format: track.md, week-<n>/, media/")
    return layout


def _scan_week(folder: Path, week: int, findings: Findings, layout: Layout) -> None:
    layout.weeks.add(week)
    prefix = f"week-{week}/"
    for entry in _entries(folder, prefix, findings):
        found = _STEP.fullmatch(entry.name)
        if entry.is_dir(follow_symlinks=False):
            findings.add(prefix + entry.name, 1, "a week has no folders inside")
        elif found:
            name = f"{found[1]}-{found[2]}"
            _add_text(entry, prefix, name, week, found[3], findings, layout)
        else:
            layout.files += 1
            findings.add(
                prefix + entry.name,
                1,
                "a step is named <nn>-<name>.md: digits, lower-case letters, hyphens",
            )


def _scan_media(folder: Path, findings: Findings, layout: Layout) -> None:
    for entry in _entries(folder, f"{MEDIA}/", findings):
        path = f"{MEDIA}/{entry.name}"
        layout.files += 1
        if entry.is_dir(follow_symlinks=False):
            findings.add(path, 1, "media has no folders inside")
        elif _MEDIUM.fullmatch(entry.name) and len(path) <= 200:
            layout.media.append((path, Path(entry.path)))
        else:
            findings.add(path, 1, "a medium's name is lower-case letters, digits and hyphens")


def _entries(folder: Path, prefix: str, findings: Findings) -> Iterator["os.DirEntry[str]"]:
    """Give the regular files and folders; note links and other things; skip hidden ones."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        findings.add(prefix.rstrip("/"), 1, f"cannot be read: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith(".") or (not prefix and entry.name in IGNORED):
            continue
        mode = entry.stat(follow_symlinks=False).st_mode
        if stat.S_ISLNK(mode):
            findings.add(prefix + entry.name, 1, "symbolic links are refused")
        elif stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            yield entry
        else:
            findings.add(prefix + entry.name, 1, "not a regular file")


def _add_text(
    entry: "os.DirEntry[str]",
    prefix: str,
    name: str,
    week: int,
    language: str | None,
    findings: Findings,
    layout: Layout,
) -> None:
    path = prefix + entry.name
    layout.files += 1
    if language is not None and language not in TRANSLATIONS:
        known = ", ".join(TRANSLATIONS)
        findings.add(path, 1, f"unknown language {language!r}: translations are {known}")
        return
    layout.named.add((week, name, language))
    source = _read_text(Path(entry.path), path, findings)
    if source is None:
        return
    try:
        document = parse(source)
    except BadDocument as error:
        findings.add(path, error.line, str(error))
        return
    layout.texts.append(TextFile(path, name, week, language, source, document))


def _read_text(file: Path, path: str, findings: Findings) -> str | None:
    """Return a file's text with its own line ends and byte order mark, or None."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        findings.add(path, 1, f"cannot be read: {error.strerror}")
        return None
    if len(content) > MAX_TEXT_BYTES:
        findings.add(path, 1, f"larger than {MAX_TEXT_BYTES // 1000} kB")
        return None
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        findings.add(path, line, "not UTF-8; save the file as UTF-8")
        return None
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        findings.add(path, line, f"a control character ({ord(found[0][0]):#04x})")
        return None
    return text


def _shown(path: str) -> str:
    """Return a path that can be printed on one line, whatever bytes its name has."""
    name = path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return name if name.isprintable() else ascii(name)[1:-1]
