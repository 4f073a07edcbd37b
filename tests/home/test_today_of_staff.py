"""Today of those who look after others: each sees their own people and what waits for them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from lms.core.backups import note_backup
from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.models import AuditEntry, OutboxRow, WorkerBeat
from lms.core.pages import Card
from lms.core.permissions import Actor
from lms.core.web import EXTENSION
from lms.courses.models import EffortScore, StepVersion
from lms.courses.planning import assign_person
from lms.people.models import Coaching, Notification, Person, PersonRole
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Track, assignment_of, make_crowd, record
from tests.home.pages import addresses, words


def claim(database: Database, people: Cast, track: Track, person: str, slug: str) -> str:
    """Claim a task for a trainee and return the address at which it is decided."""
    person_id = getattr(people, person)
    with database.writing() as session:
        assignment_id = assignment_of(session, person_id)
        record(session, assignment_id, track.steps[slug], "claimed", at=MONDAY, actor_id=person_id)
        return f"/claims/{assignment_id}/{track.steps[slug]}"


def test_a_coach_sees_their_own_trainees_and_nobody_elses(
    people: Cast, track: Track, browser: Any
) -> None:
    page = browser(people.ravi).get("/").get_data(as_text=True)
    assert "Good morning, Ravi" in words(page)
    assert "Maya Winter" in page
    assert "Ben Okoro" not in page
    assert f"/people/{people.maya}/track" in addresses(page)


def test_a_coach_reads_first_who_is_stuck(
    people: Cast, track: Track, browser: Any, sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.writing() as session:
        session.add(Coaching(person_id=people.ben, coach_id=people.ravi, since_at=MONDAY))
        maya = assignment_of(session, people.maya)
        record(session, maya, track.steps["orders"], "done", at=MONDAY, actor_id=people.maya)
        record(session, maya, track.steps["welcome"], "attended", at=MONDAY, actor_id=people.ines)
        record(session, maya, track.steps["returns"], "done", at=MONDAY, actor_id=people.maya)
    clock.moment = MONDAY + timedelta(days=3)
    page = words(browser(people.ravi).get("/").get_data(as_text=True))
    assert "2 people on the way · 1 is stuck" in page
    assert "See how Ben is doing" in page
    assert page.index("Ben Okoro") < page.index("Maya Winter")
    assert "Stuck for 3 days" in page


def test_a_coach_is_led_to_the_claim_that_waits(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    url = claim(sqlite_database, people, track, "maya", "first-case")
    ravi = browser(people.ravi)
    page = ravi.get("/").get_data(as_text=True)
    assert "Look at what Maya has done" in words(page)
    assert url in addresses(page)
    assert ravi.get(url).status_code == 200
    tomas = browser(people.tomas).get("/").get_data(as_text=True)
    assert "No claim waits for you." in words(tomas)
    assert url not in addresses(tomas)


def test_a_mentor_sees_claims_for_mentors_and_no_empty_promises(
    people: Cast, browser: Any, sqlite_database: Database
) -> None:
    from tests.courses.tracks import Wanted, make_track

    task = Wanted("shadow", "do", options={"confirm_by": "mentor", "checklist": ["One"]})
    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY, [task])
        assign_person(
            session,
            actor=people.actor("ines"),
            person_id=people.maya,
            course_slug=made.slug,
            starts_on=MONDAY.date(),
            now=MONDAY,
        )
    mei = browser(people.mei)
    before = mei.get("/").get_data(as_text=True)
    assert "No claim waits for you." in words(before)
    url = claim(sqlite_database, people, made, "maya", "shadow")
    after = mei.get("/").get_data(as_text=True)
    assert url in addresses(after)
    for page in (before, after):
        assert "soon" not in words(page).lower()


def test_a_trainer_sees_how_each_intake_is_doing(
    people: Cast, track: Track, browser: Any, sqlite_database: Database, clock: FixedClock
) -> None:
    with sqlite_database.writing() as session:
        ben = assignment_of(session, people.ben)
        record(session, ben, track.steps["orders"], "done", at=MONDAY, actor_id=people.ben)
        record(session, ben, track.steps["welcome"], "attended", at=MONDAY, actor_id=people.ines)
    clock.moment = MONDAY + timedelta(days=1)
    page = browser(people.ines).get("/").get_data(as_text=True)
    assert "Spring week 1: Week 1 title 2 people 1 behind 1 on time" in words(page)
    assert f"/board?intake={people.spring}" in addresses(page)
    assert "Furthest behind" in words(page)
    assert "Sessions in the next 7 days" in words(page)


def test_a_trainer_sees_which_lessons_are_hard_to_learn(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    ines = browser(people.ines)
    with sqlite_database.writing() as session:
        versions = {
            step_id: version_id
            for version_id, step_id in session.execute(select(StepVersion.id, StepVersion.step_id))
        }
        for slug, score in (("orders", 1), ("returns", 5)):
            for person_id in (people.maya, people.ben, people.lior):
                session.add(
                    EffortScore(
                        person_id=person_id,
                        step_id=track.steps[slug],
                        step_version_id=versions[track.steps[slug]],
                        score=score,
                        at=MONDAY,
                    )
                )
    page = words(ines.get("/").get_data(as_text=True))
    hard = page.partition("Hard to learn")[2]
    assert "Orders 1.0 of 5 by 3 people" in hard
    assert "Returns" not in hard.partition("Waiting for")[0]


def test_a_manager_sees_the_team_and_who_comes_next(
    people: Cast, track: Track, browser: Any, clock: FixedClock
) -> None:
    noa = browser(people.noa)
    first = words(noa.get("/").get_data(as_text=True))
    assert "Your team in onboarding" in first
    assert "Maya Winter" in first
    assert "Handed over to you soon" not in first
    clock.moment = MONDAY + timedelta(days=15)
    third = words(browser(people.noa).get("/").get_data(as_text=True))
    handed_over = third.partition("Handed over to you soon")[2]
    assert "Maya Winter day 12 of 15" in handed_over
    assert "Ben Okoro day 12 of 15" in handed_over
    other = words(browser(people.olga).get("/").get_data(as_text=True))
    assert "Maya Winter" not in other
    assert "Nobody of your team is in onboarding." in other


def test_an_administrator_sees_who_is_in_and_what_is_wrong(
    people: Cast, track: Track, browser: Any, sqlite_database: Database
) -> None:
    ada = browser(people.ada)
    assert "The background worker is silent" in words(ada.get("/").get_data(as_text=True))
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ben).password_hash = None
        session.get_one(Person, people.oleg).site_id = None
        # Workers beat by the machine's time, wherever the clock of the pages stands.
        alive_at = datetime.now(UTC)
        session.add(WorkerBeat(name="one", started_at=alive_at, beat_at=alive_at))
        session.add(
            OutboxRow(
                kind="mail", key="k", payload={}, created_at=MONDAY, due_at=MONDAY, dead_at=MONDAY
            )
        )
        session.add(
            AuditEntry(
                at=MONDAY,
                actor_id=people.ada,
                verb="import_people",
                subject_type="company",
                subject_id=1,
                detail={"totals": {"new": 3, "changed": 1, "same": 0, "refused": 2}},
            )
        )
    page = words(ada.get("/").get_data(as_text=True))
    assert "The background worker is alive." in page
    assert "1 thing could not be delivered." in page
    assert "1 person has no site" in page
    assert "1 to invite" in page
    assert "1 person has no open invitation" in page
    assert "Last import, today, 09:00: 3 new, 1 changed, 2 refused." in page
    assert "See what could not be delivered" in page


def test_an_administrator_sees_when_the_last_backup_was_made(
    people: Cast, browser: Any, tmp_path: Path
) -> None:
    ada = browser(people.ada)
    assert "No backup has been made yet." in words(ada.get("/").get_data(as_text=True))
    note_backup(tmp_path, MONDAY - timedelta(days=8))
    assert "Last backup: Sun 22 Feb, 09:00." in words(ada.get("/").get_data(as_text=True))
    note_backup(tmp_path, MONDAY)
    assert "Last backup: today, 09:00." in words(ada.get("/").get_data(as_text=True))


def test_a_keeper_sees_their_news_and_where_to_go(
    people: Cast, browser: Any, sqlite_database: Database
) -> None:
    oleg = browser(people.oleg)
    assert "All quiet" in words(oleg.get("/").get_data(as_text=True))
    with sqlite_database.writing() as session:
        session.add(
            Notification(
                person_id=people.oleg,
                kind="task_confirmed",
                key="k",
                values={"step": "Orders"},
                url="/notifications",
                created_at=MONDAY,
            )
        )
    page = oleg.get("/").get_data(as_text=True)
    assert "“Orders” is confirmed." in words(page)
    assert {"/people", "/profile", "/notifications"} <= addresses(page)


@pytest.fixture
def everything(people: Cast, track: Track, sqlite_database: Database) -> int:
    """Somebody who is trainee, coach, manager, trainer and administrator at once: Ben."""
    with sqlite_database.writing() as session:
        session.add_all(
            PersonRole(person_id=people.ben, role=role)
            for role in ("coach", "manager", "trainer", "admin", "mentor", "keeper")
        )
        session.add(Coaching(person_id=people.maya, coach_id=people.ben, since_at=MONDAY))
    return people.ben


def test_several_roles_are_greeted_once_and_learn_first(
    everything: int, browser: Any, sqlite_database: Database
) -> None:
    page = words(browser(everything).get("/").get_data(as_text=True))
    assert page.count("Good morning") == 1
    order = ["Your track", "Your trainees", "Intakes on the way", "Who is in"]
    places = [page.index(part) for part in order]
    assert places == sorted(places)


def test_the_page_is_small_and_cheap_for_every_role_in_a_crowd(
    people: Cast, everything: int, track: Track, browser: Any, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        crowd = make_crowd(
            session,
            MONDAY,
            track,
            count=300,
            intake_id=people.spring,
            site_id=people.harbour,
            done=("orders",),
        )
        session.add_all(
            Coaching(person_id=person_id, coach_id=people.ravi, since_at=MONDAY)
            for person_id in crowd[:40]
        )
    most = {everything: 10, people.maya: 6}
    for name in ("maya", "ben", "ravi", "mei", "ines", "noa", "oleg", "ada"):
        person_id = getattr(people, name)
        reader = browser(person_id)
        reader.get("/")
        with counting(sqlite_database) as sent:
            response = reader.get("/")
        assert response.status_code == 200, name
        assert len(response.data) <= 25_000, name
        assert len(sent) <= most.get(person_id, 10), (name, sent)


def test_every_link_on_everybodys_today_leads_somewhere(
    people: Cast, everything: int, browser: Any, sqlite_database: Database, track: Track
) -> None:
    claim(sqlite_database, people, track, "maya", "first-case")
    for name in ("maya", "ben", "lior", "ravi", "mei", "ines", "noa", "oleg", "ada"):
        reader = browser(getattr(people, name))
        for address in addresses(reader.get("/").get_data(as_text=True)):
            assert reader.get(address).status_code == 200, (name, address)


def test_a_card_that_a_part_registers_stands_after_homes_own(
    app: Any, people: Cast, track: Track, browser: Any
) -> None:
    def source(_session: Any, actor: Actor, _now: Any) -> Card | None:
        if actor.person_id != people.maya:
            return None
        return Card("home/today/_before.html", {"coming": []})

    app.extensions[EXTENSION].registry.cards.append(source)
    page = words(browser(people.maya).get("/").get_data(as_text=True))
    assert page.index("Beside you") < page.index("Each morning this page shows you one next step")
    assert "Each morning" not in words(browser(people.ravi).get("/").get_data(as_text=True))


def test_whoever_finished_long_ago_leaves_the_coachs_today(
    people: Cast, browser: Any, sqlite_database: Database, clock: FixedClock
) -> None:
    from tests.courses.tracks import Wanted, make_track

    with sqlite_database.writing() as session:
        made = make_track(session, MONDAY, [Wanted("only")])
        assign_person(
            session,
            actor=people.actor("ines"),
            person_id=people.maya,
            course_slug=made.slug,
            starts_on=date(2026, 3, 2),
            now=MONDAY,
        )
        record(
            session,
            assignment_of(session, people.maya),
            made.steps["only"],
            "done",
            at=MONDAY,
            actor_id=people.maya,
        )
    clock.moment = MONDAY + timedelta(days=20)
    assert "Maya Winter" in browser(people.ravi).get("/").get_data(as_text=True)
    clock.moment = MONDAY + timedelta(days=35)
    page = browser(people.ravi).get("/").get_data(as_text=True)
    assert "Maya Winter" not in page
    assert "Nobody is in onboarding with you just now." in words(page)
