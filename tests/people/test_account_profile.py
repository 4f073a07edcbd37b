"""One's own profile, picture, self-check and language."""

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.errors import NotFound, Refused
from lms.people.account import own, queries, rules
from lms.people.account.words import SELF_CHECK_QUESTIONS
from lms.people.models import Category, Person, SelfCheckAnswer
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY

WHOLE = {
    "name": "Maya Winter-Sato",
    "language": "ru",
    "time_zone": "Asia/Tokyo",
    "working_languages": ["en", "ru"],
    "first_category": "1",
    "second_category": "2",
    "about": "Climbs on Sundays.",
    "digest": "y",
}


def edit(session: Session, cast: Cast, **changes: Any) -> None:
    """Edit Maya's profile as herself."""
    values: dict[str, Any] = {
        "name": "Maya Winter",
        "language": None,
        "time_zone": None,
        "working_languages": [],
        "category_ids": [],
        "about": "",
        "digest": True,
    }
    own.edit_profile(session, actor=cast.actor("maya"), now=MONDAY, **{**values, **changes})
    session.flush()


def test_what_was_saved_is_what_is_read(session: Session, cast: Cast) -> None:
    ski, climbing = session.scalars(select(Category.id).order_by(Category.slug.desc())).all()
    edit(session, cast, category_ids=[ski, climbing], working_languages=["zh", "en"], digest=False)
    found = queries.profile(session, person_id=cast.maya)
    assert found.category_ids == (ski, climbing)
    assert found.working_languages == ("en", "zh")
    assert not found.digest
    edit(session, cast, category_ids=[climbing])
    assert queries.profile(session, person_id=cast.maya).category_ids == (climbing,)


def test_the_same_category_twice_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="categories_same"):
        edit(session, cast, category_ids=[1, 1])


def test_an_unknown_category_is_not_found(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        edit(session, cast, category_ids=[999])


def test_the_page_saves_and_shows_what_colleagues_see(browser: Any, people: Cast) -> None:
    client = browser(people.maya)
    assert client.submit("/profile", WHOLE).status_code == 303
    page = client.get("/profile").text
    assert 'lang="ru"' in page
    assert "Maya Winter-Sato" in page
    assert '<option selected value="Asia/Tokyo">Tokyo (Asia)</option>' in page
    seen = page.partition("thread-says")[2]
    assert "Climbs on Sundays." in seen


def test_a_category_counts_as_claimed(browser: Any, people: Cast) -> None:
    client = browser(people.maya)
    client.submit("/profile", {**WHOLE, "language": "en"})
    assert client.get("/profile").text.count("Claimed</span>") == 2


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "required"),
        ({"time_zone": "Mars/Olympus"}, "valid choice"),
        ({"language": "tlh"}, "valid choice"),
        ({"second_category": "1"}, "Choose two different categories."),
        ({"about": "x" * 2001}, "longer than 2000"),
    ],
)
def test_a_wrong_form_keeps_what_was_typed(
    browser: Any, people: Cast, wrong: dict[str, str], sentence: str
) -> None:
    client = browser(people.maya)
    answer = client.submit("/profile", {**WHOLE, "about": "Typed with care.", **wrong})
    assert answer.status_code == 422
    assert sentence in answer.text
    if "about" not in wrong:
        assert "Typed with care." in answer.text
    assert "Maya Winter-Sato" not in client.get("/profile").text


def test_a_profile_costs_few_statements(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    client.get("/profile")
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "PRAGMA")):
            seen.append(statement)

    event.listen(sqlite_database.engine, "before_cursor_execute", note)
    client.get("/profile")
    assert len(seen) <= 6


def picture(size: tuple[int, int] = (900, 600), kind: str = "JPEG") -> bytes:
    """Return a picture with a comment in its metadata."""
    image = Image.effect_noise(size, 80).convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    out = io.BytesIO()
    image.save(out, kind, exif=exif)
    return out.getvalue()


def send(client: Browser, content: bytes, name: str = "me.jpg") -> Any:
    """Send a picture."""
    return client.submit("/profile/photo", {"photo": (io.BytesIO(content), name)})


def photo_url(database: Database, person_id: int) -> str:
    """Return the address of a person's picture."""
    with database.reading() as session:
        url = queries.profile(session, person_id=person_id).photo_url
    assert url is not None
    return url


def test_a_picture_is_re_encoded_small_and_without_metadata(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    assert send(client, picture()).status_code == 303
    url = photo_url(sqlite_database, people.maya)
    assert url in client.get("/profile").text
    answer = browser(people.ben).get(url)
    assert answer.status_code == 200
    assert answer.mimetype == "image/webp"
    assert len(answer.data) <= rules.LARGEST_PHOTO
    assert b"taken at home" not in answer.data
    assert Image.open(io.BytesIO(answer.data)).width <= 512
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"].startswith("private")


def test_strangers_see_no_pictures(
    browser: Any, client: Browser, people: Cast, sqlite_database: Database
) -> None:
    send(browser(people.maya), picture())
    assert client.get(photo_url(sqlite_database, people.maya)).status_code == 303


def test_a_picture_taken_away_or_replaced_is_not_found(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    send(client, picture())
    first = photo_url(sqlite_database, people.maya)
    send(client, picture((300, 300), "PNG"))
    assert client.get(first).status_code == 404
    second = photo_url(sqlite_database, people.maya)
    client.submit("/profile/photo/remove")
    assert client.get(second).status_code == 404
    assert "<img" not in client.get("/profile").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Choose a picture first."),
        (b"%PDF-1.7 not a picture", "This is not a picture that can be read."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This is not a picture that can be read."),
        (b"\x00\x00\x00\x18ftypheic", "HEIC pictures cannot be read."),
    ],
)
def test_what_is_no_picture_is_refused_on_its_field(
    browser: Any, people: Cast, content: bytes, sentence: str
) -> None:
    answer = send(browser(people.maya), content)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "Maya Winter" in answer.text


def test_the_self_check_keeps_long_answers_and_the_latest_counts(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    long = "Trousers, tea and a tent. " * 200
    assert len(long) <= rules.LONGEST_ANSWER
    client.submit("/profile/self-check", {"passion": "Ice", "last_trip": long})
    client.submit("/profile/self-check", {"passion": "Ice and granite", "last_trip": long})
    page = client.get("/profile/self-check").text
    assert long.strip() in page
    assert "Ice and granite" in page
    with sqlite_database.reading() as session:
        rows = session.execute(
            select(SelfCheckAnswer.question, SelfCheckAnswer.answer).order_by(SelfCheckAnswer.id)
        ).all()
    assert [tuple(row) for row in rows] == [
        ("passion", "Ice"),
        ("last_trip", long.strip()),
        ("passion", "Ice and granite"),
    ]


def test_an_answer_can_be_taken_back(session: Session, cast: Cast) -> None:
    actor = cast.actor("maya")
    own.answer_self_check(session, actor=actor, answers={"passion": "Ice"}, now=MONDAY)
    session.flush()
    assert list(queries.self_check(session, person_id=cast.maya)) == ["passion"]
    assert own.answer_self_check(session, actor=actor, answers={}, now=MONDAY) == 1
    session.flush()
    assert queries.self_check(session, person_id=cast.maya) == {}
    assert own.answer_self_check(session, actor=actor, answers={}, now=MONDAY) == 0


def test_a_too_long_answer_is_kept_on_the_page(browser: Any, people: Cast) -> None:
    client = browser(people.maya)
    answer = client.submit("/profile/self-check", {"passion": "x" * (rules.LONGEST_ANSWER + 1)})
    assert answer.status_code == 422
    assert "x" * rules.LONGEST_ANSWER in answer.text


def test_every_question_has_words() -> None:
    assert tuple(SELF_CHECK_QUESTIONS) == rules.SELF_CHECK
    assert len({str(text) for text in SELF_CHECK_QUESTIONS.values()}) == 7


def test_a_stranger_chooses_a_language_by_cookie_and_stays_on_the_page(
    client: Browser, people: Cast
) -> None:
    answer = client.submit(
        "/language",
        {"language": "he"},
        headers={"Referer": "http://localhost/login?next=/profile"},
    )
    assert answer.headers["Location"] == "/login?next=/profile"
    assert 'lang="he" dir="rtl"' in client.get("/login").text


def test_a_person_keeps_the_language_everywhere(browser: Any, people: Cast) -> None:
    browser(people.maya).submit("/language", {"language": "zh"})
    assert 'lang="zh"' in browser(people.maya).get("/profile").text


def test_choosing_twice_on_one_page_means_the_second(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    for language in ("zh", "ru"):
        client.submit("/language", {"language": language, "_key": "one page"})
    with sqlite_database.reading() as session:
        assert session.get_one(Person, people.maya).language == "ru"


@pytest.mark.parametrize(
    "referer",
    ["https://evil.test/login", "http://localhost/profile/photo", "http://localhost//evil", ""],
)
def test_choosing_a_language_leads_only_to_pages_of_ours(
    client: Browser, people: Cast, referer: str
) -> None:
    answer = client.submit("/language", {"language": "he"}, headers={"Referer": referer})
    assert answer.headers["Location"] == "/"


def test_an_unknown_language_is_not_found(client: Browser, people: Cast) -> None:
    assert client.submit("/language", {"language": "xx"}).status_code == 404


def test_a_calendar_address_is_made_renewed_and_revoked(
    browser: Any, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    client = browser(people.maya)
    secret = "a secret for tests that is long enough"

    def token() -> str:
        page = client.get("/account/calendar").text
        return page.partition('value="http://127.0.0.1:8000/calendar/')[2].partition(".ics")[0]

    def reader(found: str) -> int | None:
        with sqlite_database.reading() as session:
            person = queries.calendar_reader(session, secret=secret, token=found, now=clock.now())
        return person.id if person else None

    assert token() == ""
    client.submit("/account/calendar")
    first = token()
    assert reader(first) == people.maya
    client.submit("/account/calendar")
    second = token()
    assert (reader(first), reader(second)) == (None, people.maya)
    client.submit("/account/calendar/revoke")
    assert token() == ""
    assert reader(second) is None
    client.submit("/account/calendar")
    assert token() not in (first, second, "")
    assert reader(second) is None
    with sqlite_database.writing() as session:
        session.get_one(Person, people.maya).deactivated_at = MONDAY - timedelta(days=1)
    assert reader(token() or second) is None


def test_a_calendar_address_cannot_be_guessed() -> None:
    token = rules.calendar_token("one secret", 7, 1)
    assert rules.person_of_calendar_token(token) == 7
    assert rules.is_calendar_token("one secret", token, person_id=7, epoch=1)
    assert not rules.is_calendar_token("another", token, person_id=7, epoch=1)
    assert not rules.is_calendar_token("one secret", token, person_id=8, epoch=1)
    never = rules.calendar_token("one secret", 7, 0)
    assert not rules.is_calendar_token("one secret", never, person_id=7, epoch=0)
    for wrong in ("", "7", "7-", "x-" + "a" * 32, "7-" + "a" * 31, "０-" + "a" * 32):
        assert rules.person_of_calendar_token(wrong) is None
