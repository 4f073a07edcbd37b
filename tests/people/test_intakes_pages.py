"""The intake pages in a browser: lists, forms, selections, slips, budgets."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.core.pages import Card, IntakePanelSource
from lms.core.web import EXTENSION
from lms.people.models import AccessLink, Holiday, Intake, IntakeMember, Person, Site
from tests.cast import Cast
from tests.client import Browser
from tests.counting import counting


@pytest.fixture
def ada(browser: Any, people: Cast) -> Browser:
    """The administrator's browser."""
    found: Browser = browser(people.ada)
    return found


@pytest.fixture
def ines(browser: Any, people: Cast) -> Browser:
    """The trainer's browser."""
    found: Browser = browser(people.ines)
    return found


@pytest.fixture
def crowd(sqlite_database: Database, people: Cast) -> Callable[[int], list[int]]:
    """A function that puts so many more people into the spring intake, none invited."""

    def add(many: int) -> list[int]:
        with sqlite_database.writing() as session:
            rows = [
                Person(
                    email=f"hire{n}@northfold.test",
                    name=f"Hire {n}",
                    site_id=people.harbour,
                    created_at=MADE_AT,
                )
                for n in range(many)
            ]
            session.add_all(rows)
            session.flush()
            session.add_all(
                IntakeMember(person_id=row.id, intake_id=people.spring, joined_at=MADE_AT)
                for row in rows
            )
            return [row.id for row in rows]

    from tests.conftest import MONDAY as MADE_AT

    return add


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def pages(cast: Cast) -> tuple[str, ...]:
    spring = f"/intakes/{cast.spring}"
    return (
        "/intakes",
        "/intakes/new",
        spring,
        f"{spring}/edit",
        f"{spring}/start",
        f"{spring}/add",
        f"{spring}/members/{cast.maya}",
    )


def test_trainers_and_administrators_open_every_page_and_nobody_else(
    browser: Any, people: Cast
) -> None:
    for page in pages(people):
        for who in (people.ines, people.ada):
            assert browser(who).get(page).status_code == 200
        for who in (people.maya, people.ravi, people.noa, people.mei, people.oleg):
            assert browser(who).get(page).status_code == 403
        assert browser().get(page).status_code == 303


@pytest.mark.parametrize("path", ["", "/edit", "/start", "/add", "/members/1", "/members/9999"])
def test_an_intake_or_member_that_is_not_there_is_not_found(
    ines: Browser, people: Cast, path: str
) -> None:
    assert ines.get(f"/intakes/999{path}").status_code == 404
    if "members" in path:
        assert ines.get(f"/intakes/{people.spring}/members/{people.mei}").status_code == 404


@pytest.mark.parametrize("many", [0, 200])
def test_no_page_costs_more_with_two_hundred_members(
    ada: Browser,
    people: Cast,
    sqlite_database: Database,
    crowd: Callable[[int], list[int]],
    many: int,
) -> None:
    crowd(many)
    for page in pages(people):
        ada.get(page)
        with counting(sqlite_database) as statements:
            answer = ada.get(page)
        assert answer.status_code == 200
        assert len(statements) <= 8, (page, statements)
    listed = text(ada.get(f"/intakes/{people.spring}"))
    assert listed.count('name="person"') == 2 + many


def test_the_list_sorts_intakes_by_where_they_stand(
    ines: Browser, people: Cast, clock: FixedClock
) -> None:
    def order() -> list[str]:
        return re.findall(
            r"<h2[^>]*><bdi>(Running|To come|Past)</bdi></h2>|<bdi>(Spring|Later)</bdi>", page
        )

    page = text(ines.get("/intakes"))
    assert [a or b for a, b in order()] == ["Running", "Spring", "To come", "Later"]
    clock.moment += timedelta(days=19)
    ines.enter(people.ines)
    page = text(ines.get("/intakes"))
    assert [a or b for a, b in order()] == ["Running", "Later", "Past", "Spring"]


def test_an_intake_is_made_and_a_start_on_a_day_off_says_when_day_one_is(
    ines: Browser, sqlite_database: Database, people: Cast
) -> None:
    form = {
        "name": "Weekend starters",
        "starts_on": "2026-03-07",
        "site_id": str(people.harbour),
        "language": "zh",
    }
    answer = ines.submit("/intakes/new", form)
    assert answer.status_code == 303
    page = text(ines.get(answer.headers["Location"]))
    assert "The start is not a working day" in page
    assert "day one is Monday, 9 March 2026" in page
    with sqlite_database.reading() as session:
        made = session.scalars(select(Intake).where(Intake.slug == "weekend-starters")).one()
    assert (made.starts_on, made.language) == (date(2026, 3, 7), "zh")


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"starts_on": "2026-02-30"},
        {"starts_on": "1926-02-03"},
        {"site_id": "999"},
        {"slug": "spring"},
        {"slug": "No Good"},
        {"language": "tlh"},
    ],
)
def test_a_wrong_intake_form_keeps_what_was_typed(
    ines: Browser, sqlite_database: Database, people: Cast, wrong: dict[str, str]
) -> None:
    form = {"name": "Kept", "starts_on": "2026-05-04", "site_id": str(people.harbour), **wrong}
    answer = ines.submit("/intakes/new", form)
    assert answer.status_code == 422
    assert "aria-invalid" in text(answer)
    assert "name" in wrong or 'value="Kept"' in text(answer)
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Intake)) == 2


def test_without_a_site_the_form_says_what_comes_first(
    app: Flask, browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        for model in (IntakeMember, Intake, Holiday):
            for row in session.scalars(select(model)):
                session.delete(row)
        for person in session.scalars(select(Person)):
            person.site_id = None
        session.flush()
        for site in session.scalars(select(Site)):
            session.delete(site)
    page = text(browser(people.ines).get("/intakes/new"))
    assert "There is no site yet" in page
    empty = text(browser(people.ines).get("/intakes"))
    assert "No intake yet" in empty


def test_an_intake_is_renamed(ines: Browser, people: Cast) -> None:
    url = f"/intakes/{people.spring}/edit"
    form = {"name": "Spring 2026", "slug": "spring-26", "site_id": str(people.harbour)}
    assert ines.submit(url, form).status_code == 303
    assert "Spring 2026" in text(ines.get("/intakes"))
    assert ines.submit(url, {**form, "slug": "later"}).status_code == 422


def test_moving_a_start_says_how_many_move_and_asks_why(
    ines: Browser, sqlite_database: Database, people: Cast
) -> None:
    url = f"/intakes/{people.spring}/start"
    assert "The dates of 2 people." in text(ines.get(url))
    form = {"starts_on": "2026-03-09", "seen": people.start.isoformat(), "reason": " "}
    assert ines.submit(url, form).status_code == 422
    assert ines.submit(url, {**form, "reason": "The roof leaks"}).status_code == 303
    with sqlite_database.reading() as session:
        assert session.get_one(Intake, people.spring).starts_on == date(2026, 3, 9)


def test_a_start_that_moved_meanwhile_keeps_the_form_and_shows_the_present_one(
    ines: Browser, sqlite_database: Database, people: Cast
) -> None:
    with sqlite_database.writing() as session:
        session.get_one(Intake, people.spring).starts_on = date(2026, 3, 16)
    form = {"starts_on": "2026-03-09", "seen": people.start.isoformat(), "reason": "Roof"}
    answer = ines.submit(f"/intakes/{people.spring}/start", form)
    assert answer.status_code == 422
    assert "Somebody moved the start to 2026-03-16" in text(answer)
    assert 'value="2026-03-16"' in text(answer)
    assert ines.submit(f"/intakes/{people.spring}/start", {"reason": "x"}).status_code == 422


def test_members_are_searched_and_filtered(
    ada: Browser, people: Cast, crowd: Callable[[int], list[int]]
) -> None:
    crowd(3)
    url = f"/intakes/{people.spring}"
    page = text(ada.get(f"{url}?state=not_invited"))
    assert ("Hire 2" in page, "Maya Winter" in page) == (True, False)
    page = text(ada.get(f"{url}?q=maya"))
    assert ("Hire 2" in page, "Maya Winter" in page) == (False, True)
    assert "Ravi Menon" in page
    assert "Noa Peretz" in page
    assert "Nobody found" in text(ada.get(f"{url}?q=nobody-of-this-name"))
    for strange in ("state=x", "page=0", "page=999", "q=%25", "page=-1"):
        assert ada.get(f"{url}?{strange}").status_code == 200


def test_people_are_found_and_added_and_whoever_is_elsewhere_is_marked(
    ines: Browser, sqlite_database: Database, people: Cast
) -> None:
    url = f"/intakes/{people.spring}/add"
    page = text(ines.get(f"{url}?q=ליאור"))
    assert "<bdi>Later</bdi>" in page
    assert "Maya Winter" not in text(ines.get(url))
    nobody = ines.submit(url, {})
    assert nobody.status_code == 422
    assert "Tick somebody first." in text(nobody)
    form = {"person": [str(people.lior), str(people.mei), "x"], "_key": "k"}
    for _ in range(2):
        assert ines.submit(url, form).status_code == 303
    with sqlite_database.reading() as session:
        joined = session.scalars(
            select(IntakeMember.person_id).where(
                IntakeMember.intake_id == people.spring, IntakeMember.left_at.is_(None)
            )
        ).all()
    assert {people.lior, people.mei} <= set(joined)
    assert ines.submit(url, {"person": "9999"}).status_code == 404


def test_a_double_click_invites_each_person_once(
    ada: Browser,
    sqlite_database: Database,
    people: Cast,
    crowd: Callable[[int], list[int]],
) -> None:
    hires = [str(person_id) for person_id in crowd(20)]
    form = {"person": [*hires, str(people.maya)], "_key": "once"}
    url = f"/intakes/{people.spring}/invite?state=not_invited"
    answers = [ada.submit(url, form) for _ in range(2)]
    assert {answer.headers["Location"] for answer in answers} == {
        f"/intakes/{people.spring}?state=not_invited"
    }
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(OutboxRow)) == 20
    page = text(ada.get(f"/intakes/{people.spring}"))
    assert "20 invitations are on their way. 1 person is in already." in page


def test_an_invitation_to_nobody_says_so_on_the_page(ada: Browser, people: Cast) -> None:
    answer = ada.submit(f"/intakes/{people.spring}/invite", {})
    assert answer.status_code == 422
    assert "Tick somebody first." in text(answer)
    assert "Maya Winter" in text(answer)


def test_a_trainer_sees_no_tick_boxes_and_may_not_invite_or_print(
    ines: Browser, people: Cast
) -> None:
    page = text(ines.get(f"/intakes/{people.spring}"))
    assert 'name="person"' not in page
    assert "Print sign-in slips" not in page
    for act in ("invite", "slips"):
        answer = ines.submit(f"/intakes/{people.spring}/{act}", {"person": str(people.maya)})
        assert answer.status_code == 403


def links_of(answer: TestResponse) -> list[str]:
    return re.findall(r"http://127\.0\.0\.1:8000(/invitation/[\w-]+)", text(answer))


def test_slips_show_codes_and_links_that_open_once_printed(
    ada: Browser,
    client: Any,
    people: Cast,
    sqlite_database: Database,
    crowd: Callable[[int], list[int]],
) -> None:
    hires = [str(person_id) for person_id in crowd(9)]
    url = f"/intakes/{people.spring}/slips"
    answer = ada.submit(url, {"person": [*hires, str(people.maya)]})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "1 person is left out" in text(answer)
    links = links_of(answer)
    assert len(set(links)) == text(answer).count('<svg viewBox="0 0') == 9
    assert " style=" not in text(answer)
    assert client.get(links[0]).status_code == 200
    again = links_of(ada.submit(url, {"person": hires}))
    assert client.get(links[0]).status_code in (404, 410)
    assert client.get(again[0]).status_code == 200
    with sqlite_database.reading() as session:
        kept = session.scalars(select(AccessLink.token_hash)).all()
    assert not {link.rsplit("/", 1)[1] for link in links} & set(kept)


def test_slips_for_people_who_are_in_are_printed_one_by_one_only(
    ada: Browser, people: Cast
) -> None:
    url = f"/intakes/{people.spring}/slips"
    answer = ada.submit(url, {"person": str(people.maya)})
    assert answer.status_code == 303
    assert "Everybody ticked is in already" in text(ada.get(answer.headers["Location"]))
    assert len(links_of(ada.submit(url, {"person": str(people.maya), "again": "1"}))) == 1
    assert ada.submit(url, {}).status_code == 422


def test_a_member_moves_to_another_intake_or_out_with_a_reason(
    ines: Browser, sqlite_database: Database, people: Cast
) -> None:
    def current() -> int | None:
        with sqlite_database.reading() as session:
            return session.scalar(
                select(IntakeMember.intake_id).where(
                    IntakeMember.person_id == people.maya, IntakeMember.left_at.is_(None)
                )
            )

    url = f"/intakes/{people.spring}/members/{people.maya}"
    for reason in ("", "  "):
        form = {"to": str(people.later), "reason": reason}
        assert ines.submit(url, form).status_code == 422
    assert ines.submit(url, {"to": str(people.spring), "reason": "x"}).status_code == 422
    assert ines.submit(url, {"to": str(people.later), "reason": "Ill"}).status_code == 303
    assert current() == people.later
    assert ines.get(url).status_code == 404
    url = f"/intakes/{people.later}/members/{people.maya}"
    assert ines.submit(url, {"to": "0", "reason": "Left us"}).status_code == 303
    assert current() is None


def test_other_parts_add_their_panels_in_order_to_the_page_and_to_the_move(
    app: Flask, ines: Browser, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    env = app.jinja_env
    assert env.loader is not None
    ours = DictLoader({"panel.html": "<p>Panel {{ view.word }} here</p>"})
    monkeypatch.setattr(env, "loader", ChoiceLoader([ours, env.loader]))
    panels: list[IntakePanelSource] = [
        lambda _session, _actor, intake_id, _now: Card("panel.html", {"word": f"one {intake_id}"}),
        lambda *_: None,
        lambda *_: Card("panel.html", {"word": "two"}),
    ]
    monkeypatch.setattr(app.extensions[EXTENSION].registry, "intake_panels", panels)
    for path in ("", "/start"):
        page = text(ines.get(f"/intakes/{people.spring}{path}"))
        assert re.findall("Panel ([^<]+) here", page) == [f"one {people.spring}", "two"]
