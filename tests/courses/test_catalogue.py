"""Tracks with versions and languages; putting people on them and moving them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.courses import planning
from lms.courses.catalogue.queries import catalogue, track_page
from lms.courses.catalogue.rules import Kind, changes
from lms.courses.models import Assignment, Course, CourseText, CourseVersion, StepText, StepVersion
from lms.courses.outline import outline
from lms.courses.queries import current_track
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.outlines import make_outline, make_step
from tests.courses.tracks import USUAL, Track, Wanted, assignment_of, make_track, record

SECOND = [
    Wanted("orders", text="Better words"),
    Wanted("alerts", day=2),
    *(step for step in USUAL if step.slug not in ("orders", "returns", "trust")),
    Wanted("trust", week=2),
]


def test_changes_name_what_is_new_gone_reworded_and_moved() -> None:
    old = make_outline([make_step(1), make_step(2), make_step(3), make_step(4)])
    reworded = make_step(2, day=3)
    new = make_outline(
        [make_step(1), _on_version(reworded, 77), make_step(3, week=2), make_step(5)]
    )
    assert [(change.kind, change.step.id) for change in changes(old, new)] == [
        (Kind.CHANGED, 2),
        (Kind.MOVED, 3),
        (Kind.ADDED, 5),
        (Kind.REMOVED, 4),
    ]
    assert changes(old, old) == []


def _on_version(step: Any, version_id: int) -> Any:
    return replace(step, version_id=version_id)


def translate(session: Session, step_id: int, version_id: int, language: str) -> None:
    known = session.scalars(
        select(StepText.id).where(StepText.step_id == step_id, StepText.language == language)
    ).all()
    session.add(
        StepText(
            step_id=step_id,
            step_version_id=version_id,
            language=language,
            number=len(known) + 1,
            source="",
            title="Titel",
            html="",
            options={},
            made_at=MONDAY,
        )
    )
    session.flush()


def version_of(session: Session, step_id: int) -> int:
    return max(session.scalars(select(StepVersion.id).where(StepVersion.step_id == step_id)))


def test_a_translation_of_older_words_is_stale_until_it_is_renewed(
    session: Session, cast: Cast
) -> None:
    track = make_track(session, MONDAY)
    for slug in ("orders", "welcome"):
        translate(session, track.steps[slug], version_of(session, track.steps[slug]), "he")

    def hebrew() -> tuple[int, int, tuple[str, ...]]:
        (entry,) = catalogue(session, language="en")
        found = {one.language: one for one in entry.translations}
        assert (found["ru"].translated, found["ru"].stale) == (0, ())
        return found["he"].translated, found["he"].total, tuple(found["he"].stale)

    assert hebrew() == (2, 8, ())
    make_track(session, MONDAY, SECOND)
    assert hebrew() == (2, 8, ("orders",))
    translate(session, track.steps["orders"], version_of(session, track.steps["orders"]), "he")
    assert hebrew() == (2, 8, ())


def test_versions_say_how_many_walk_them(session: Session, cast: Cast) -> None:
    track = make_track(session, MONDAY)
    planning.assign_intake(
        session,
        actor=cast.actor("ines"),
        intake_id=cast.spring,
        course_slug=track.slug,
        now=MONDAY,
    )
    make_track(session, MONDAY, SECOND)
    page = track_page(session, slug="onboarding", language="en")
    assert [(version.number, version.people) for version in page.versions] == [(2, 0), (1, 2)]
    assert (page.entry.people, page.entry.behind) == (2, 2)


# ---- pages ---------------------------------------------------------------------------------


@pytest.fixture
def track(people: Cast, sqlite_database: Database) -> Track:
    """The usual track in the application's database, walked by nobody."""
    with sqlite_database.writing() as session:
        return make_track(session, MONDAY)


def assignments(database: Database) -> dict[int, int]:
    with database.reading() as session:
        rows = session.execute(
            select(Assignment.person_id, Assignment.course_version_id).where(
                Assignment.ended_at.is_(None)
            )
        )
        return {row.person_id: row.course_version_id for row in rows}


def test_the_catalogue_leads_to_steps(browser: Any, people: Cast, track: Track) -> None:
    assert 'href="/courses/onboarding"' in browser(people.ravi).get("/courses").text
    page = browser(people.ravi).get("/courses/onboarding").text
    assert 'href="/steps/onboarding/orders"' in page
    assert "Week 3: Week 3 title" in page
    assert browser(people.ravi).get("/courses/none").status_code == 404


def test_who_may_see_the_catalogue(browser: Any, people: Cast, track: Track) -> None:
    expected = {"ines": 200, "ravi": 200, "noa": 200, "ada": 200, "mei": 200, "maya": 403}
    for name, code in {**expected, "oleg": 403}.items():
        for url in ("/courses", "/courses/onboarding"):
            assert browser(getattr(people, name)).get(url).status_code == code, name
    assert "/feedback" not in browser(people.ravi).get("/courses/onboarding").text


def test_an_empty_catalogue_says_how_tracks_come_in(browser: Any, people: Cast) -> None:
    assert "lms courses import" in browser(people.ines).get("/courses").text


def test_an_intake_is_put_on_a_track_from_its_page(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    page = f"/intakes/{people.spring}"
    assert "Set this track" in trainer.get(page).text
    answer = trainer.submit(f"{page}/track", {"track": "onboarding"})
    assert answer.headers["Location"] == page
    assert set(assignments(sqlite_database)) == {people.maya, people.ben}
    shown = trainer.get(page).text
    assert "Onboarding, version 1" in shown
    assert f'href="{page}/dates"' in shown
    assert "Set this track" not in shown
    assert trainer.submit(f"{page}/track", {"track": "onboarding"}).status_code == 409
    assert trainer.submit(f"{page}/track", {"track": "none"}).status_code == 404
    assert trainer.submit("/intakes/999/track", {"track": "onboarding"}).status_code == 404
    assert browser(people.ravi).submit(f"{page}/track", {"track": "x"}).status_code == 403


def test_an_intakes_page_names_its_track_in_the_language_of_the_reader(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    page = f"/intakes/{people.spring}"
    trainer.submit(f"{page}/track", {"track": "onboarding"})
    with sqlite_database.writing() as session:
        version = session.scalars(select(CourseVersion)).one()
        session.add(
            CourseText(
                course_id=version.course_id,
                course_version_id=version.id,
                language="he",
                number=1,
                source="x",
                title="קליטה",
                summary="",
                html="",
                weeks=[{"title": f"שבוע {n}", "theme": "נושא", "goal": "מטרה"} for n in (1, 2, 3)],
                made_at=MONDAY,
            )
        )
        session.get_one(Course, track.course_id).texts_number += 1
        session.get_one(Person, people.ines).language = "he"
    shown = trainer.get(page).text
    assert "קליטה" in shown
    assert "Week 1 title" not in shown


def test_moving_an_intake_shows_what_changes_and_asks_why(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    page = f"/intakes/{people.spring}"
    trainer.submit(f"{page}/track", {"track": "onboarding"})
    assert "Nothing to move" in trainer.get(f"{page}/track/move").text
    with sqlite_database.writing() as session:
        newest = make_track(session, MONDAY, SECOND)
    assert "It runs on version 1, the newest is 2." in trainer.get(page).text
    shown = trainer.get(f"{page}/track/move").text
    for words in ("Alerts", "New words", "Gone", "Move 2 people"):
        assert words in shown
    assert trainer.submit(f"{page}/track/move", {"reason": " "}).status_code == 422
    assert set(assignments(sqlite_database).values()) == {track.version_id}
    answer = trainer.submit(f"{page}/track/move", {"reason": "Alerts matter"})
    assert answer.headers["Location"] == page
    assert set(assignments(sqlite_database).values()) == {newest.version_id}
    assert "2 people were moved." in trainer.get(page).text
    assert trainer.get(f"/intakes/{people.later}/track/move").status_code == 404
    assert browser(people.ravi).get(f"{page}/track/move").status_code == 403


def test_one_person_is_moved_alone(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    trainer.submit(f"/intakes/{people.spring}/track", {"track": "onboarding"})
    with sqlite_database.writing() as session:
        newest = make_track(session, MONDAY, SECOND)
        record(
            session,
            assignment_of(session, people.maya),
            track.steps["welcome"],
            "attended",
            at=MONDAY,
        )
    url = f"/people/{people.maya}/track/move"
    assert "Alerts" in trainer.get(url).text
    assert trainer.submit(url, {"reason": "She asked"}).status_code == 303
    assert assignments(sqlite_database) == {
        people.maya: newest.version_id,
        people.ben: track.version_id,
    }
    assert trainer.get(f"/people/{people.mei}/track/move").status_code == 404
    assert "It runs on version 1" in trainer.get(f"/intakes/{people.spring}").text


def test_one_person_gets_a_track_with_a_start_of_their_own_and_is_taken_off_it(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    trainer = browser(people.ines)
    url = f"/people/{people.mei}/track/assign"
    form = {"track": "onboarding", "starts_on": "2026-03-09"}
    assert 'value="2026-03-02"' in trainer.get(url).text
    answer = trainer.submit(url, form)
    assert answer.headers["Location"] == f"/people/{people.mei}/track"
    with sqlite_database.reading() as session:
        place = current_track(session, person_id=people.mei)
        assert place is not None
        assert place.start == people.start + timedelta(days=7)
    again = trainer.submit(url, form)
    assert again.status_code == 422
    assert "on the track already" in again.text
    end = f"/people/{people.mei}/track/{place.assignment_id}/end"
    assert trainer.submit(end, {"reason": ""}).status_code == 422
    assert (
        trainer.submit(f"/people/{people.ben}/track/{place.assignment_id}/end").status_code == 404
    )
    for _twice in range(2):
        ended = trainer.submit(end, {"reason": "Changed teams", "_key": "end-once"})
        assert ended.status_code == 303
    assert assignments(sqlite_database) == {}
    assert trainer.submit(end, {"reason": "Again"}).status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"track": "none"},
        {"starts_on": ""},
        {"starts_on": "soon"},
        {"starts_on": "2028-01-01"},
        {"starts_on": "0001-01-01"},
    ],
)
def test_a_wrong_assignment_comes_back(
    browser: Any,
    people: Cast,
    track: Track,
    sqlite_database: Database,
    changed: dict[str, str],
) -> None:
    form = {"track": "onboarding", "starts_on": "2026-03-09", **changed}
    answer = browser(people.ines).submit(f"/people/{people.mei}/track/assign", form)
    assert answer.status_code == 422
    assert assignments(sqlite_database) == {}


def test_without_a_site_there_are_no_working_days(
    browser: Any, people: Cast, track: Track, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.mei).site_id = None
    url = f"/people/{people.mei}/track/assign"
    trainer = browser(people.ines)
    assert "Give this person a site first" in trainer.get(url).text
    answer = trainer.submit(url, {"track": "onboarding", "starts_on": "2026-03-09"})
    assert answer.status_code == 422


def test_outlines_are_kept_apart_by_version(session: Session, cast: Cast) -> None:
    first = make_track(session, MONDAY)
    second = make_track(session, MONDAY, SECOND)
    old, new = (outline(session, one.version_id, "en", 0) for one in (first, second))
    kinds = [(change.kind, change.step.slug) for change in changes(old, new)]
    assert kinds == [(Kind.CHANGED, "orders"), (Kind.ADDED, "alerts"), (Kind.REMOVED, "returns")]
