"""Finding words: any script and case, on both databases, and nothing but words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.finding import LONGEST, MOST_WORDS, Wanted, clean, words_of
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY

NAMES = (
    "Ольга Белова",
    "ОЛЕГ МАКДОНАЛЬД",
    "ליאור כהן",
    "王小雨",
    "José Ñandú",
    "Straße Groß",
    "100% Ana_Maria",
    "Plain [Bracket] (Paren) *Star* \\Back",
)


@pytest.fixture
def named(session: Session, cast: Cast) -> Session:
    """People with names that are hard to find."""
    for number, name in enumerate(NAMES):
        session.add(Person(email=f"n{number}@northfold.test", name=name, created_at=MONDAY))
    session.flush()
    return session


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ольга", {"Ольга Белова"}),
        ("БЕЛОВА оЛьГа", {"Ольга Белова"}),
        ("макДональд", {"ОЛЕГ МАКДОНАЛЬД"}),
        ("כהן", {"ליאור כהן"}),
        ("小", {"王小雨"}),
        ("JOSÉ", {"José Ñandú"}),
        ("ñandú", {"José Ñandú"}),
        ("GROSS", set()),
        ("groß", {"Straße Groß"}),
        ("%", {"100% Ana_Maria"}),
        ("a_m", {"100% Ana_Maria"}),
        ("[bracket] (paren) *star*", {"Plain [Bracket] (Paren) *Star* \\Back"}),
        ("\\back", {"Plain [Bracket] (Paren) *Star* \\Back"}),
        (".*", set()),
        ("a|b", set()),
        ("^", set()),
    ],
)
def test_names_are_found_in_every_script_and_case(
    named: Session, text: str, found: set[str]
) -> None:
    wanted = Wanted.of(text, "en")
    rows = named.scalars(
        select(Person.name).where(wanted.inside(Person.name), Person.name.in_(NAMES))
    )
    assert set(rows) == found


def test_the_database_and_python_find_the_same(named: Session) -> None:
    for text in ("ол", "a", "$", "\\", "ß", "İ", "{2}", "(?i)x", "'", '"', "-", "#"):
        wanted = Wanted.of(text, "en")
        query = select(Person.name).where(wanted.inside(Person.name), Person.name.in_(NAMES))
        by_hand = {name for name in NAMES if wanted.rank((name,)) is not None}
        assert set(named.scalars(query)) == by_hand, text


@given(st.text(max_size=300))
def test_any_text_finds_itself_and_breaks_nothing(text: str) -> None:
    wanted = Wanted.of(text, "en")
    assert len(wanted.words) <= MOST_WORDS
    shown = clean(text)
    assert len(shown) <= LONGEST
    for word, pattern in zip(words_of(text), wanted.words, strict=True):
        assert pattern.search(word)
        assert pattern.search(f"before{word}after")
    assert "".join(piece for piece, _hit in wanted.marked(shown)) == shown


@given(st.text(alphabet="абвгдежзABCxyzßñéσ", min_size=1, max_size=12))
def test_upper_and_lower_case_are_the_same(text: str) -> None:
    for form in (text.lower(), text.upper(), text.title()):
        if len(form) == len(text):
            assert Wanted.of(text, "en").rank((form,)) == 0


def test_every_word_must_occur_and_the_earliest_part_counts() -> None:
    wanted = Wanted.of("order parcel", "en")
    assert wanted.rank(("Order a parcel", "")) == 0
    assert wanted.rank(("Order", "your parcel")) == 1
    assert wanted.rank(("Order", "nothing")) is None


def test_an_excerpt_shows_the_hit_in_its_surroundings() -> None:
    text = "word " * 100 + "needle " + "word " * 100
    excerpt = Wanted.of("NEEDLE", "en").excerpt(text)
    assert "needle" in excerpt
    assert excerpt.startswith("…")
    assert excerpt.endswith("…")
    assert len(excerpt) < 220
    assert Wanted.of("absent", "en").excerpt(text) == ""
    assert Wanted.of("针", "en").excerpt("海底捞针" * 100).count("针") > 0
