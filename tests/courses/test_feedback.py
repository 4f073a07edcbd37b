"""Effort by lesson: numbers only from three answers on, comments without names."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotAllowed
from lms.courses import planning
from lms.courses.catalogue.queries import tracks
from lms.courses.feedback.queries import Lesson, feedback
from lms.courses.feedback.rules import Answers, by_version
from lms.courses.models import EffortScore, StepVersion
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import USUAL, Track, Wanted, make_crowd, make_track


def test_fewer_than_three_answers_are_no_number() -> None:
    assert Answers({1: 2}).mean is None
    assert Answers({1: 2}).share(1) == 0
    assert Answers({1: 2, 5: 1}).mean == 2.3
    assert Answers({1: 2, 5: 1}).share(1) == 67
    assert Answers().mean is None
    assert (Answers({1: 2}) + Answers({1: 1})).mean == 1.0


def test_answers_are_parted_by_version_and_steps_that_left_are_left_out() -> None:
    rows = [(1, 10, 5, 2), (1, 11, 3, 4), (2, 20, 1, 1), (9, 90, 1, 50)]
    found = by_version(rows, {1: 11, 2: 20, 3: 30})
    assert found[1] == (Answers({3: 4}), Answers({5: 2}))
    assert found[2] == (Answers({1: 1}), Answers())
    assert found[3] == (Answers(), Answers())
    assert 9 not in found


def give(
    session: Session, track: Track, person_id: int, slug: str, score: int, text: str = ""
) -> None:
    step_id = track.steps[slug]
    version_id = max(
        row.id for row in session.query(StepVersion).filter(StepVersion.step_id == step_id)
    )
    session.add(
        EffortScore(
            person_id=person_id,
            step_id=step_id,
            step_version_id=version_id,
            score=score,
            comment=text or None,
            at=MONDAY,
        )
    )
    session.flush()


def put(session: Session, cast: Cast) -> Track:
    made = make_track(session, MONDAY)
    for intake_id in (cast.spring, cast.later):
        planning.assign_intake(
            session,
            actor=cast.actor("ines"),
            intake_id=intake_id,
            course_slug=made.slug,
            now=MONDAY,
        )
    return made


@pytest.fixture
def track(session: Session, cast: Cast) -> Track:
    """The usual track, walked by both intakes."""
    return put(session, cast)


def lesson(session: Session, cast: Cast, slug: str, *, intake_id: int = 0) -> Lesson:
    (found,) = tracks(session)
    read = feedback(
        session,
        actor=cast.actor("ines"),
        track=found,
        week=0,
        intake_id=intake_id,
        language="en",
    )
    return next(one for one in read.lessons if one.step.slug == slug)


def test_a_new_version_begins_anew_beside_the_earlier_answers(
    session: Session, cast: Cast, track: Track
) -> None:
    crowd = make_crowd(session, MONDAY, track, count=4, intake_id=cast.spring, site_id=cast.harbour)
    for person_id in crowd:
        give(session, track, person_id, "orders", 2)
    make_track(session, MONDAY, [Wanted("orders", text="Better words"), *USUAL[1:]])
    for person_id in crowd[:3]:
        give(session, track, person_id, "orders", 5)
    found = lesson(session, cast, "orders")
    assert (found.newest.mean, found.newest.number) == (5.0, 3)
    assert (found.earlier.mean, found.earlier.number) == (2.0, 4)


def test_a_comment_names_the_intake_only_where_enough_of_it_answered(
    session: Session, cast: Cast, track: Track
) -> None:
    crowd = make_crowd(session, MONDAY, track, count=3, intake_id=cast.spring, site_id=cast.harbour)
    give(session, track, cast.lior, "orders", 1, "Too many screens")
    give(session, track, crowd[0], "orders", 4, "Good example")
    assert [c.intake for c in lesson(session, cast, "orders").comments] == [None, None]
    for person_id in crowd[1:]:
        give(session, track, person_id, "orders", 4)
    comments = {c.text: c.intake for c in lesson(session, cast, "orders").comments}
    assert comments == {"Too many screens": None, "Good example": "Spring"}
    of_one = lesson(session, cast, "orders", intake_id=cast.later)
    assert of_one.comments == ()
    assert of_one.newest.mean is None
    of_many = lesson(session, cast, "orders", intake_id=cast.spring)
    assert [c.text for c in of_many.comments] == ["Good example"]
    assert of_many.newest.number == 3


def test_answers_about_another_course_do_not_mix_in(
    session: Session, cast: Cast, track: Track
) -> None:
    other = make_track(session, MONDAY, [Wanted("refresh")], slug="refresher", weeks=1)
    give(session, other, cast.maya, "refresh", 1, "Another course")
    first = tracks(session, slug="onboarding")[0]
    read = feedback(
        session, actor=cast.actor("ines"), track=first, week=0, intake_id=0, language="en"
    )
    assert all(not one.comments and not one.all.number for one in read.lessons)


def test_who_went_from_one_intake_to_another_answers_once(
    session: Session, cast: Cast, track: Track
) -> None:
    give(session, track, cast.maya, "orders", 3)
    planning.end_assignment(
        session, actor=cast.actor("ines"), assignment_id=1, why="Began anew", now=MONDAY
    )
    planning.join_track(session, cast.actor("ada"), cast.later, [cast.maya], MONDAY)
    assert lesson(session, cast, "orders").newest.number == 1


def test_only_trainers_and_administrators_read_it(
    session: Session, cast: Cast, track: Track
) -> None:
    (found,) = tracks(session)
    for name in ("ravi", "noa", "mei", "maya"):
        with pytest.raises(NotAllowed):
            feedback(
                session,
                actor=cast.actor(name),
                track=found,
                week=0,
                intake_id=0,
                language="en",
            )


# ---- the page ------------------------------------------------------------------------------


def test_the_page_shows_numbers_words_and_no_name(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        made = put(session, people)
        crowd = make_crowd(
            session, MONDAY, made, count=3, intake_id=people.spring, site_id=people.harbour
        )
        for person_id, score in zip([*crowd, people.maya], (5, 5, 4, 1), strict=True):
            give(session, made, person_id, "orders", score, f"<i>Said {score}</i>")
        give(session, made, people.maya, "returns", 2)
    trainer = browser(people.ines)
    page = trainer.get("/feedback").text
    assert "3.8" in page
    assert "4 answers" in page
    assert "Not enough answers yet" in page
    assert "&lt;i&gt;Said 1&lt;/i&gt;" in page
    assert "Maya" not in page
    assert "Trainee 0" not in page
    hardest = trainer.get("/feedback?sort=hardest&week=1&track=onboarding").text
    assert "Trust" not in hardest
    assert trainer.get("/feedback?track=none&week=99&intake=x&sort=odd").status_code == 200


def test_who_may_open_the_page(browser: Any, people: Cast) -> None:
    expected = {"ines": 200, "ada": 200, "ravi": 403, "noa": 403, "mei": 403, "maya": 403}
    for name, code in expected.items():
        assert browser(getattr(people, name)).get("/feedback").status_code == code
    assert "No track yet" in browser(people.ines).get("/feedback").text


def test_a_crowd_of_answers_costs_no_more_statements(
    browser: Any, people: Cast, sqlite_database: Database
) -> None:
    with sqlite_database.writing() as session:
        made = put(session, people)
        give(session, made, people.maya, "orders", 4)
    trainer = browser(people.ines)
    costs = []
    for count in (1, 300):
        with sqlite_database.writing() as session:
            crowd = make_crowd(
                session,
                MONDAY + timedelta(days=count),
                made,
                count=count,
                intake_id=people.spring,
                site_id=people.harbour,
            )
            for person_id in crowd:
                give(session, made, person_id, "orders", 4, "Fine")
        trainer.get("/feedback")
        with counting(sqlite_database) as statements:
            page = trainer.get("/feedback").text
        costs.append(len(statements))
    assert "302 answers" in page
    assert costs[0] == costs[1] <= 6
