"""Confirmers' pages: the list, the decision, stale decisions, photos; who sees what."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from lms.core.db import Database
from lms.courses import operations
from lms.courses.models import StepEvent
from lms.people.models import PersonRole
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.trails import Trail, make_trail


@pytest.fixture
def trail(sqlite_database: Database, people: Cast) -> Trail:
    """Maya has claimed the coach's task."""
    with sqlite_database.writing() as session:
        trail = make_trail(session, people, MONDAY)
        operations.claim_task(
            session,
            actor=people.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            note="Edda found in all three",
            now=MONDAY,
        )
    return trail


def address(trail: Trail, act: str = "", slug: str = "coach-case") -> str:
    return f"/claims/{trail.maya}/{trail.step(slug)}" + (f"/{act}" if act else "")


def kinds(database: Database, trail: Trail) -> list[str]:
    with database.reading() as session:
        return list(
            session.scalars(
                select(StepEvent.kind)
                .where(StepEvent.step_id == trail.step("coach-case"))
                .order_by(StepEvent.sequence)
            )
        )


def test_a_coach_finds_the_claim_reads_it_and_confirms(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.ravi)
    listed = client.get("/claims").text
    for words in ("Maya Winter", "Coach case", "Edda found in all three", "Since Mon 2 Mar"):
        assert words in listed
    page = client.get(address(trail)).text
    for words in ("Edda found in all three", "I found the order.", "Confirm it", "Not yet"):
        assert words in page
    assert 'value="2026-03-03"' in page
    answer = client.submit(address(trail, "confirm"), {"seen": "1", "note": "Well told"})
    assert (answer.status_code, answer.location) == (303, "/claims")
    assert kinds(sqlite_database, trail) == ["claimed", "confirmed"]
    assert "Nothing waits for you" in client.get("/claims").text
    own = browser(people.maya).get("/steps/onboarding/coach-case").text
    assert "Confirmed by Ravi Menon" in own
    assert "Well told" in own


def test_not_yet_reaches_the_trainee_with_reason_and_day(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    answer = browser(people.ravi).submit(
        address(trail, "back"),
        {"seen": "1", "because": "Tell it in order", "follow_up_on": "2026-03-05"},
    )
    assert answer.status_code == 303
    own = browser(people.maya).get("/steps/onboarding/coach-case").text
    assert "Not yet, because" in own
    assert "Tell it in order" in own
    assert "Show it again on Thu 5 Mar." in own
    assert "Claim it again" in own


def test_a_decision_without_words_or_day_keeps_what_was_typed(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.ravi)
    for fields, words in (
        ({"because": "", "follow_up_on": "2026-03-05"}, "Say what is still missing"),
        ({"because": "In order, please", "follow_up_on": "2026-09-05"}, "at most 30 days ahead"),
        ({"because": "In order, please", "follow_up_on": ""}, "Choose the day"),
        ({"because": "In order, please", "follow_up_on": "soon"}, "Not a valid date"),
        ({"because": "y" * 5000, "follow_up_on": "2026-03-05"}, "At most 4000 characters"),
    ):
        answer = client.submit(address(trail, "back"), {"seen": "1", **fields})
        assert answer.status_code == 422, fields
        assert words in answer.text
        assert fields["because"] in answer.text
    assert kinds(sqlite_database, trail) == ["claimed"]


def test_a_decision_that_comes_second_says_what_changed_and_keeps_the_text(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    browser(people.ines).submit(address(trail, "confirm"), {"seen": "1"})
    answer = browser(people.ravi).submit(
        address(trail, "back"),
        {"seen": "1", "because": "Tell it in order", "follow_up_on": "2026-03-05"},
    )
    assert answer.status_code == 409
    assert "Something changed meanwhile" in answer.text
    assert "Confirmed by Ines Calder" in answer.text
    assert "Tell it in order" in answer.text
    assert kinds(sqlite_database, trail) == ["claimed", "confirmed"]


def test_a_newer_claim_is_shown_before_it_is_decided(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    maya = browser(people.maya)
    maya.submit("/steps/onboarding/coach-case/withdraw")
    maya.submit("/steps/onboarding/coach-case/claim", {"note": "A better try"})
    client = browser(people.ravi)
    answer = client.submit(address(trail, "confirm"), {"seen": "1", "note": "My words"})
    assert answer.status_code == 409
    assert "There is a newer claim." in answer.text
    assert "A better try" in answer.text
    assert "My words" in answer.text
    assert 'name="seen" value="3"' in answer.text
    assert client.submit(address(trail, "confirm"), {"seen": "3"}).status_code == 303


@pytest.mark.parametrize("seen", ["", "x", "0", "99"])
def test_a_form_that_does_not_say_what_was_seen_decides_nothing(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, seen: str
) -> None:
    answer = browser(people.ravi).submit(address(trail, "confirm"), {"seen": seen})
    assert answer.status_code in (409, 422)
    assert kinds(sqlite_database, trail) == ["claimed"]


@pytest.mark.parametrize(
    ("who", "status", "buttons"),
    [
        ("ravi", 200, True),
        ("ines", 200, True),
        ("noa", 200, False),
        ("mei", 200, False),
        ("tomas", 404, False),
        ("olga", 404, False),
        ("maya", 403, False),
        ("ben", 403, False),
        ("oleg", 403, False),
        ("ada", 403, False),
    ],
)
def test_who_sees_a_claim_and_who_sees_the_buttons(
    browser: Any,
    people: Cast,
    trail: Trail,
    sqlite_database: Database,
    who: str,
    status: int,
    buttons: bool,
) -> None:
    client = browser(getattr(people, who))
    page = client.get(address(trail))
    assert page.status_code == status
    assert (address(trail, "confirm") in page.text) is buttons
    if not buttons:
        expected = 403 if status in (200, 403) else 404
        assert client.submit(address(trail, "confirm"), {"seen": "1"}).status_code == expected
        back = {"seen": "1", "because": "no", "follow_up_on": "2026-03-05"}
        assert client.submit(address(trail, "back"), back).status_code == expected
        assert kinds(sqlite_database, trail) == ["claimed"]


def test_nobody_sees_buttons_for_their_own(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.add(PersonRole(person_id=people.maya, role="trainer"))
    client = browser(people.maya)
    page = client.get(address(trail)).text
    assert address(trail, "confirm") not in page
    assert "This is your own task" in page
    assert client.submit(address(trail, "confirm"), {"seen": "1"}).status_code == 403
    assert "Nothing waits for you" in client.get("/claims").text


def test_only_tasks_have_a_decision_page(browser: Any, people: Cast, trail: Trail) -> None:
    client = browser(people.ravi)
    assert client.get(address(trail, slug="orders")).status_code == 404
    assert client.get(f"/claims/{trail.maya}/999999").status_code == 404
    assert client.get(f"/claims/999999/{trail.step('coach-case')}").status_code == 404


@pytest.mark.parametrize("act", ["confirm", "back"])
def test_reloading_a_forms_address_leads_back_to_the_claim(
    browser: Any, people: Cast, trail: Trail, act: str
) -> None:
    assert browser(people.ravi).get(address(trail, act)).location == address(trail)


def test_pages_of_claims_cost_at_most_six_statements(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.ravi)
    for where in ("/claims", address(trail)):
        client.get(where)
        with counting(sqlite_database) as statements:
            assert client.get(where).status_code == 200
        assert len(statements) <= 6, statements


def test_a_claims_photo_is_for_the_trainee_and_those_beside_them(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    content = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(content, "PNG")
    content.seek(0)
    maya = browser(people.maya)
    maya.submit("/steps/onboarding/manager-case/claim", {"note": "", "photo": (content, "a.png")})
    with sqlite_database.reading() as session:
        event_id = session.scalars(select(StepEvent.id).where(StepEvent.file_id.is_not(None))).one()
    photo = f"/claims/photo/{event_id}"
    for who in (people.maya, people.ravi, people.noa, people.ines, people.ada, people.mei):
        answer = browser(who).get(photo, buffered=True)
        assert (answer.status_code, answer.mimetype) == (200, "image/webp")
        assert answer.headers["Cache-Control"] == "private, no-cache"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for who in (people.ben, people.lior, people.tomas, people.olga, people.oleg):
        assert browser(who).get(photo).status_code == 404
        assert browser(who).get(photo, headers={"Range": "bytes=0-9"}).status_code == 404
    assert browser().get(photo).status_code == 303
    assert maya.get("/claims/photo/999999").status_code == 404
    with sqlite_database.reading() as session:
        without = session.scalars(select(StepEvent.id).where(StepEvent.file_id.is_(None))).first()
    assert maya.get(f"/claims/photo/{without}").status_code == 404


def test_a_long_list_is_paged(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    from tests.courses.tracks import assignment_of, make_crowd

    with sqlite_database.writing() as session:
        ids = make_crowd(
            session,
            MONDAY,
            trail.track,
            count=30,
            intake_id=people.spring,
            site_id=people.harbour,
            done=["trainer-case"],
            finish={"trainer-case": "claimed"},
        )
        assert assignment_of(session, ids[0])
    client = browser(people.ines)
    first, second = client.get("/claims").text, client.get("/claims?page=2").text
    assert "31 claims" in first
    assert first.count("Look at it:") == 25
    assert second.count("Look at it:") == 6
    assert client.get("/claims?page=99").status_code == 200


def test_a_trainer_takes_a_mistaken_confirmation_back_with_a_reason(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    ravi, ines = browser(people.ravi), browser(people.ines)
    ravi.submit(address(trail, "confirm"), {"seen": 1, "note": ""})
    assert "Confirmed by mistake?" not in ravi.get(address(trail)).text
    assert ravi.submit(address(trail, "reopen"), {"reason": "x"}).status_code == 403
    assert "Confirmed by mistake?" in ines.get(address(trail)).text
    empty = ines.submit(address(trail, "reopen"), {"reason": " "})
    assert empty.status_code == 422
    done = ines.submit(address(trail, "reopen"), {"reason": "That was another trainee."})
    assert done.status_code == 303
    assert kinds(sqlite_database, trail) == ["claimed", "confirmed", "reopened"]
    assert (
        "That was another trainee."
        in browser(people.maya).get(f"/steps/{trail.track.slug}/coach-case").text
    )
    again = ines.submit(address(trail, "reopen"), {"reason": "Once more"})
    assert again.status_code == 409
    assert "Once more" in again.text
