"""Who may know of whom, and who may follow whom."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core.permissions import SYSTEM, Actor, Role
from lms.people import policy
from lms.people.models import Coaching, Person, Reporting
from tests.cast import ROLES, Cast
from tests.conftest import MONDAY

FOLLOWED = {
    "maya": {"maya"},
    "ravi": {"ravi", "maya"},
    "tomas": {"tomas", "ben", "lior"},
    "noa": {"noa", "maya", "ben"},
    "olga": {"olga", "lior"},
    "mei": {"mei"},
    "oleg": {"oleg"},
    "ines": set(ROLES),
    "ada": set(ROLES),
}


def names(session: Session, cast: Cast, condition: object) -> set[str]:
    by_id = {getattr(cast, name): name for name in ROLES}
    return {by_id[id_] for id_ in session.scalars(select(Person.id).where(condition))}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FOLLOWED)
def test_each_role_follows_its_own_people(session: Session, cast: Cast, name: str) -> None:
    actor = cast.actor(name)
    assert names(session, cast, policy.followed_people(actor)) == FOLLOWED[name]
    for other in ROLES:
        person_id = getattr(cast, other)
        assert policy.follows(session, actor, person_id) is (other in FOLLOWED[name])


def test_ties_count_only_while_they_and_the_role_last(session: Session, cast: Cast) -> None:
    without_role = Actor(cast.ravi, frozenset({Role.MENTOR}))
    assert names(session, cast, policy.followed_people(without_role)) == {"ravi"}
    for model in (Coaching, Reporting):
        for tie in session.scalars(select(model)):
            tie.until_at = MONDAY
    session.flush()
    for name in ("ravi", "noa"):
        assert names(session, cast, policy.followed_people(cast.actor(name))) == {name}


def test_the_system_follows_everyone(session: Session, cast: Cast) -> None:
    assert names(session, cast, policy.followed_people(SYSTEM)) == set(ROLES)


def test_the_deactivated_are_known_only_to_those_who_follow_them(
    session: Session, cast: Cast
) -> None:
    session.get_one(Person, cast.maya).deactivated_at = MONDAY
    session.flush()
    seeing = {name for name in ROLES if policy.may_see_person(session, cast.actor(name), cast.maya)}
    assert seeing == {"maya", "ravi", "noa", "ines", "ada"}
    assert all(policy.may_see_person(session, cast.actor(name), cast.ben) for name in ROLES)
    assert not policy.may_see_person(session, cast.actor("ada"), 10_000)


def test_only_administrators_edit_people(cast: Cast) -> None:
    assert {name for name in ROLES if policy.may_edit_people(cast.actor(name))} == {"ada"}
