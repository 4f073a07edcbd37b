"""A small track in files for the tests of course material: valid until a test changes it."""

import struct
import zlib
from pathlib import Path

FRAME = """---
title: Ropework
summary: Two weeks with knots.
weeks:
  - title: Knots
    theme: What holds and why.
    goal: You can tie six of them.
  - title: Anchors
    theme: What knots hang on.
    goal: You can build one and judge one.
---
Welcome to the ropes.
"""
READ = """---
title: The bowline
kind: read
day: 1
minutes: 10
---
A loop that does not slip.

![A bowline, tied loosely](media/bowline.png)
"""
MEET = """---
title: Meet the others
kind: meet
day: 1
minutes: 30
at: "10:00"
place: Room 2
---
We talk.
"""
DO = """---
title: Tie three
kind: do
day: 2
minutes: 45
confirm_by: coach
checklist:
  - The bowline holds.
  - The clove hitch holds.
due:
  anchor: session:meet
  days: 2
  at: "17:00"
---
Tie them. The [bowline](01-bowline.md) comes first.
"""
DO_HE = """---
title: שלושה קשרים
checklist:
  - הבולין מחזיק.
  - הקלאב היץ׳ מחזיק.
---
קשרו אותם.
"""
FRAME_HE = """---
title: חבלים
summary: שבועיים עם קשרים.
weeks:
  - title: קשרים
    theme: מה מחזיק ולמה.
    goal: שישה קשרים.
  - title: עוגנים
    theme: על מה תולים.
    goal: לבנות ולשפוט.
---
ברוכים הבאים.
"""
WATCH = """---
title: An anchor in two minutes
kind: watch
day: 1
minutes: 3
ref: https://videos.northfold.test/anchor
---
Watch for the second strand.
"""


def png(shade: int = 0) -> bytes:
    """Return a picture of one pixel."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checksum = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes((0, shade))))
        + chunk(b"IEND", b"")
    )


FILES: dict[str, str | bytes] = {
    "track.md": FRAME,
    "track.he.md": FRAME_HE,
    "week-1/01-bowline.md": READ,
    "week-1/02-meet.md": MEET,
    "week-1/03-tie-three.md": DO,
    "week-1/03-tie-three.he.md": DO_HE,
    "week-2/01-anchor.md": WATCH,
    "media/bowline.png": png(),
}


def write_track(
    parent: Path, changes: dict[str, str | bytes | None] | None = None, slug: str = "ropework"
) -> Path:
    """Write the track under a folder, with files replaced, added or (None) left out."""
    folder = parent / slug
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in {**FILES, **(changes or {})}.items():
        file = folder / path
        file.unlink(missing_ok=True)
        if content is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file under a folder."""
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
