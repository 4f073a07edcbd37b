"""Who was at a session: who may say so, from when on, and what saying it twice does."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.errors import NotFound, Refused
from lms.courses import planning
from lms.courses.dates.operations import take_attendance
from lms.courses.dates.queries import attendees
from lms.courses.models import StepEvent
from lms.courses.planning import Scope
from lms.people.models import Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Track, assignment_of, make_crowd, make_track, record

TEN = MONDAY + timedelta(hours=1)
"""Ten o'clock in Berlin, when the welcome begins."""


def put_on_track(session: Session, cast: Cast) -> Track:
    made = make_track(session, MONDAY)
    planning.assign_intake(
        session,
        actor=cast.actor("ines"),
        intake_id=cast.spring,
        course_slug=made.slug,
        now=MONDAY,
    )
    return made


@pytest.fixture
def track(session: Session, cast: Cast) -> Track:
    """The usual track, walked by the spring intake."""
    return put_on_track(session, cast)


def take(
    session: Session,
    cast: Cast,
    track: Track,
    name: str,
    marks: dict[int, bool],
    *,
    now: datetime = TEN,
    slug: str = "welcome",
) -> int:
    return take_attendance(
        session,
        actor=cast.actor(name),
        intake_id=cast.spring,
        step_id=track.steps[slug],
        marks=marks,
        now=now,
    )


def seen(session: Session, cast: Cast, track: Track, name: str) -> list[str]:
    found = attendees(
        session, cast.actor(name), intake_id=cast.spring, step_id=track.steps["welcome"]
    )
    return [place.person_name for place in found]


def test_trainers_mark_everyone_coaches_and_managers_their_own(
    session: Session, cast: Cast, track: Track
) -> None:
    assert seen(session, cast, track, "ines") == ["Ben Okoro", "Maya Winter"]
    assert seen(session, cast, track, "ada") == ["Ben Okoro", "Maya Winter"]
    assert seen(session, cast, track, "noa") == ["Ben Okoro", "Maya Winter"]
    assert seen(session, cast, track, "ravi") == ["Maya Winter"]
    for name in ("mei", "olga", "maya", "oleg"):
        assert seen(session, cast, track, name) == []


def test_the_host_marks_everybody_in_their_session(
    session: Session, cast: Cast, track: Track
) -> None:
    planning.set_meeting(
        session,
        actor=cast.actor("ines"),
        scope=Scope(intake_id=cast.spring),
        step_id=track.steps["welcome"],
        on_date=cast.start,
        at_time=datetime.min.time().replace(hour=10),
        time_zone="Europe/Berlin",
        place="Roof",
        host_id=cast.mei,
        now=MONDAY,
    )
    assert seen(session, cast, track, "mei") == ["Ben Okoro", "Maya Winter"]
    ben = assignment_of(session, cast.ben)
    assert take(session, cast, track, "mei", {ben: True}) == 1
    with pytest.raises(NotFound):
        take(session, cast, track, "mei", {ben: True}, slug="stories")


def test_marking_twice_writes_once_and_missed_can_become_present(
    session: Session, cast: Cast, track: Track
) -> None:
    maya, ben = assignment_of(session, cast.maya), assignment_of(session, cast.ben)
    assert take(session, cast, track, "ines", {maya: True, ben: False}) == 2
    assert take(session, cast, track, "ines", {maya: True, ben: False}) == 0
    assert take(session, cast, track, "ines", {ben: True}) == 1
    kinds = session.scalars(
        select(StepEvent.kind).where(StepEvent.assignment_id == ben).order_by(StepEvent.sequence)
    ).all()
    assert kinds == ["missed", "attended"]


def test_presence_is_not_taken_back_by_a_mark(session: Session, cast: Cast, track: Track) -> None:
    maya = assignment_of(session, cast.maya)
    take(session, cast, track, "ines", {maya: True})
    with pytest.raises(Refused, match="step_state"):
        take(session, cast, track, "ines", {maya: False})


def test_only_from_the_start_of_the_session_on(session: Session, cast: Cast, track: Track) -> None:
    maya = assignment_of(session, cast.maya)
    with pytest.raises(Refused, match="session_not_begun"):
        take(session, cast, track, "ines", {maya: True}, now=TEN - timedelta(seconds=1))
    assert take(session, cast, track, "ines", {maya: True}) == 1


def test_a_late_starter_can_be_marked_at_the_intakes_session(
    session: Session, cast: Cast, track: Track
) -> None:
    late = cast.start + timedelta(days=7)
    session.execute(update(Person).where(Person.id == cast.mei).values(started_on=late))
    planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], MONDAY)
    mei = assignment_of(session, cast.mei)
    assert take(session, cast, track, "ines", {mei: True}) == 1


def test_strangers_and_people_of_other_intakes_are_not_found(
    session: Session, cast: Cast, track: Track
) -> None:
    planning.assign_intake(
        session,
        actor=cast.actor("ines"),
        intake_id=cast.later,
        course_slug=track.slug,
        now=MONDAY,
    )
    lior, ben = assignment_of(session, cast.lior), assignment_of(session, cast.ben)
    for name, marks in (("ines", {lior: True}), ("ravi", {ben: True}), ("ines", {9999: True})):
        with pytest.raises(NotFound):
            take(session, cast, track, name, marks)
    with pytest.raises(NotFound):
        take(session, cast, track, "ines", {ben: True}, slug="orders")


def test_a_crowd_costs_no_more_statements_than_a_few(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        track = put_on_track(session, cast)
        few = [assignment_of(session, cast.maya), assignment_of(session, cast.ben)]
        make_crowd(session, MONDAY, track, count=200, intake_id=cast.spring, site_id=cast.harbour)
    with database.reading() as session:
        found = attendees(
            session,
            cast.actor("ines"),
            intake_id=cast.spring,
            step_id=track.steps["welcome"],
        )
    rest = {place.assignment_id: True for place in found if place.assignment_id not in few}
    costs = []
    for marks in (dict.fromkeys(few, True), rest):
        with database.writing() as session, counting(database) as statements:
            take(session, cast, track, "ines", marks)
        costs.append(len(statements))
    assert len(rest) == 200
    assert costs[1] <= costs[0] + 1


# ---- the page ------------------------------------------------------------------------------


@pytest.fixture
def shown(people: Cast, sqlite_database: Database) -> Track:
    """The usual track in the application's database."""
    with sqlite_database.writing() as session:
        return put_on_track(session, people)


def test_the_page_waits_for_the_start_then_takes_one_form_for_all(
    browser: Any, people: Cast, shown: Track, clock: FixedClock, sqlite_database: Database
) -> None:
    url = f"/sessions/{people.spring}/welcome"
    trainer = browser(people.ines)
    before = trainer.get(url).text
    assert "Not begun yet" in before
    assert "<button" in before
    assert 'value="rest"' not in before
    clock.moment = TEN
    with sqlite_database.reading() as session:
        maya, ben = assignment_of(session, people.maya), assignment_of(session, people.ben)
    assert f'name="mark-{maya}"' in trainer.get(url).text
    answer = trainer.submit(url, {f"mark-{ben}": "missed", "act": "rest"})
    assert answer.headers["Location"] == url
    page = trainer.get(url).text
    assert "Noted for 2 people." in page
    assert f'name="mark-{maya}"' not in page
    assert "Marked by mistake?" in page
    again = trainer.submit(url, {f"mark-{ben}": "missed"})
    assert again.status_code == 303
    assert "Nothing had changed." in trainer.get(url).text


def test_presence_is_taken_back_with_a_reason_and_then_missed(
    browser: Any, people: Cast, shown: Track, clock: FixedClock, sqlite_database: Database
) -> None:
    clock.moment = TEN
    url = f"/sessions/{people.spring}/welcome"
    with sqlite_database.writing() as session:
        maya = assignment_of(session, people.maya)
        record(session, maya, shown.steps["welcome"], "attended", at=TEN)
    trainer = browser(people.ines)
    assert trainer.submit(f"{url}/reopen", {"assignment_id": maya}).status_code == 422
    sent = {"assignment_id": maya, "reason": "It was somebody else"}
    assert browser(people.ravi).submit(f"{url}/reopen", sent).status_code == 403
    assert trainer.submit(f"{url}/reopen", {**sent, "assignment_id": "x"}).status_code == 404
    assert trainer.submit(f"{url}/reopen", sent).status_code == 303
    assert trainer.submit(url, {f"mark-{maya}": "missed"}).status_code == 303
    with sqlite_database.reading() as session:
        kinds = session.scalars(select(StepEvent.kind).order_by(StepEvent.sequence)).all()
    assert kinds == ["attended", "reopened", "missed"]


def test_too_early_a_form_is_kept_with_the_reason(
    browser: Any, people: Cast, shown: Track, sqlite_database: Database
) -> None:
    with sqlite_database.reading() as session:
        maya = assignment_of(session, people.maya)
    answer = browser(people.ines).submit(
        f"/sessions/{people.spring}/welcome", {f"mark-{maya}": "present"}
    )
    assert answer.status_code == 422
    assert "once the session has begun" in answer.text


def test_a_stale_mark_is_refused_and_the_page_says_how_it_stands(
    browser: Any, people: Cast, shown: Track, clock: FixedClock, sqlite_database: Database
) -> None:
    clock.moment = TEN
    url = f"/sessions/{people.spring}/welcome"
    with sqlite_database.writing() as session:
        maya = assignment_of(session, people.maya)
        record(session, maya, shown.steps["welcome"], "attended", at=TEN)
    answer = browser(people.ines).submit(url, {f"mark-{maya}": "missed"})
    assert answer.status_code == 422
    assert "changed meanwhile" in answer.text
    odd = browser(people.ines).submit(url, {f"mark-{maya}": "perhaps", "mark-x": "present"})
    assert odd.status_code == 303


def test_who_may_open_the_page(browser: Any, people: Cast, shown: Track) -> None:
    url = f"/sessions/{people.spring}/welcome"
    expected = {
        "ines": 200,
        "ada": 200,
        "ravi": 200,
        "noa": 200,
        "olga": 404,
        "mei": 404,
        "maya": 403,
        "oleg": 403,
    }
    for name, code in expected.items():
        assert browser(getattr(people, name)).get(url).status_code == code, name
    trainer = browser(people.ines)
    for other in (
        f"/sessions/{people.spring}/orders",
        f"/sessions/{people.spring}/none",
        f"/sessions/{people.later}/welcome",
        "/sessions/999/welcome",
    ):
        assert trainer.get(other).status_code == 404
    assert "Ben Okoro" not in browser(people.ravi).get(url).text
