"""Reading the audit trail, on both databases: filters, names, paging."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.db import Database
from lms.core.permissions import SYSTEM, Actor
from lms.people.audit import queries, subjects
from lms.people.audit.queries import PAGE, Filters
from lms.people.audit.subjects import Subject
from lms.people.models import Coaching, Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.counting import counting


def record(
    session: Session,
    actor: Actor,
    verb: str,
    subject: tuple[str, int | None],
    minutes: int = 0,
    **more: Any,
) -> None:
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type=subject[0],
        subject_id=subject[1],
        now=MONDAY + timedelta(minutes=minutes),
        **more,
    )
    session.flush()


@pytest.fixture
def trail(session: Session, cast: Cast) -> None:
    """Five entries, a minute apart."""
    ada = cast.actor("ada")
    record(session, ada, "invite", ("person", cast.maya))
    record(session, cast.actor("maya"), "choose_password", ("person", cast.maya), 1)
    record(session, ada, "move_start", ("intake", cast.spring), 2, reason="Roof", days=3)
    record(session, SYSTEM, "import_people", ("company", 1), 3)
    record(session, ada, "remarkable_act", ("nonsense", 7), 4)


def found(session: Session, **filters: Any) -> list[str]:
    return [entry.verb for entry in queries.page(session, Filters(**filters)).entries]


def test_entries_come_newest_first_with_their_names(
    session: Session, cast: Cast, trail: None
) -> None:
    page = queries.page(session, Filters())
    named = [(entry.actor, entry.subject) for entry in page.entries]
    assert named == [
        ("Ada Quist", None),
        (None, "Northfold Outfitters"),
        ("Ada Quist", "Spring"),
        ("Maya Winter", "Maya Winter"),
        ("Ada Quist", "Maya Winter"),
    ]
    moved = page.entries[2]
    assert (moved.reason, moved.detail) == ("Roof", {"days": 3})


def test_a_person_is_found_as_actor_and_as_subject(
    session: Session, cast: Cast, trail: None
) -> None:
    assert found(session, person_id=cast.maya) == ["choose_password", "invite"]
    assert found(session, who="maya wint") == ["choose_password", "invite"]
    assert found(session, who="ada@northfold") == ["remarkable_act", "move_start", "invite"]
    assert found(session, who="100%") == []
    assert found(session, person_id=99999) == []


def test_verbs_and_moments_narrow_the_trail(session: Session, cast: Cast, trail: None) -> None:
    assert found(session, verb="invite") == ["invite"]
    assert found(
        session, since=MONDAY + timedelta(minutes=1), before=MONDAY + timedelta(minutes=3)
    ) == ["move_start", "choose_password"]
    assert set(queries.verbs_used(session)) >= {"invite", "remarkable_act"}


def test_subjects_of_another_part_bring_names_and_belong_to_people(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subjects, "_SUBJECTS", subjects.known())
    subjects.add(
        "coaching",
        Subject(
            lambda ids: (
                select(Coaching.id, Person.name)
                .join(Person, Person.id == Coaching.person_id)
                .where(Coaching.id.in_(ids))
            ),
            whose=lambda people: select(Coaching.id).where(Coaching.person_id.in_(people)),
        ),
    )
    tie = session.scalars(select(Coaching).where(Coaching.person_id == cast.ben)).one()
    record(session, cast.actor("ada"), "end_coaching", ("coaching", tie.id))
    (entry,) = queries.page(session, Filters(person_id=cast.ben)).entries
    assert (entry.verb, entry.subject) == ("end_coaching", "Ben Okoro")


def test_pages_follow_each_other_without_gap_or_repeat_both_ways(
    session: Session, cast: Cast
) -> None:
    for number in range(PAGE * 2 + 5):
        record(session, SYSTEM, f"act_{number}", ("company", 1), number // 3)
    first = queries.page(session, Filters())
    second = queries.page(session, Filters(), below=first.older)
    third = queries.page(session, Filters(), below=second.older)
    ids = [entry.id for page in (first, second, third) for entry in page.entries]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == PAGE * 2 + 5
    assert (first.newer, third.older) == (None, None)
    back = queries.page(session, Filters(), above=third.newer)
    assert back.entries == second.entries
    newest = queries.page(session, Filters(), above=back.newer)
    assert newest.entries == first.entries
    assert newest.newer is None
    assert queries.page(session, Filters(), below=ids[-1]).entries == ()
    assert [entry.id for entry in queries.everything(session, Filters())] == ids


def test_what_was_written_down_later_stands_where_its_moment_is(
    session: Session, cast: Cast
) -> None:
    for number, minute in enumerate((2, 0, 1, 1)):
        record(session, SYSTEM, f"act_{number}", ("company", 1), minute)
    assert found(session) == ["act_0", "act_3", "act_2", "act_1"]
    first, *_rest, last = queries.page(session, Filters()).entries
    after = queries.page(session, Filters(), above=last.id).entries
    assert [entry.verb for entry in after] == ["act_0", "act_3", "act_2"]
    assert len(queries.page(session, Filters(), below=first.id).entries) == 3


def test_a_page_costs_two_statements_and_the_whole_trail_two_for_each_five_hundred(
    database: Database, cast: Cast
) -> None:
    with database.writing() as session:
        for number in range(1100):
            audit.record(
                session,
                actor=cast.actor("ada"),
                verb="invite",
                subject_type="person",
                subject_id=cast.maya if number % 2 else cast.ben,
                now=MONDAY,
            )
    with database.reading() as session:
        with counting(database) as statements:
            queries.page(session, Filters(who="ada"))
        assert len(statements) == 2
        with counting(database) as statements:
            assert sum(1 for _ in queries.everything(session, Filters())) == 1100
        assert len(statements) == 7
