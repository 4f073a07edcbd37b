"""Step pages: reading, what each kind shows, previews, languages, statements."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.files import keep
from lms.core.permissions import SYSTEM
from lms.courses import operations
from lms.courses.lessons import elsewhere
from lms.courses.lessons.elsewhere import KindPage
from lms.courses.models import Course, Meeting, StepText, StepVersion, VersionMedium
from lms.courses.planning import assign_person
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Wanted, make_track
from tests.courses.trails import STEPS, Trail, make_trail


@pytest.fixture
def trail(sqlite_database: Database, people: Cast) -> Trail:
    with sqlite_database.writing() as session:
        return make_trail(session, people, MONDAY)


def address(slug: str) -> str:
    return f"/steps/onboarding/{slug}"


def translate(database: Database, trail: Trail, slug: str, language: str, html: str) -> None:
    with database.writing() as session:
        version = session.scalars(
            select(StepVersion).where(StepVersion.step_id == trail.step(slug))
        ).one()
        session.add(
            StepText(
                step_id=version.step_id,
                step_version_id=version.id,
                language=language,
                number=len(session.scalars(select(StepText.id)).all()) + 1,
                source="",
                title="הזמנות",
                html=html,
                made_at=MONDAY,
            )
        )
        session.get_one(Course, trail.track.course_id).texts_number += 1


def test_a_lesson_shows_its_words_time_due_and_neighbours(
    browser: Any, people: Cast, trail: Trail
) -> None:
    page = browser(people.maya).get(address("film")).text
    for words in ("Film", "30 minutes", "Due Mon 2 Mar", "First words", "I have watched this"):
        assert words in page
    assert f'rel="prev" href="{address("welcome")}"' in page
    assert f'rel="next" href="{address("coach-case")}"' in page
    assert "Watch at videos.example" in page


def test_a_locked_step_shows_when_it_opens_and_not_its_body(
    browser: Any, people: Cast, trail: Trail, clock: FixedClock
) -> None:
    client = browser(people.maya)
    page = client.get(address("trust")).text
    assert "Opens on Mon 9 Mar" in page
    assert "First words" not in page
    assert "I have read this" not in page
    clock.moment = MONDAY + timedelta(days=7)
    assert "First words" in browser(people.maya).get(address("trust")).text


def test_a_task_shows_its_checklist_as_text_and_a_form(
    browser: Any, people: Cast, trail: Trail
) -> None:
    page = browser(people.maya).get(address("coach-case")).text
    assert "I found the order." in page
    assert 'type="checkbox"' not in page
    assert "Ravi Menon" in page
    assert 'name="photo"' in page


def test_a_session_shows_when_where_and_by_whom_in_the_readers_zone(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    page = browser(people.maya).get(address("welcome")).text
    assert "Mon 2 Mar, 10:00 to 10:30" in page
    assert "Training room" in page
    assert "A trainer" in page
    assert "in Berlin" not in page
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).time_zone = "America/New_York"
        session.add(
            Meeting(
                intake_id=people.spring,
                step_id=trail.step("welcome"),
                on_date=MONDAY.date(),
                at_time=MONDAY.time(),
                time_zone="Europe/Berlin",
                place="https://meet.example/x",
                host_id=people.ines,
                made_at=MONDAY,
            )
        )
    page = browser(people.maya).get(address("welcome")).text
    assert "Mon 2 Mar, 02:00 to 02:30" in page
    assert "Mon 2 Mar, 08:00 in Berlin" in page
    assert "Ines Calder" in page
    assert 'href="https://meet.example/x"' in page


def test_a_session_can_be_taken_into_a_calendar_by_its_trainee_alone(
    browser: Any, people: Cast, trail: Trail
) -> None:
    answer = browser(people.maya).get(address("welcome") + "/session.ics")
    assert answer.mimetype == "text/calendar"
    assert "DTSTART;TZID=Europe/Berlin:20260302T100000" in answer.text
    assert "LOCATION:Training room" in answer.text
    assert browser(people.maya).get(address("orders") + "/session.ics").status_code == 404
    assert browser(people.ravi).get(address("welcome") + "/session.ics").status_code == 404


def test_attendance_is_shown_and_nothing_is_to_be_pressed(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, clock: FixedClock
) -> None:
    clock.moment = MONDAY + timedelta(hours=3)
    client = browser(people.maya)
    assert "The session is over" in client.get(address("welcome")).text
    for attended, words in ((False, "You were noted as absent"), (True, "You were there")):
        with sqlite_database.writing() as session:
            operations.note_attendance(
                session,
                actor=people.actor("ines"),
                assignment_id=trail.maya,
                step_id=trail.step("welcome"),
                attended=attended,
                now=clock.moment,
            )
        assert words in client.get(address("welcome")).text


def test_a_kind_of_another_part_leads_to_its_page(
    browser: Any, people: Cast, trail: Trail, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = KindPage("Quiz", "list-check", "Take the quiz", lambda ref: f"/quizzes/{ref}")
    monkeypatch.setitem(elsewhere._pages, "quiz", page)
    shown = browser(people.maya).get(address("check")).text
    assert 'href="/quizzes/orders-quiz"' in shown
    assert "Take the quiz" in shown


@pytest.mark.parametrize("slug", [step.slug for step in STEPS])
def test_those_who_teach_read_a_preview_and_cannot_act(
    browser: Any, people: Cast, trail: Trail, slug: str
) -> None:
    for who in (people.ravi, people.ines, people.ada):
        page = browser(who).get(address(slug))
        assert page.status_code == 200
        assert "First words" in page.text
        assert address(slug) + "/claim" not in page.text
        assert address(slug) + "/done" not in page.text
    assert browser(people.ravi).submit(address(slug) + "/done").status_code == 404


def test_those_who_neither_are_on_it_nor_teach_get_404(
    browser: Any, people: Cast, trail: Trail
) -> None:
    for who in (people.lior, people.oleg):
        assert browser(who).get(address("orders")).status_code == 404
    client = browser(people.maya)
    assert client.get(address("no-such-step")).status_code == 404
    assert client.get("/steps/no-such-course/orders").status_code == 404
    assert browser(people.ravi).get(address("no-such-step")).status_code == 404


def test_an_untranslated_lesson_says_so_and_a_translation_is_shown_at_once(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).language = "he"
    client = browser(people.maya)
    before = client.get(address("orders")).text
    assert '<div class="prose" lang="en" dir="ltr"><p>First words</p>' in before
    translate(sqlite_database, trail, "orders", "he", "<p>מילים ראשונות</p>")
    after = client.get(address("orders")).text
    assert "<p>מילים ראשונות</p>" in after
    assert "First words" not in after
    assert "<h1><bdi>הזמנות</bdi></h1>" in after
    translate(sqlite_database, trail, "orders", "he", "<p>מילים חדשות</p>")
    assert "<p>מילים חדשות</p>" in client.get(address("orders")).text


@pytest.mark.parametrize("slug", ["orders", "film", "welcome", "coach-case", "check", "trust"])
def test_a_step_page_costs_at_most_six_statements(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, slug: str
) -> None:
    client = browser(people.maya)
    client.get(address(slug))
    with counting(sqlite_database) as statements:
        assert client.get(address(slug)).status_code == 200
    assert len(statements) <= 6, statements


def test_a_claimed_task_costs_at_most_six_statements(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    client.submit(address("coach-case") + "/claim", {"note": "done"})
    client.get(address("coach-case"))
    with counting(sqlite_database) as statements:
        assert "Waiting for" in client.get(address("coach-case")).text
    assert len(statements) <= 6, statements


def test_reading_writes_nothing(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    with counting(sqlite_database) as statements:
        for slug in ("orders", "film", "welcome", "coach-case", "check"):
            client.get(address(slug) + "?after=orders")
    assert not [s for s in statements if s.split()[0] in ("INSERT", "UPDATE", "DELETE")]


def test_a_video_of_the_course_is_shown_in_the_page(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        films = make_track(
            session, MONDAY, [Wanted("knots", "watch", ref="media/knots.mp4")], slug="films"
        )
        row = keep(session, digest="c" * 64, media_type="video/mp4", size=9, now=MONDAY)
        session.add(
            VersionMedium(
                course_version_id=films.version_id, path="media/knots.mp4", file_id=row.id
            )
        )
        assign_person(
            session,
            actor=SYSTEM,
            person_id=people.maya,
            course_slug="films",
            starts_on=MONDAY.date(),
            now=MONDAY,
        )
    page = browser(people.maya).get("/steps/films/knots").text
    assert f'<video controls preload="metadata" src="/media/{"c" * 64}"' in page
