"""The search page: what each person finds, and what they do not."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.core.permissions import Permission, may
from lms.courses.models import Course, StepText, StepVersion
from lms.courses.planning import assign_intake
from lms.home.search.pages import PAGES
from lms.people.models import Intake, Person
from tests.cast import ROLES, Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Track, Wanted, make_crowd, make_track
from tests.home.pages import addresses, words

Search = Callable[..., str]


@pytest.fixture
def search(browser: Any) -> Search:
    """A function that searches as somebody and returns the page."""

    def look(person_id: int, text: str, **options: Any) -> str:
        page = browser(person_id).get("/search", query_string={"q": text}, **options)
        assert page.status_code == 200
        found: str = page.get_data(as_text=True)
        return found

    return look


def test_without_words_it_asks_for_some(people: Cast, track: Track, search: Search) -> None:
    assert "What are you looking for?" in words(search(people.maya, "  "))


def test_nothing_found_says_so_and_keeps_the_words(
    people: Cast, track: Track, search: Search
) -> None:
    page = search(people.maya, "<b>wombat</b>")
    assert "Nothing found for “<b>wombat</b>”" in words(page)
    assert 'value="&lt;b&gt;wombat&lt;/b&gt;"' in page


def test_a_step_is_found_by_its_title_and_by_its_body(
    people: Cast, track: Track, search: Search
) -> None:
    assert "/steps/onboarding/returns" in addresses(search(people.maya, "RETURN"))
    page = search(people.maya, "first words")
    assert "/steps/onboarding/orders" in addresses(page)
    assert "<mark>First</mark> <mark>words</mark>" in page


def test_a_step_is_found_in_the_readers_language(
    people: Cast, track: Track, search: Search, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        version = session.scalars(
            select(StepVersion).where(StepVersion.step_id == track.steps["returns"])
        ).one()
        session.add(
            StepText(
                step_id=version.step_id,
                step_version_id=version.id,
                language="ru",
                number=1,
                source="",
                title="Возвраты",
                html="<p>Снег &amp; лёд</p>",
                made_at=MONDAY,
            )
        )
        session.get_one(Course, track.course_id).texts_number += 1
        session.get_one(Person, people.maya).language = "ru"
    for text in ("возВРАТ", "СНЕГ & ЛЁД"):
        assert "/steps/onboarding/returns" in addresses(search(people.maya, text))
    assert "/steps/onboarding/returns" not in addresses(search(people.ben, "возврат"))


def test_a_trainee_finds_the_version_they_are_on_and_no_other(
    people: Cast, track: Track, search: Search, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        make_track(session, MONDAY, [Wanted("orders", text="Glacier goggles"), Wanted("brand-new")])
        make_track(session, MONDAY, [Wanted("secret")], slug="leaders")
    for text in ("glacier", "brand", "secret"):
        assert "Nothing found" in words(search(people.maya, text)), text
    assert "/steps/onboarding/brand-new" in addresses(search(people.ines, "brand"))
    assert "/steps/leaders/secret" in addresses(search(people.ravi, "secret"))


def test_people_are_found_by_name_but_only_whom_one_may_see(
    people: Cast, search: Search, sqlite_database: Database
) -> None:
    assert f"/people/{people.olga}" in addresses(search(people.maya, "ольга БЕЛ"))
    assert f"/people/{people.lior}" in addresses(search(people.maya, "כהן"))
    with sqlite_database.writing() as session:
        session.get_one(Person, people.olga).deactivated_at = MONDAY
    assert f"/people/{people.olga}" not in addresses(search(people.maya, "ольга"))
    assert f"/people/{people.olga}" in addresses(search(people.ada, "ольга"))


def test_mail_addresses_find_people_for_administrators_alone(people: Cast, search: Search) -> None:
    assert f"/people/{people.mei}" in addresses(search(people.ada, "MEI@northfold.test"))
    assert f"/people/{people.mei}" not in addresses(search(people.maya, "mei@northfold.test"))


def test_intakes_and_settings_are_for_those_who_run_them(
    people: Cast, search: Search, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Intake, people.spring).name = "Весенний набор"
    assert f"/intakes/{people.spring}" in addresses(search(people.ines, "ВЕСЕННИЙ"))
    assert f"/intakes/{people.spring}" not in addresses(search(people.ravi, "весенний"))
    assert "/settings/holidays" in addresses(search(people.ada, "days off"))
    assert "/settings/holidays" not in addresses(search(people.ines, "days off"))


def test_every_page_that_can_be_found_opens(people: Cast, track: Track, browser: Any) -> None:
    for name in ROLES:
        reader = browser(getattr(people, name))
        for page in PAGES:
            if may(people.actor(name), page.permission):
                assert reader.get(page.url).status_code == 200, (name, page.url)
    assert {page.permission for page in PAGES} >= {Permission.MEMBER, Permission.MANAGE_COMPANY}


def test_very_long_and_odd_queries_are_answered(people: Cast, track: Track, browser: Any) -> None:
    maya = browser(people.maya)
    for text in ("x" * 100_000, "(" * 200, "a " * 5000, "\x00", "\ud7ff", "%", "_", "'; --", "🏔"):
        assert maya.get("/search", query_string={"q": text}).status_code == 200


def test_searching_costs_few_statements_and_stays_short_in_a_crowd(
    people: Cast, browser: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY)
        assign_intake(
            session,
            actor=people.actor("ines"),
            intake_id=people.spring,
            course_slug=made.slug,
            now=MONDAY,
        )
        make_crowd(
            session,
            MONDAY,
            made,
            count=2000,
            intake_id=people.spring,
            site_id=people.harbour,
        )
    for name in ("maya", "ines", "ada"):
        reader = browser(getattr(people, name))
        reader.get("/search?q=tr")
        with counting(sqlite_database) as sent:
            page = reader.get("/search?q=trainee")
        assert len(sent) <= 8, (name, sent)
        assert len(page.data) < 25_000
        assert "There are more." in words(page.get_data(as_text=True))
