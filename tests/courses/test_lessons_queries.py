"""Reads of track and step pages, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms.core.db import Database
from lms.core.files import keep
from lms.courses import bodies, operations
from lms.courses.claims.queries import photo_of
from lms.courses.lessons import queries
from lms.courses.lessons.operations import rate_lesson
from lms.courses.models import Course, Meeting, StepEvent, StepText, StepVersion, VersionMedium
from lms.courses.queries import standing
from lms.people.models import Coaching
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting
from tests.courses.tracks import Wanted, make_track
from tests.courses.trails import Trail, make_trail


@pytest.fixture
def trail(database: Database, cast: Cast) -> Trail:
    with database.writing() as session:
        return make_trail(session, cast, MONDAY)


def around(database: Database, cast: Cast, slug: str) -> queries.Around:
    with database.reading() as session:
        place = queries.place_on(session, person_id=cast.maya, course_slug="onboarding")
        assert place is not None
        whole = standing(session, place, language="en", now=MONDAY)
        step = next(s for s in whole.steps if s.step.slug == slug)
        with counting(database) as statements:
            found = queries.around(session, place, step)
        assert len(statements) == 1
        return found


def test_an_untouched_step_has_its_people_and_no_history(
    database: Database, cast: Cast, trail: Trail
) -> None:
    with database.writing() as session:
        session.add(Coaching(person_id=cast.maya, coach_id=cast.mei, since_at=MONDAY))
    found = around(database, cast, "coach-case")
    assert found.history == ()
    assert [coach.name for coach in found.beside.coaches] == ["Mei Tan", "Ravi Menon"]
    assert found.beside.coach_ids == {cast.mei, cast.ravi}
    assert found.beside.manager is not None
    assert (found.beside.manager.id, found.beside.manager.name) == (cast.noa, "Noa Peretz")
    assert (found.effort, found.effort_comment, found.host_name) == (None, "", None)


def test_history_names_whoever_acted_in_order_with_the_effort(
    database: Database, cast: Cast, trail: Trail
) -> None:
    values = {"assignment_id": trail.maya, "step_id": trail.step("coach-case")}
    with database.writing() as session:
        maya, ravi = cast.actor("maya"), cast.actor("ravi")
        operations.claim_task(session, actor=maya, note="one", now=MONDAY, **values)
        operations.return_task(
            session,
            actor=ravi,
            because="In order",
            follow_up_on=(MONDAY + timedelta(days=1)).date(),
            now=MONDAY,
            **values,
        )
        operations.claim_task(session, actor=maya, note="two", now=MONDAY, **values)
        operations.confirm_task(session, actor=ravi, note="Good", now=MONDAY, **values)
        rate_lesson(session, actor=maya, score=4, comment="Clear", now=MONDAY, **values)
    found = around(database, cast, "coach-case")
    assert [(event.kind.value, event.actor_name) for event in found.history] == [
        ("claimed", "Maya Winter"),
        ("returned", "Ravi Menon"),
        ("claimed", "Maya Winter"),
        ("confirmed", "Ravi Menon"),
    ]
    assert [event.sequence for event in found.history] == [1, 2, 3, 4]
    assert (found.effort, found.effort_comment) == (4, "Clear")


def test_the_host_of_a_session_is_named(database: Database, cast: Cast, trail: Trail) -> None:
    with database.writing() as session:
        session.add(
            Meeting(
                assignment_id=trail.maya,
                step_id=trail.step("welcome"),
                on_date=MONDAY.date(),
                at_time=MONDAY.time(),
                time_zone="Europe/Berlin",
                place="Room",
                host_id=cast.ines,
                made_at=MONDAY,
            )
        )
    assert around(database, cast, "welcome").host_name == "Ines Calder"


def test_the_track_of_somebody_is_found_by_those_who_may_see_it(
    database: Database, cast: Cast, trail: Trail
) -> None:
    seen = set()
    with database.reading() as session:
        for who in ("maya", "ben", "ravi", "tomas", "mei", "ines", "noa", "olga", "oleg", "ada"):
            if queries.track_of(session, actor=cast.actor(who), person_id=cast.maya):
                seen.add(who)
    assert seen == {"maya", "ravi", "mei", "ines", "noa", "ada"}


def test_a_preview_is_the_newest_version_while_trainees_keep_theirs(
    database: Database, cast: Cast, trail: Trail
) -> None:
    with database.writing() as session:
        make_track(session, MONDAY, [Wanted("orders", text="New words")])
    with database.reading() as session:
        found = queries.preview(session, course_slug="onboarding", language="en")
        place = queries.place_on(session, person_id=cast.maya, course_slug="onboarding")
    assert found is not None
    assert [step.slug for step in found.outline.steps] == ["orders"]
    assert place is not None
    assert place.version_id == trail.track.version_id


def version_of(database: Database, trail: Trail, slug: str) -> int:
    with database.reading() as session:
        return (
            session.scalars(
                select(StepVersion.id).where(StepVersion.step_id == trail.step(slug))
            ).first()
            or 0
        )


def translate(database: Database, trail: Trail, version_id: int, html: str) -> int:
    """Write the next Hebrew text of `orders` and return the course's new texts number."""
    with database.writing() as session:
        number = len(session.scalars(select(StepText.id)).all()) + 1
        session.add(
            StepText(
                step_id=trail.step("orders"),
                step_version_id=version_id,
                language="he",
                number=number,
                source="",
                title="הזמנות",
                html=html,
                made_at=MONDAY,
            )
        )
        course = session.get_one(Course, trail.track.course_id)
        course.texts_number += 1
        return course.texts_number


def test_a_body_is_read_once_and_again_when_a_translation_came(
    database: Database, cast: Cast, trail: Trail
) -> None:
    version_id = version_of(database, trail, "orders")
    with database.reading() as session:
        first = bodies.body(session, version_id, "he", 0)
        with counting(database) as statements:
            assert bodies.body(session, version_id, "he", 0) == first
        assert statements == []
    assert (first.html, first.language) == ("<p>First words</p>", "en")
    texts = translate(database, trail, version_id, "<p>אחת</p>")
    texts = translate(database, trail, version_id, "<p>שתיים</p>")
    with database.reading() as session:
        assert bodies.body(session, version_id, "he", texts) == bodies.Body("<p>שתיים</p>", "he")
        assert bodies.body(session, version_id, "ru", texts).language == "en"


def test_a_translation_of_a_later_version_is_not_shown_on_the_one_before(
    database: Database, cast: Cast, trail: Trail
) -> None:
    old = version_of(database, trail, "orders")
    with database.writing() as session:
        make_track(session, MONDAY, [Wanted("orders", text="New words")])
        new = session.scalars(
            select(StepVersion.id)
            .where(StepVersion.step_id == trail.step("orders"))
            .order_by(StepVersion.number.desc())
        ).first()
    assert new is not None
    texts = translate(database, trail, new, "<p>חדש</p>")
    with database.reading() as session:
        assert bodies.body(session, new, "he", texts).html == "<p>חדש</p>"
        assert bodies.body(session, old, "he", texts).html == "<p>First words</p>"


def test_a_body_read_while_writing_is_not_kept(
    database: Database, cast: Cast, trail: Trail
) -> None:
    version_id = version_of(database, trail, "film")
    with database.writing() as session, counting(database) as statements:
        bodies.body(session, version_id, "en", 0)
        bodies.body(session, version_id, "en", 0)
    assert len(statements) == 2


def test_files_are_found_by_course_and_photos_by_those_beside_the_trainee(
    database: Database, cast: Cast, trail: Trail
) -> None:
    with database.writing() as session:
        medium = keep(session, digest="a" * 64, media_type="video/mp4", size=1, now=MONDAY)
        loose = keep(session, digest="b" * 64, media_type="image/webp", size=1, now=MONDAY)
        session.add(
            VersionMedium(
                course_version_id=trail.track.version_id, path="media/a.mp4", file_id=medium.id
            )
        )
        operations.claim_task(
            session,
            actor=cast.actor("maya"),
            assignment_id=trail.maya,
            step_id=trail.step("coach-case"),
            note="",
            file_id=loose.id,
            now=MONDAY,
        )
        session.flush()
        event_id = session.scalars(select(StepEvent.id)).one()
    with database.reading() as session:
        assert queries.course_file(session, sha256="a" * 64) == queries.File("a" * 64, "video/mp4")
        assert queries.course_file(session, sha256="b" * 64) is None
        assert bodies.media(session, trail.track.version_id)["media/a.mp4"].sha256 == "a" * 64
        seen = {
            who
            for who in ("maya", "ben", "ravi", "tomas", "ines", "noa", "olga", "oleg", "mei")
            if photo_of(session, actor=cast.actor(who), event_id=event_id)
        }
    assert seen == {"maya", "ravi", "ines", "noa", "mei"}
