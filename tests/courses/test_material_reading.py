"""Reading a course's folder: what is right becomes a source, what is wrong has file and line."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from lms.core.i18n import LANGUAGES
from lms.courses import kinds
from lms.courses.kinds import Key, StepKind
from lms.courses.material.folder import MAX_TEXT_BYTES, TRANSLATIONS
from lms.courses.material.reading import Unreadable, course_folders, read_course, read_courses
from tests.courses.material_files import DO, DO_HE, FRAME, FRAME_HE, MEET, READ, WATCH, write_track

Changes = dict[str, str | bytes | None]

BOWLINE, DO_PATH = "week-1/01-bowline.md", "week-1/03-tie-three.md"
DO_HE_PATH = "week-1/03-tie-three.he.md"
TAIL = "---\nBody.\n"

WRONG: dict[str, tuple[Changes, str, int, str]] = {
    "no frame": ({"track.md": None, "track.he.md": None}, "track.md", 1, "missing"),
    "unknown key": (
        {BOWLINE: READ.replace("minutes", "colour: red\nminutes")},
        BOWLINE,
        5,
        "unknown key 'colour'",
    ),
    "unknown key in the frame": (
        {"track.md": FRAME.replace("weeks:", "owner: me\nweeks:")},
        "track.md",
        4,
        "unknown key",
    ),
    "unknown key in a week": (
        {"track.md": FRAME.replace("    goal: You can tie", "    note: x\n    goal: You can tie")},
        "track.md",
        7,
        "unknown key 'note'",
    ),
    "a week without goal": (
        {"track.md": FRAME.replace("    goal: You can build one and judge one.\n", "")},
        "track.md",
        8,
        "goal of week 2 is missing",
    ),
    "weeks that are no list": (
        {"track.md": "---\ntitle: a\nsummary: b\nweeks: 2\n" + TAIL},
        "track.md",
        4,
        "must be a list",
    ),
    "days per week": (
        {"track.md": FRAME.replace("weeks:", "days_per_week: 8\nweeks:")},
        "track.md",
        4,
        "from 1 to 7",
    ),
    "missing title": (
        {BOWLINE: READ.replace("title: The bowline\n", "")},
        BOWLINE,
        1,
        "title is missing",
    ),
    "missing minutes": (
        {BOWLINE: READ.replace("minutes: 10\n", "")},
        BOWLINE,
        1,
        "minutes is missing",
    ),
    "missing kind": ({BOWLINE: READ.replace("kind: read\n", "")}, BOWLINE, 1, "kind is missing"),
    "unknown kind": (
        {BOWLINE: READ.replace("kind: read", "kind: sing")},
        BOWLINE,
        3,
        "kind must be one of read",
    ),
    "a list as kind": (
        {BOWLINE: READ.replace("kind: read", "kind: [read]")},
        BOWLINE,
        3,
        "kind must be",
    ),
    "a number as title": ({BOWLINE: READ.replace("The bowline", "12")}, BOWLINE, 2, "must be text"),
    "a title of spaces": (
        {BOWLINE: READ.replace("The bowline", '"  "')},
        BOWLINE,
        2,
        "must not be empty",
    ),
    "a title too long": (
        {BOWLINE: READ.replace("The bowline", "x" * 201)},
        BOWLINE,
        2,
        "longer than 200",
    ),
    "day too late": (
        {BOWLINE: READ.replace("day: 1", "day: 6")},
        BOWLINE,
        4,
        "day must be a whole number from 1 to 5",
    ),
    "day zero": ({BOWLINE: READ.replace("day: 1", "day: 0")}, BOWLINE, 4, "day must be"),
    "day true": ({BOWLINE: READ.replace("day: 1", "day: true")}, BOWLINE, 4, "day must be"),
    "absurd minutes": (
        {BOWLINE: READ.replace("minutes: 10", "minutes: 481")},
        BOWLINE,
        5,
        "from 1 to 480",
    ),
    "half minutes": (
        {BOWLINE: READ.replace("minutes: 10", "minutes: 1.5")},
        BOWLINE,
        5,
        "whole number",
    ),
    "required in words": (
        {BOWLINE: READ.replace("day: 1", "required: maybe\nday: 1")},
        BOWLINE,
        4,
        "true or false",
    ),
    "a checklist on a read step": (
        {BOWLINE: READ.replace("day: 1", "checklist: [a, b]\nday: 1")},
        BOWLINE,
        4,
        "not for read steps",
    ),
    "a ref on a read step": (
        {BOWLINE: READ.replace("day: 1", "ref: x\nday: 1")},
        BOWLINE,
        4,
        "not for read steps",
    ),
    "one thing to check": (
        {DO_PATH: DO.replace("  - The clove hitch holds.\n", "")},
        DO_PATH,
        7,
        "list of 2 to 12",
    ),
    "no confirmer": (
        {DO_PATH: DO.replace("confirm_by: coach\n", "")},
        DO_PATH,
        1,
        "confirm_by is missing",
    ),
    "a keeper confirms": ({DO_PATH: DO.replace("coach", "keeper")}, DO_PATH, 6, "one of coach"),
    "a time without quotes": (
        {"week-1/02-meet.md": MEET.replace('"10:00"', "10:00")},
        "week-1/02-meet.md",
        6,
        "in quotes",
    ),
    "a time that is none": (
        {"week-1/02-meet.md": MEET.replace("10:00", "24:00")},
        "week-1/02-meet.md",
        6,
        "in quotes",
    ),
    "a script as place": (
        {"week-1/02-meet.md": MEET.replace("Room 2", "javascript:alert(1)")},
        "week-1/02-meet.md",
        7,
        "https link",
    ),
    "an http place": (
        {"week-1/02-meet.md": MEET.replace("Room 2", "http://a.test/x")},
        "week-1/02-meet.md",
        7,
        "https link",
    ),
    "a watch step without ref": (
        {"week-2/01-anchor.md": WATCH.replace("ref: https://videos.northfold.test/anchor\n", "")},
        "week-2/01-anchor.md",
        1,
        "ref is missing",
    ),
    "a watch step over http": (
        {"week-2/01-anchor.md": WATCH.replace("https://", "http://")},
        "week-2/01-anchor.md",
        6,
        "https",
    ),
    "a video that is not there": (
        {
            "week-2/01-anchor.md": WATCH.replace(
                "https://videos.northfold.test/anchor", "media/a.mp4"
            )
        },
        "week-2/01-anchor.md",
        6,
        "media/a.mp4 is not there",
    ),
    "due without days": ({DO_PATH: DO.replace("  days: 2\n", "")}, DO_PATH, 10, "due.days must be"),
    "due at no time": ({DO_PATH: DO.replace('"17:00"', "17")}, DO_PATH, 13, "due.at must be"),
    "due with a stranger": (
        {DO_PATH: DO.replace("  days: 2", "  hours: 2\n  days: 2")},
        DO_PATH,
        12,
        "unknown key 'hours'",
    ),
    "due in words": (
        {BOWLINE: READ.replace("day: 1", "due: friday\nday: 1")},
        BOWLINE,
        4,
        "due must have",
    ),
    "due to nothing known": (
        {DO_PATH: DO.replace("session:meet", "lunch")},
        DO_PATH,
        11,
        "due.anchor must be",
    ),
    "due after a step that is not there": (
        {DO_PATH: DO.replace("session:meet", "done:gone")},
        DO_PATH,
        11,
        "there is no step gone",
    ),
    "due after a session that is none": (
        {DO_PATH: DO.replace("session:meet", "session:bowline")},
        DO_PATH,
        11,
        "is no meet step",
    ),
    "due after itself": (
        {DO_PATH: DO.replace("session:meet", "done:tie-three")},
        DO_PATH,
        11,
        "a circle",
    ),
    "no body": ({BOWLINE: READ.split("A loop")[0]}, BOWLINE, 7, "body is empty"),
    "a picture without words": (
        {BOWLINE: READ.replace("A bowline, tied loosely", "")},
        BOWLINE,
        9,
        "alternative text",
    ),
    "a picture that is not there": (
        {BOWLINE: READ + "\n![x](media/gone.png)\n"},
        BOWLINE,
        11,
        "media/gone.png is not there",
    ),
    "a picture from elsewhere": (
        {BOWLINE: READ + "\n![x](https://a.test/x.png)\n"},
        BOWLINE,
        11,
        "lies in media/",
    ),
    "a picture of another folder": (
        {BOWLINE: READ + "\n![x](../../secret.png)\n"},
        BOWLINE,
        11,
        "lies in media/",
    ),
    "raw HTML": ({BOWLINE: READ + "\nA <b>bold</b> word.\n"}, BOWLINE, 11, "raw HTML"),
    "a comment": ({BOWLINE: READ + "\n<!-- later -->\n"}, BOWLINE, 11, "raw HTML"),
    "a first heading": ({BOWLINE: READ + "\n# Again\n"}, BOWLINE, 11, "begin at ##"),
    "an underlined first heading": (
        {BOWLINE: READ + "\nAgain\n=====\n"},
        BOWLINE,
        11,
        "begin at ##",
    ),
    "an unknown callout": (
        {BOWLINE: READ + "\n> [!DANGER]\n> x\n"},
        BOWLINE,
        11,
        "unknown callout",
    ),
    "a link to no step": ({BOWLINE: READ + "\n[x](09-gone.md)\n"}, BOWLINE, 11, "leads nowhere"),
    "a link out of the course": (
        {BOWLINE: READ + "\n[x](../../other/week-1/01-a.md)\n"},
        BOWLINE,
        11,
        "leads nowhere",
    ),
    "a link into the program": ({BOWLINE: READ + "\n[x](/admin)\n"}, BOWLINE, 11, "leads nowhere"),
    "a link to a part of a step": (
        {BOWLINE: READ + "\n[x](02-meet.md#a)\n"},
        BOWLINE,
        11,
        "whole step",
    ),
    "a link to no heading": ({BOWLINE: READ + "\n[x](#gone)\n"}, BOWLINE, 11, "no heading"),
    "a script as link": ({BOWLINE: READ + "\n[x](javascript:a)\n"}, BOWLINE, 11, "refused"),
    "a link without target": ({BOWLINE: READ + "\n[x]()\n"}, BOWLINE, 11, "without a target"),
    "the second of two bad links": (
        {BOWLINE: READ + "\n[x](02-meet.md)\n\n[x](09-gone.md)\n"},
        BOWLINE,
        13,
        "leads nowhere",
    ),
    "a translation without source": (
        {"week-1/07-new.he.md": DO_HE},
        "week-1/07-new.he.md",
        1,
        "without its source week-1/07-new.md",
    ),
    "an unknown language": (
        {"week-1/01-bowline.fr.md": DO_HE},
        "week-1/01-bowline.fr.md",
        1,
        "unknown language 'fr'",
    ),
    "English as a translation": (
        {"week-1/01-bowline.en.md": DO_HE},
        "week-1/01-bowline.en.md",
        1,
        "unknown language 'en'",
    ),
    "a translation with fewer checks": (
        {
            DO_HE_PATH: DO_HE.replace("  - הבולין מחזיק.\n", "").replace(
                "checklist:", "checklist:\n  - א.\n  - ב."
            )
        },
        DO_HE_PATH,
        3,
        "checklist has 3 entries, the source 2",
    ),
    "a translation without checks": (
        {DO_HE_PATH: "---\ntitle: x\n" + TAIL},
        DO_HE_PATH,
        1,
        "checklist is missing",
    ),
    "a translated day": (
        {DO_HE_PATH: DO_HE.replace("checklist:", "day: 3\nchecklist:")},
        DO_HE_PATH,
        3,
        "source file only",
    ),
    "a frame's translation with a week less": (
        {"track.he.md": FRAME_HE[: FRAME_HE.index("  - title: עוגנים")] + TAIL},
        "track.he.md",
        4,
        "weeks has 1 entries, track.md 2",
    ),
    "a translated week length": (
        {"track.he.md": FRAME_HE.replace("weeks:", "days_per_week: 5\nweeks:")},
        "track.he.md",
        4,
        "track.md only",
    ),
    "a name twice": (
        {"week-2/02-bowline.md": READ},
        "week-2/02-bowline.md",
        1,
        "already used by week-1/01-bowline.md",
    ),
    "a number twice": (
        {"week-2/01-other.md": READ},
        "week-2/01-other.md",
        1,
        "number is already used",
    ),
    "a week more than announced": (
        {"week-3/01-more.md": READ},
        "week-3",
        1,
        "track.md has 2 weeks",
    ),
    "a week missing": ({"week-2/01-anchor.md": None}, "week-2", 1, "the folder is missing"),
    "a week without steps": (
        {"week-2/01-anchor.md": None, "week-2/01-anchor.he.md": DO_HE},
        "week-2",
        1,
        "without steps",
    ),
    "week nought": ({"week-0/01-x.md": READ}, "week-0", 1, "numbered from week-1"),
    "week with a nought": ({"week-02/01-x.md": READ}, "week-02", 1, "without zeros"),
    "a gap": ({"week-4/01-x.md": READ}, "week-3", 1, "the folder is missing"),
    "a folder of something else": ({"notes/a.md": READ}, "notes", 1, "not a folder of the format"),
    "a folder in a week": ({"week-1/old/01-a.md": READ}, "week-1/old", 1, "no folders inside"),
    "a stray file": ({"plan.xlsx": b"x"}, "plan.xlsx", 1, "not a file of the format"),
    "a step without number": ({"week-1/intro.md": READ}, "week-1/intro.md", 1, "<nn>-<name>.md"),
    "capitals": ({"week-1/04-Knots.md": READ}, "week-1/04-Knots.md", 1, "lower-case"),
    "a name with spaces": ({"week-1/04-my knot.md": READ}, "week-1/04-my knot.md", 1, "lower-case"),
    "a name too long": (
        {f"week-1/04-{'a' * 81}.md": READ},
        f"week-1/04-{'a' * 81}.md",
        1,
        "at most 80",
    ),
    "a picture that is none": (
        {"media/extra.png": READ.encode()},
        "media/extra.png",
        1,
        "its content is not image/png",
    ),
    "a drawing that can run scripts": (
        {"media/a.svg": b"<svg/>"},
        "media/a.svg",
        1,
        "media are png",
    ),
    "a damaged picture": (
        {"media/bowline.png": b"\x89PNG\r\n\x1a\n" + b"x" * 50},
        "media/bowline.png",
        1,
        "damaged",
    ),
    "a medium's name": ({"media/My Knot.png": b"x"}, "media/My Knot.png", 1, "lower-case"),
    "Latin-1": (
        {BOWLINE: READ.replace("A loop", "Ein Schläufle").encode("latin-1")},
        BOWLINE,
        7,
        "not UTF-8",
    ),
    "UTF-16": ({BOWLINE: READ.encode("utf-16")}, BOWLINE, 1, "not UTF-8"),
    "a null": ({BOWLINE: READ + "\x00"}, BOWLINE, 10, "control character"),
    "old line ends": ({BOWLINE: READ.replace("\n", "\r")}, BOWLINE, 1, "control character"),
    "a tab in front matter": ({BOWLINE: READ.replace("day:", "\tday:")}, BOWLINE, 4, "a tab"),
    "too much text": ({BOWLINE: READ + "x" * MAX_TEXT_BYTES}, BOWLINE, 1, "larger than 200 kB"),
    "an empty file": ({BOWLINE: ""}, BOWLINE, 1, "must begin with front matter"),
}


def problems_of(folder: Path) -> list[tuple[str, int, str]]:
    _, problems = read_course(folder)
    return [(str(Path(p.file).relative_to(folder)), p.line, p.message) for p in problems]


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_with_file_and_line(name: str, tmp_path: Path) -> None:
    changes, file, line, message = WRONG[name]
    found = problems_of(write_track(tmp_path, changes))
    assert any((f, n) == (file, line) and message in m for f, n, m in found), found


def test_a_good_track_has_no_problems_and_reads_completely(tmp_path: Path) -> None:
    folder = write_track(tmp_path, {"README.md": "Not part of it.", ".hidden": "x"})
    source, problems = read_course(folder)
    assert problems == []
    assert (source.slug, source.title, source.days_per_week) == ("ropework", "Ropework", 5)
    assert source.files == 8
    assert [week.title for week in source.weeks] == ["Knots", "Anchors"]
    assert [(s.slug, s.week, s.day, s.kind) for s in source.steps] == [
        ("bowline", 1, 1, "read"),
        ("meet", 1, 1, "meet"),
        ("tie-three", 1, 2, "do"),
        ("anchor", 2, 1, "watch"),
    ]
    bowline, meet, tie, anchor = source.steps
    assert meet.options == {"at": "10:00", "place": "Room 2", "hosted_by": "trainer"}
    assert tie.options["critical"] is False
    assert tie.due == {"anchor": "session:meet", "days": 2, "at": "17:00"}
    assert bowline.due == {}
    assert anchor.ref == "https://videos.northfold.test/anchor"
    (medium,) = source.media
    assert (medium.path, medium.media_type, medium.width) == ("media/bowline.png", "image/png", 1)
    assert f'src="/media/{medium.sha256}"' in bowline.html
    assert 'href="/steps/ropework/bowline"' in tie.html
    (hebrew,) = tie.translations
    assert (hebrew.language, len(hebrew.options["checklist"])) == ("he", 2)


def test_steps_are_ordered_by_week_day_and_number(tmp_path: Path) -> None:
    late = READ.replace("day: 1", "day: 4")
    source, problems = read_course(
        write_track(tmp_path, {"week-1/00-last.md": late, "week-1/04-first.md": READ})
    )
    assert problems == []
    assert [s.slug for s in source.steps][:5] == ["bowline", "meet", "first", "tie-three", "last"]


def test_windows_line_ends_and_a_byte_order_mark_are_kept(tmp_path: Path) -> None:
    text = "\ufeff" + READ.replace("\n", "\r\n")
    source, problems = read_course(write_track(tmp_path, {BOWLINE: text}))
    assert problems == []
    assert source.steps[0].source == text
    assert source.steps[0].title == "The bowline"


def test_links_from_translations_and_to_other_weeks_resolve(tmp_path: Path) -> None:
    body = "[a](01-bowline.md) [b](../week-2/01-anchor.md) [c](../week-2/01-anchor.he.md)\n"
    source, problems = read_course(write_track(tmp_path, {DO_HE_PATH: DO_HE + body}))
    assert problems == []
    html = source.steps[2].translations[0].html
    assert html.count('href="/steps/ropework/anchor"') == 2
    assert 'href="/steps/ropework/bowline"' in html


def test_a_picture_may_be_named_from_the_week_or_from_the_course(tmp_path: Path) -> None:
    changed = READ.replace("media/bowline.png", "../media/bowline.png")
    source, problems = read_course(write_track(tmp_path, {BOWLINE: changed}))
    assert problems == []
    assert 'src="/media/' in source.steps[0].html


def test_code_and_escaped_signs_are_no_raw_html(tmp_path: Path) -> None:
    text = READ + "\nWrite `<b>` or &lt;b&gt;, 3 < 4.\n\n```\n<script>\n```\n"
    assert problems_of(write_track(tmp_path, {BOWLINE: text})) == []


def test_a_file_that_no_text_shows_is_a_problem(tmp_path: Path) -> None:
    folder = write_track(tmp_path, {BOWLINE: READ.replace("![A", "[A")})
    assert problems_of(folder) == []
    folder = write_track(tmp_path, {BOWLINE: READ.split("![")[0]})
    assert problems_of(folder) == [("media/bowline.png", 1, "no text shows this file")]


def test_due_dates_that_wait_in_a_circle_are_told_at_each_step(tmp_path: Path) -> None:
    def waiting(slug: str) -> str:
        return READ.replace("day: 1", f"due: {{anchor: 'done:{slug}', days: 1}}\nday: 1")

    found = problems_of(
        write_track(
            tmp_path,
            {
                BOWLINE: waiting("two"),
                "week-1/04-two.md": waiting("three"),
                "week-1/05-three.md": waiting("bowline"),
                "week-1/06-beside.md": waiting("two"),
            },
        )
    )
    assert [(file, line) for file, line, _ in found] == [
        (BOWLINE, 4),
        ("week-1/04-two.md", 4),
        ("week-1/05-three.md", 4),
    ]


def test_links_and_pipes_are_refused_without_being_opened(tmp_path: Path) -> None:
    folder = write_track(tmp_path)
    (tmp_path / "outside.md").write_text(READ)
    (folder / "week-1" / "04-link.md").symlink_to(tmp_path / "outside.md")
    (folder / "week-3").symlink_to(folder / "week-1")
    (folder / "media" / "loop.png").symlink_to(folder / "media" / "loop.png")
    os.mkfifo(folder / "week-1" / "05-pipe.md")
    assert problems_of(folder) == [
        ("media/loop.png", 1, "symbolic links are refused"),
        ("week-1/04-link.md", 1, "symbolic links are refused"),
        ("week-1/05-pipe.md", 1, "not a regular file"),
        ("week-3", 1, "symbolic links are refused"),
    ]


def test_a_name_in_broken_bytes_can_still_be_told(tmp_path: Path) -> None:
    folder = write_track(tmp_path)
    with open(os.fsencode(folder) + b"/week-1/\xff\n.md", "wb") as file:  # noqa: PTH123
        file.write(b"x")
    _, problems = read_course(folder)
    (problem,) = problems
    problem.file.encode("utf-8")
    assert "\n" not in problem.file
    assert "\\xff" in problem.file


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        folder = write_track(tmp_path)
        (folder / BOWLINE).unlink()
        (folder / BOWLINE).mkdir()
        assert (BOWLINE, 1, "a week has no folders inside") in problems_of(folder)
        return
    folder = write_track(tmp_path)
    (folder / BOWLINE).chmod(0)
    found = problems_of(folder)
    assert any(file == BOWLINE and "cannot be read" in message for file, _, message in found)


def test_a_hostile_file_has_a_bounded_number_of_problems_in_bounded_time(tmp_path: Path) -> None:
    hostile = READ + "<b>[x](gone.md)![](media/x.png)\n\n" * 5000
    started = time.process_time()
    found = problems_of(write_track(tmp_path, {BOWLINE: hostile}))
    assert time.process_time() - started < 5
    assert 100 <= len(found) <= 300


def test_a_path_is_one_track_or_a_folder_of_tracks(tmp_path: Path) -> None:
    ropework = write_track(tmp_path, {})
    write_track(tmp_path, {}, slug="anchors")
    (tmp_path / "README.md").write_text("Read me.")
    (tmp_path / "modules").mkdir()
    assert [f.name for f in course_folders(tmp_path)] == ["anchors", "ropework"]
    assert course_folders(ropework) == [ropework]
    sources, problems = read_courses(tmp_path)
    assert [source.slug for source in sources] == ["anchors", "ropework"]
    assert problems == []
    (tmp_path / "empty").mkdir()
    _, problems = read_courses(tmp_path)
    assert [(Path(p.file).parts[-2:], p.message) for p in problems] == [
        (("empty", "track.md"), "track.md is missing: this is no track")
    ]


def test_a_linked_track_is_refused_unless_it_is_the_path_itself(tmp_path: Path) -> None:
    folder = write_track(tmp_path / "real")
    (tmp_path / "courses").mkdir()
    link = tmp_path / "courses" / "ropework"
    link.symlink_to(folder)
    sources, problems = read_courses(tmp_path / "courses")
    assert sources == []
    assert [problem.message for problem in problems] == ["symbolic links are refused"]
    assert read_courses(link)[1] == []


def test_a_path_that_is_no_folder_is_unreadable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(Unreadable):
            course_folders(path)


def test_a_folder_with_capitals_is_no_course(tmp_path: Path) -> None:
    _, problems = read_course(write_track(tmp_path, {}, slug="Rope Work"))
    assert any("the folder's name must be lower-case" in p.message for p in problems)


def test_another_part_registers_its_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "_kinds", dict(kinds._kinds))
    exam = StepKind(
        "exam", keys=(Key("pass_at", kinds.whole(1, 100), default=80),), check_ref=kinds.slug
    )
    kinds.register(exam)
    kinds.register(exam)
    with pytest.raises(ValueError, match="already registered"):
        kinds.register(replace(exam, check_ref=None))
    text = READ.replace("kind: read", "kind: exam\nref: knots")
    source, problems = read_course(write_track(tmp_path, {BOWLINE: text}))
    assert problems == []
    assert (source.steps[0].ref, source.steps[0].options) == ("knots", {"pass_at": 80})
    wrong = text.replace("ref: knots", "ref: Knots!\npass_at: 101")
    messages = [m for _, _, m in problems_of(write_track(tmp_path, {BOWLINE: wrong}))]
    assert any("pass_at must be" in m for m in messages)
    assert any("ref must be lower-case" in m for m in messages)


def test_translations_are_the_languages_of_the_product() -> None:
    assert {"en", *TRANSLATIONS} == set(LANGUAGES)


def test_checking_needs_neither_database_nor_web() -> None:
    code = (
        "import sys, lms.courses.material.reading; "
        "sys.exit(any(m in sys.modules for m in ('flask', 'sqlalchemy', 'PIL')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
