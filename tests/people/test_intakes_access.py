"""Letting members in: states, invitations and slips, on both databases."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.errors import NotAllowed, Refused
from lms.core.models import AuditEntry, OutboxRow
from lms.people.account import operations as account
from lms.people.account import queries as account_queries
from lms.people.intakes import operations, queries
from lms.people.intakes.operations import Invited
from lms.people.intakes.rules import Access
from lms.people.models import IntakeMember, Person
from tests.cast import Cast
from tests.conftest import MONDAY

LONG_AFTER = MONDAY + timedelta(days=30)


@pytest.fixture
def hires(session: Session, cast: Cast) -> dict[str, int]:
    """Members of the spring intake, one for each state at MONDAY plus 30 days but the cast's."""
    found = {}
    for name in ("new", "invited", "expired", "replaced", "slip", "closed", "gone"):
        person = Person(
            email=f"{name}@northfold.test",
            name=f"Hire {name}",
            site_id=cast.harbour,
            created_at=MONDAY,
        )
        session.add(person)
        session.flush()
        session.add(IntakeMember(person_id=person.id, intake_id=cast.spring, joined_at=MONDAY))
        found[name] = person.id
    ada = cast.actor("ada")

    def invite(name: str, now: datetime) -> None:
        account.invite(session, actor=ada, person_id=found[name], now=now)

    invite("expired", MONDAY)
    invite("replaced", MONDAY)
    invite("replaced", LONG_AFTER)
    invite("invited", LONG_AFTER)
    account.make_link(session, actor=ada, person_id=found["slip"], purpose="slip", now=LONG_AFTER)
    session.get_one(Person, found["closed"]).deactivated_at = MONDAY
    session.get_one(Person, found["gone"]).leaves_on = MONDAY.date()
    session.flush()
    return found


STATES = {
    "new": Access.NOT_INVITED,
    "invited": Access.INVITED,
    "expired": Access.EXPIRED,
    "replaced": Access.INVITED,
    "slip": Access.INVITED,
    "closed": Access.CLOSED,
    "gone": Access.CLOSED,
}


def test_each_member_stands_where_their_links_and_password_say(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    rows = queries.members(session, intake_id=cast.spring, now=LONG_AFTER).rows
    states = {row.id: row.access for row in rows}
    assert {name: states[person_id] for name, person_id in hires.items()} == STATES
    assert states[cast.maya] is Access.IN


def test_lists_counts_and_the_account_room_tell_the_same(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    counts = queries.access_counts(session, intake_ids=[cast.spring], now=LONG_AFTER)[cast.spring]
    for state in Access:
        found = queries.members(session, intake_id=cast.spring, state=state, now=LONG_AFTER)
        assert found.total == len(found.rows) == counts[state]
    everybody = [
        row.id for row in queries.members(session, intake_id=cast.spring, now=LONG_AFTER).rows
    ]
    told = account_queries.invitations(session, person_ids=everybody, now=LONG_AFTER)
    mine = queries.access_of(session, intake_id=cast.spring, person_ids=everybody, now=LONG_AFTER)
    open_ones = {key: state for key, state in mine.items() if state is not Access.CLOSED}
    assert open_ones == {key: Access(told[key][0]) for key in open_ones}


def test_members_are_found_by_parts_of_name_and_address(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    def found(search: str) -> list[int]:
        rows = queries.members(session, intake_id=cast.spring, search=search, now=LONG_AFTER).rows
        return [row.id for row in rows]

    assert found("hire NEW") == [hires["new"]]
    assert found("maya@north") == [cast.maya]
    assert found("100%") == []


def test_an_invitation_reaches_only_members_who_can_use_it(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    before = session.scalar(select(func.count()).select_from(OutboxRow)) or 0
    result = operations.invite_members(
        session,
        actor=cast.actor("ada"),
        intake_id=cast.spring,
        person_ids=[*hires.values(), cast.maya, cast.lior],
        now=LONG_AFTER,
    )
    assert result == Invited(invited=5, already_in=1, closed=2)
    assert session.scalar(select(func.count()).select_from(OutboxRow)) == before + 5
    counts = queries.access_counts(session, intake_ids=[cast.spring], now=LONG_AFTER)[cast.spring]
    assert (counts[Access.INVITED], counts[Access.NOT_INVITED], counts[Access.EXPIRED]) == (5, 0, 0)


def test_somebody_whose_last_day_just_ended_where_they_work_counts_as_closed(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    midnight_in_berlin = MONDAY.replace(hour=23, minute=30)
    session.get_one(Person, hires["new"]).leaves_on = MONDAY.date()
    session.flush()
    result = operations.invite_members(
        session,
        actor=cast.actor("ada"),
        intake_id=cast.spring,
        person_ids=[hires["new"]],
        now=midnight_in_berlin,
    )
    assert result == Invited(invited=0, already_in=0, closed=1)


def test_trainers_see_states_but_only_administrators_let_people_in(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    trainer = cast.actor("ines")
    with pytest.raises(NotAllowed):
        operations.invite_members(
            session,
            actor=trainer,
            intake_id=cast.spring,
            person_ids=[hires["new"]],
            now=MONDAY,
        )
    with pytest.raises(NotAllowed):
        operations.print_slips(
            session,
            actor=trainer,
            intake_id=cast.spring,
            person_ids=[hires["new"]],
            now=MONDAY,
        )


def test_a_selection_of_nobody_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="nobody_selected"):
        operations.invite_members(
            session, actor=cast.actor("ada"), intake_id=cast.spring, person_ids=[], now=MONDAY
        )


def slips(session: Session, cast: Cast, *people: int, again: bool = False) -> list[operations.Slip]:
    return operations.print_slips(
        session,
        actor=cast.actor("ada"),
        intake_id=cast.spring,
        person_ids=people,
        now=LONG_AFTER,
        again=again,
    )


def link_state(session: Session, token: str) -> str | None:
    link = account_queries.access_link(
        session, token=token, purposes=("invite", "slip"), now=LONG_AFTER
    )
    return link.state if link else None


def test_a_slip_opens_once_and_the_next_one_revokes_it(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    (first,) = slips(session, cast, hires["new"])
    session.flush()
    assert link_state(session, first.token) == "open"
    (second,) = slips(session, cast, hires["new"])
    session.flush()
    assert (link_state(session, first.token), link_state(session, second.token)) == (
        "revoked",
        "open",
    )
    entries = session.scalars(select(AuditEntry).where(AuditEntry.verb == "print_slip")).all()
    assert [entry.subject_id for entry in entries] == [hires["new"]] * 2
    assert first.token not in str([entry.detail for entry in entries])


def test_slips_leave_out_who_is_in_unless_it_is_asked_for(
    session: Session, cast: Cast, hires: dict[str, int]
) -> None:
    chosen = (hires["new"], cast.maya, hires["closed"], cast.lior)
    assert [slip.person_id for slip in slips(session, cast, *chosen)] == [hires["new"]]
    assert [slip.person_id for slip in slips(session, cast, cast.maya, again=True)] == [cast.maya]
    assert slips(session, cast, hires["closed"], again=True) == []
