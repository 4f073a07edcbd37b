"""What a trainee sends from a step page: done, claim, withdraw, effort; bad input and strangers."""

import io
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from lms.core.db import Database
from lms.core.models import StoredFile
from lms.courses.models import EffortScore, StepEvent
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.trails import Trail, make_trail


@pytest.fixture
def trail(sqlite_database: Database, people: Cast) -> Trail:
    with sqlite_database.writing() as session:
        return make_trail(session, people, MONDAY)


def address(slug: str, act: str = "") -> str:
    return f"/steps/onboarding/{slug}" + (f"/{act}" if act else "")


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), "green").save(out, "JPEG")
    out.seek(0)
    return out


def let_go(answer: Any) -> None:
    """Close what the test client keeps of a large upload."""
    answer.request.environ["wsgi.input"].close()


def events(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(StepEvent.kind).order_by(StepEvent.id)))


def test_done_leads_to_the_next_step_where_its_effort_is_asked(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    answer = client.submit(address("orders", "done"))
    assert (answer.status_code, answer.location) == (303, address("film") + "?after=orders")
    page = client.get(answer.location).text
    assert "Done: Orders" in page
    assert "You finished “Orders”. Was it easy to learn?" in page
    assert events(sqlite_database) == ["done"]


def test_done_sent_twice_writes_once_and_answers_the_same(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    answers = [client.submit(address("orders", "done"), {"_key": "one-press"}) for _ in range(2)]
    assert [answer.location for answer in answers] == [address("film") + "?after=orders"] * 2
    assert events(sqlite_database) == ["done"]


def test_when_nothing_is_left_to_do_done_leads_to_today(
    browser: Any, people: Cast, trail: Trail
) -> None:
    client = browser(people.maya)
    for slug in ("coach-case", "manager-case", "trainer-case", "mentor-case"):
        assert client.submit(address(slug, "claim"), {"note": "done"}).status_code == 303
    client.submit(address("orders", "done"))
    client.submit(address("film", "done"))
    answer = client.submit(address("extra", "done"))
    # The quiz of day 4 is the only thing left that can be done.
    assert answer.location == address("check") + "?after=extra"


def test_a_done_lesson_shows_that_it_is_done_and_no_button(
    browser: Any, people: Cast, trail: Trail
) -> None:
    client = browser(people.maya)
    client.submit(address("orders", "done"))
    page = client.get(address("orders")).text
    assert "I have read this" not in page
    assert "Was this easy to learn?" in page
    assert "Go on: Film" in page


def test_a_locked_step_cannot_be_finished_by_a_made_up_form(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    answer = browser(people.maya).submit(address("trust", "done"))
    assert answer.status_code == 409
    assert "not open yet" in answer.text
    assert events(sqlite_database) == []


@pytest.mark.parametrize("act", ["done", "claim", "withdraw", "effort"])
def test_strangers_and_those_who_only_read_cannot_act(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, act: str
) -> None:
    for who in (people.lior, people.oleg, people.ravi, people.ines, people.ada):
        answer = browser(who).submit(address("coach-case", act), {"note": "x", "effort": "3"})
        assert answer.status_code == 404
    assert events(sqlite_database) == []


@pytest.mark.parametrize("act", ["done", "claim", "withdraw", "effort"])
def test_reloading_a_forms_address_leads_back_to_the_step(
    browser: Any, people: Cast, trail: Trail, act: str
) -> None:
    assert browser(people.maya).get(address("orders", act)).location == address("orders")


def test_a_claim_shows_whom_it_waits_for_and_can_be_taken_back(
    browser: Any, people: Cast, trail: Trail
) -> None:
    client = browser(people.maya)
    answer = client.submit(address("coach-case", "claim"), {"note": "Edda found in all three"})
    assert answer.location == address("coach-case") + "#end"
    page = client.get(answer.location).text
    assert "Waiting for \u2068Ravi Menon\u2069 since Mon 2 Mar" in page
    assert "Edda found in all three" in page
    assert "You said that it is done" in page
    assert client.submit(address("coach-case", "withdraw")).status_code == 303
    page = client.get(address("coach-case")).text
    assert "Claim it as done" in page
    assert "You took the claim back" in page


def test_a_photo_alone_is_a_claim_and_is_kept_without_its_metadata(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    answer = client.submit(
        address("coach-case", "claim"), {"note": "", "photo": (picture(), "IMG_1.JPG")}
    )
    assert answer.status_code == 303
    with sqlite_database.reading() as session:
        row = session.scalars(select(StoredFile)).one()
        event_id = session.scalars(select(StepEvent.id)).one()
    assert row.media_type == "image/webp"
    assert f"/claims/photo/{event_id}" in client.get(address("coach-case")).text


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"<html><script>alert(1)</script>", "photo.jpg", "not a picture that can be read"),
        (b"\xff\xd8\xff" + b"x" * 500, "photo.jpg", "not a picture that can be read"),
        (b"\0" * (12 * 1024 * 1024 + 1), "big.png", "larger than 12 MB"),
        (b"\0\0\0\x18ftypheic" + b"x" * 99, "photo.heic", "HEIC pictures cannot be read"),
    ],
)
def test_what_is_not_a_picture_is_refused_and_the_note_stays(
    browser: Any,
    people: Cast,
    trail: Trail,
    sqlite_database: Database,
    content: bytes,
    name: str,
    sentence: str,
) -> None:
    answer = browser(people.maya).submit(
        address("coach-case", "claim"),
        {"note": "My long words stay", "photo": (io.BytesIO(content), name)},
    )
    let_go(answer)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "My long words stay" in answer.text
    assert events(sqlite_database) == []


def test_an_empty_claim_gets_a_message_on_the_field(
    browser: Any, people: Cast, trail: Trail
) -> None:
    answer = browser(people.maya).submit(address("coach-case", "claim"), {"note": "  "})
    assert answer.status_code == 422
    assert "Write a note or add a photo" in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_a_note_of_100_kb_is_refused_and_kept(browser: Any, people: Cast, trail: Trail) -> None:
    note = "<b>long</b> " * 9000
    answer = browser(people.maya).submit(address("coach-case", "claim"), {"note": note})
    assert answer.status_code == 422
    assert "At most 4000 characters fit here." in answer.text
    assert answer.text.count("&lt;b&gt;long") == 9000


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(
    browser: Any, people: Cast, trail: Trail
) -> None:
    huge = io.BytesIO(b"\0" * (65 * 1024 * 1024))
    answer = browser(people.maya).submit(
        address("coach-case", "claim"), {"note": "x", "photo": (huge, "a.jpg")}
    )
    let_go(answer)
    assert answer.status_code == 413
    assert "At most 64 MB" in answer.text


def test_a_second_claim_is_told_kindly_and_its_words_stay(
    browser: Any, people: Cast, trail: Trail
) -> None:
    client = browser(people.maya)
    client.submit(address("coach-case", "claim"), {"note": "one"})
    answer = client.submit(address("coach-case", "claim"), {"note": "second words"})
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert "second words" in answer.text


def test_effort_is_one_tap_and_can_be_changed(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    client.submit(address("orders", "done"))
    client.submit(address("orders", "effort"), {"effort": "2"})
    answer = client.submit(
        address("orders", "effort"), {"effort": "4", "comment": "The example helped"}
    )
    assert answer.location == address("orders") + "#end"
    with sqlite_database.reading() as session:
        row = session.scalars(select(EffortScore)).one()
    assert (row.score, row.comment) == (4, "The example helped")
    page = client.get(address("orders")).text
    assert 'value="4" aria-pressed="true"' in page
    assert "The example helped" in page


def test_effort_given_on_the_next_page_stays_there_and_leads_nowhere_else(
    browser: Any, people: Cast, trail: Trail
) -> None:
    client = browser(people.maya)
    client.submit(address("orders", "done"))
    there = client.submit(address("orders", "effort") + "?then=" + address("film"), {"effort": "5"})
    assert there.location == address("film")
    away = client.submit(
        address("orders", "effort") + "?then=https://evil.example/", {"effort": "5"}
    )
    assert away.location == address("orders") + "#end"


@pytest.mark.parametrize("effort", ["", "0", "6", "easy", "9" * 40])
def test_an_effort_that_is_no_answer_is_422(
    browser: Any, people: Cast, trail: Trail, sqlite_database: Database, effort: str
) -> None:
    client = browser(people.maya)
    client.submit(address("orders", "done"))
    answer = client.submit(address("orders", "effort"), {"effort": effort, "comment": "My comment"})
    assert answer.status_code == 422
    assert "My comment" in answer.text
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(EffortScore)) == 0


def test_markup_in_notes_is_shown_as_text(browser: Any, people: Cast, trail: Trail) -> None:
    client = browser(people.maya)
    client.submit(address("coach-case", "claim"), {"note": "<img src=x onerror=alert(1)>"})
    for who, where in (
        (people.maya, address("coach-case")),
        (people.ravi, "/claims"),
        (people.ravi, f"/claims/{trail.maya}/{trail.step('coach-case')}"),
    ):
        page = browser(who).get(where).text
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page
