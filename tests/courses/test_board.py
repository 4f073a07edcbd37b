"""The intake board: who is on it, in which order, with which numbers, at which cost."""

import csv
import io
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.permissions import Actor, Role
from lms.courses import planning
from lms.courses.board import queries
from lms.courses.board.queries import Filter, board, stuck
from lms.courses.board.rules import Pace
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import Track, assignment_of, make_crowd, make_track, record

THURSDAY = MONDAY + timedelta(days=3)


@pytest.fixture
def track(session: Session, cast: Cast) -> Track:
    """The usual track, walked by both intakes."""
    made = make_track(session, MONDAY)
    for intake_id in (cast.spring, cast.later):
        planning.assign_intake(
            session,
            actor=cast.actor("ines"),
            intake_id=intake_id,
            course_slug=made.slug,
            now=MONDAY,
        )
    return made


def names(session: Session, actor: Actor, now: datetime = THURSDAY, **chosen: Any) -> list[str]:
    found = board(session, actor=actor, chosen=Filter(**chosen), page=1, language="en", now=now)
    return [row.face.name.split()[0] for row in found.rows]


def test_everybody_sees_whom_they_follow(session: Session, cast: Cast, track: Track) -> None:
    def seen(name: str) -> set[str]:
        return set(names(session, cast.actor(name)))

    assert seen("ines") == seen("ada") == {"Maya", "Ben", "ליאור"}
    assert seen("ravi") == {"Maya"}
    assert seen("tomas") == {"Ben", "ליאור"}
    assert seen("noa") == {"Maya", "Ben"}
    assert seen("olga") == {"ליאור"}


def test_who_is_behind_the_longest_comes_first(session: Session, cast: Cast, track: Track) -> None:
    maya = assignment_of(session, cast.maya)
    for slug in ("orders", "returns"):
        record(session, maya, track.steps[slug], "done", at=MONDAY)
    record(session, maya, track.steps["welcome"], "attended", at=MONDAY)
    record(session, maya, track.steps["first-case"], "claimed", at=MONDAY)
    assert names(session, cast.actor("ines")) == ["Ben", "Maya", "ליאור"]
    assert names(session, cast.actor("ines"), sort="name") == ["Ben", "Maya", "ליאור"]
    assert names(session, cast.actor("ines"), sort="-name") == ["ליאור", "Maya", "Ben"]
    assert names(session, cast.actor("ines"), sort="-progress")[0] == "Maya"
    assert names(session, cast.actor("ines"), sort="-start")[0] == "ליאור"


def test_the_numbers_are_those_of_the_standing(session: Session, cast: Cast, track: Track) -> None:
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    record(session, maya, track.steps["first-case"], "claimed", at=MONDAY)
    found = board(
        session,
        actor=cast.actor("ravi"),
        chosen=Filter(),
        page=1,
        language="en",
        now=THURSDAY,
    )
    (row,) = found.rows
    assert (row.progress.done, row.progress.total) == (1, 7)
    assert [(week.done, week.total) for week in row.weeks] == [(1, 4), (0, 2), (0, 1)]
    assert (row.standing.week, row.standing.day) == (1, 4)
    assert row.standing.late_days == 3
    assert row.pace is Pace.BEHIND
    assert row.waiting == 1
    assert [coach.name for coach in found.coaches[cast.maya]] == ["Ravi Menon"]


def test_filters_narrow_by_what_they_name(session: Session, cast: Cast, track: Track) -> None:
    ines = cast.actor("ines")
    assert names(session, ines, intake=cast.later) == ["ליאור"]
    assert names(session, ines, site=cast.jerusalem) == ["ליאור"]
    assert names(session, ines, coach=cast.ravi) == ["Maya"]
    assert names(session, ines, name="WINTER ma") == ["Maya"]
    assert names(session, ines, name="ליאור") == ["ליאור"]
    assert names(session, ines, name="%") == []
    assert names(session, ines, state="behind") == ["Ben", "Maya"]
    assert names(session, ines, state="not_started") == ["ליאור"]
    assert names(session, ines, state="waiting") == []
    record(
        session,
        assignment_of(session, cast.ben),
        track.steps["first-case"],
        "claimed",
        at=MONDAY,
    )
    assert names(session, ines, state="waiting") == ["Ben"]


def test_options_are_those_of_the_people_one_follows(
    session: Session, cast: Cast, track: Track
) -> None:
    found = board(
        session,
        actor=cast.actor("tomas"),
        chosen=Filter(name="nobody has this name"),
        page=1,
        language="en",
        now=THURSDAY,
    )
    assert found.rows == []
    assert found.options.intakes == [(cast.later, "Later"), (cast.spring, "Spring")]
    assert found.options.sites == [(cast.harbour, "Harbour Street"), (cast.jerusalem, "Jerusalem")]
    assert found.options.coaches == [(cast.ravi, "Ravi Menon"), (cast.tomas, "Tomas Lind")][1:]


def test_somebody_who_left_or_ended_is_not_on_the_board(
    session: Session, cast: Cast, track: Track
) -> None:
    session.execute(update(Person).where(Person.id == cast.ben).values(deactivated_at=MONDAY))
    planning.end_assignment(
        session,
        actor=cast.actor("ines"),
        assignment_id=assignment_of(session, cast.lior),
        why="Went to another house",
        now=MONDAY,
    )
    assert names(session, cast.actor("ines")) == ["Maya"]


def test_who_began_long_ago_is_counted_and_shown_on_request(
    session: Session, cast: Cast, track: Track
) -> None:
    long_after = MONDAY + timedelta(weeks=13)
    ines = cast.actor("ines")
    found = board(session, actor=ines, chosen=Filter(), page=1, language="en", now=long_after)
    assert [row.face.name for row in found.rows] == ["ליאור כהן"]
    assert found.not_shown == 2
    assert len(names(session, ines, long_after, earlier=True)) == 3


def test_a_board_too_large_to_compare_goes_by_name_and_says_so(
    session: Session, cast: Cast, track: Track, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 2)
    monkeypatch.setattr(queries, "PAGE", 2)
    ines = cast.actor("ines")
    found = board(
        session,
        actor=ines,
        chosen=Filter(state="behind"),
        page=2,
        language="en",
        now=THURSDAY,
    )
    assert found.by_name_only
    assert (found.total, found.page, found.pages) == (3, 2, 2)
    assert [row.face.name for row in found.rows] == ["ליאור כהן"]
    rows = queries.all_rows(
        session, actor=ines, chosen=Filter(state="behind"), language="en", now=THURSDAY
    )
    assert [row.face.name for row, _coaches in rows] == ["Ben Okoro", "Maya Winter"]


def test_a_page_beyond_the_last_is_the_last(session: Session, cast: Cast, track: Track) -> None:
    make_crowd(session, MONDAY, track, count=60, intake_id=cast.spring, site_id=cast.harbour)
    found = board(
        session,
        actor=cast.actor("ines"),
        chosen=Filter(sort="name"),
        page=99,
        language="en",
        now=THURSDAY,
    )
    assert (found.page, found.pages, found.total) == (2, 2, 63)
    assert len(found.rows) == 13


def test_stuck_is_late_by_two_days_for_coaches_and_four_for_a_manager(
    session: Session, cast: Cast, track: Track
) -> None:
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)

    def found(name: str, days: int) -> list[tuple[str, int]]:
        now = MONDAY + timedelta(days=days)
        rows = stuck(session, actor=cast.actor(name), now=now, language="en")
        return [(row.step_title, row.late_days) for row in rows]

    assert found("ravi", 1) == []
    assert found("ravi", 2) == [("Welcome", 2)]
    assert found("noa", 3) == []
    assert found("noa", 4) == [("Orders", 4), ("Welcome", 4)]
    both = Actor(cast.noa, frozenset({Role.MANAGER, Role.COACH}))
    assert len(stuck(session, actor=both, now=MONDAY + timedelta(days=2), language="en")) == 2


def test_stuck_names_the_coach_and_where_to_look(
    session: Session, cast: Cast, track: Track
) -> None:
    (row,) = stuck(session, actor=cast.actor("ravi"), now=THURSDAY, language="en")
    assert row.face.name == "Maya Winter"
    assert row.intake_name == "Spring"
    assert row.url == f"/people/{cast.maya}/track"
    assert row.late_steps == 4
    assert [coach.name for coach in row.coaches] == ["Ravi Menon"]


# ---- pages ---------------------------------------------------------------------------------


@pytest.fixture
def walked(people: Cast, sqlite_database: Database, clock: FixedClock) -> Track:
    """The usual track in the application's database, walked by the spring intake."""
    clock.moment = THURSDAY
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY)
        planning.assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=made.slug,
            now=MONDAY,
        )
        session.execute(
            update(Person).where(Person.id == people.ben).values(name="=cmd|' /C calc'!A0")
        )
    return made


def test_the_page_shows_numbers_that_lead_to_the_track(
    browser: Any, people: Cast, walked: Track
) -> None:
    page = browser(people.ravi).get("/board")
    assert page.status_code == 200
    assert f'href="/people/{people.maya}/track"' in page.text
    assert "0 of 7" in page.text
    assert "3 working days late" in page.text
    assert "Week 1, day 4 of 15" in page.text


@pytest.mark.parametrize("name", ["maya", "oleg"])
def test_who_follows_nobody_has_no_board(
    browser: Any, people: Cast, walked: Track, name: str
) -> None:
    for url in ("/board", "/board/export.csv", "/board/export.xlsx"):
        assert browser(getattr(people, name)).get(url).status_code == 403


def test_an_empty_board_says_why(browser: Any, people: Cast) -> None:
    assert "Nobody is on a track yet" in browser(people.ines).get("/board").text
    filtered = browser(people.ines).get("/board?name=zzz").text
    assert "Show everyone" in filtered


@pytest.mark.parametrize(
    "query",
    [
        "intake=x&site=-1&coach=99999999999999999999&page=0&state=odd&sort=odd&earlier=yes",
        "name=%00%27%22%3Cscript%3E&page=-5",
        "sort=-&state=&intake=",
        "name=" + "a" * 5000,
    ],
)
def test_an_odd_address_is_an_unfiltered_board_or_an_empty_one(
    browser: Any, people: Cast, walked: Track, query: str
) -> None:
    page = browser(people.ines).get(f"/board?{query}")
    assert page.status_code == 200
    assert "<script>" not in page.text.replace('<script src="', "")


def test_the_csv_has_the_rows_of_the_view_and_runs_nothing(
    browser: Any, people: Cast, walked: Track
) -> None:
    answer = browser(people.ines).get("/board/export.csv?state=behind&sort=name")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["Name"] for row in rows] == ["'=cmd|' /C calc'!A0", "Maya Winter"]
    assert rows[1]["Required steps done"] == "0"
    assert rows[1]["Required steps"] == "7"
    assert rows[1]["Week 1: required"] == "4"
    assert rows[1]["Coaches"] == "Ravi Menon"
    only = browser(people.ravi).get("/board/export.csv")
    assert len(only.data.decode("utf-8-sig").splitlines()) == 2


def test_the_spreadsheet_holds_texts_not_formulas(
    browser: Any, people: Cast, walked: Track
) -> None:
    from openpyxl import load_workbook

    answer = browser(people.ines).get("/board/export.xlsx?sort=name")
    sheet = load_workbook(io.BytesIO(answer.data)).active
    cells = {cell.value: cell.data_type for cell in sheet["A"]}
    assert cells["=cmd|' /C calc'!A0"] == "s"
    assert sheet.max_row == 3
