"""Making, changing and ending people's records, on both databases."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import refusals
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.models import AuditEntry
from lms.core.permissions import SYSTEM, Role
from lms.people import sign_in
from lms.people.directory import operations, queries, records, words
from lms.people.directory.rules import ShiftPlan, stamp
from lms.people.models import AccessLink, Coaching, Person, PersonRole, Shift, SignIn
from lms.people.rules import Profile
from tests.cast import Cast
from tests.conftest import MONDAY

assert words.FIELDS, "the sentences of refusals are loaded with the words"
DOV = Profile(name="Dov", roles=frozenset({Role.COACH}))


def create(session: Session, cast: Cast, email: str = "dov@x.com", **changes: Any) -> int:
    profile = Profile(**{"name": "Dov", **changes})
    return operations.create_person(
        session, actor=cast.actor("ada"), email=email, profile=profile, now=MONDAY
    )


def change(session: Session, cast: Cast, who: int, by: str = "ada", **changes: Any) -> bool:
    stored = records.load(session, now=MONDAY, only=[who])[who]
    email = changes.pop("email", stored.email)
    seen = changes.pop("seen", stamp(stored))
    return operations.change_person(
        session,
        actor=cast.actor(by),
        person_id=who,
        email=email,
        profile=replace(stored.profile, **changes),
        seen=seen,
        now=MONDAY,
    )


@contextmanager
def refusal(code: str) -> Iterator[None]:
    """Expect a refusal by this code, which has a sentence."""
    with pytest.raises(Refused) as caught:
        yield
    assert caught.value.code == code
    assert refusals.sentence(caught.value)


def verbs(session: Session, who: int) -> list[str]:
    session.flush()
    entries = select(AuditEntry.verb).where(AuditEntry.subject_id == who).order_by(AuditEntry.id)
    return list(session.scalars(entries))


def test_a_person_is_made_with_ties_and_an_audit_entry(session: Session, cast: Cast) -> None:
    who = create(
        session,
        cast,
        intake_id=cast.spring,
        manager="noa@northfold.test",
        coaches=frozenset({"ravi@northfold.test"}),
        site_id=cast.harbour,
    )
    stored = records.load(session, now=MONDAY, only=[who])[who]
    assert stored.email == "dov@x.com"
    assert stored.profile.roles == {Role.TRAINEE}
    assert stored.profile.coaches == {"ravi@northfold.test"}
    assert stored.profile.intake_id == cast.spring
    assert verbs(session, who) == ["create_person"]


def test_two_people_cannot_share_a_mail_address(session: Session, cast: Cast) -> None:
    with refusal("email_taken"):
        create(session, cast, email="maya@northfold.test")
    with refusal("email_taken"):
        change(session, cast, cast.ben, email="maya@northfold.test")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"manager": "nobody@x.com"}, "unknown_value"),
        ({"coaches": frozenset({"ravi@northfold.test", "nobody@x.com"})}, "unknown_value"),
        ({"manager": "ben@northfold.test"}, "own_manager"),
        ({"started_on": date(2026, 3, 2), "leaves_on": date(2026, 3, 1)}, "leaves_before_start"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(
    session: Session, cast: Cast, changes: dict[str, Any], code: str
) -> None:
    with refusal(code):
        change(session, cast, cast.ben, **changes)
    assert verbs(session, cast.ben) == []


def test_somebody_deactivated_cannot_become_a_coach_but_may_stay_one(
    session: Session, cast: Cast
) -> None:
    session.get_one(Person, cast.ravi).deactivated_at = MONDAY
    session.flush()
    with refusal("unknown_value"):
        change(session, cast, cast.ben, coaches=frozenset({"ravi@northfold.test"}))
    assert change(session, cast, cast.maya, name="Maya W.")


def test_saving_without_a_difference_writes_nothing(session: Session, cast: Cast) -> None:
    assert change(session, cast, cast.maya) is False
    assert verbs(session, cast.maya) == []


def test_a_stale_form_saves_nothing_and_names_what_changed(session: Session, cast: Cast) -> None:
    before = stamp(records.load(session, now=MONDAY, only=[cast.maya])[cast.maya])
    change(session, cast, cast.maya, name="Maya Spring", roles=frozenset({Role.MENTOR}))
    with pytest.raises(Refused) as caught:
        change(session, cast, cast.maya, name="Maya Autumn", seen=before)
    assert caught.value.values["fields"] == ["name", "roles"]
    assert session.get_one(Person, cast.maya).name == "Maya Spring"
    with refusal("stale_record"):
        change(session, cast, cast.maya, seen="rubbish")


def test_a_new_mail_address_kills_links_to_the_old_one(session: Session, cast: Cast) -> None:
    link = AccessLink(
        person_id=cast.maya,
        purpose="reset",
        token_hash="x" * 64,
        created_at=MONDAY,
        expires_at=MONDAY + timedelta(hours=2),
    )
    session.add(link)
    session.flush()
    assert change(session, cast, cast.maya, email="maya@elsewhere.com")
    session.refresh(link)
    assert link.revoked_at == MONDAY
    assert session.get_one(Person, cast.maya).email == "maya@elsewhere.com"
    assert verbs(session, cast.maya) == ["change_email"]


def test_coaches_are_closed_and_opened(session: Session, cast: Cast) -> None:
    change(session, cast, cast.maya, coaches=frozenset({"tomas@northfold.test"}))
    ties = session.scalars(
        select(Coaching).where(Coaching.person_id == cast.maya).order_by(Coaching.id)
    ).all()
    assert [(tie.coach_id, tie.until_at) for tie in ties] == [
        (cast.ravi, MONDAY),
        (cast.tomas, None),
    ]


def test_nobody_takes_the_administrator_role_from_themselves(session: Session, cast: Cast) -> None:
    with refusal("own_admin_role"):
        change(session, cast, cast.ada, roles=frozenset({Role.TRAINER}))


def test_the_last_administrator_who_can_enter_must_remain(session: Session, cast: Cast) -> None:
    never_in = create(session, cast, roles=frozenset({Role.ADMIN}))
    assert never_in
    stored = records.load(session, now=MONDAY, only=[cast.ada])[cast.ada]
    for profile in (
        replace(stored.profile, roles=frozenset()),
        replace(stored.profile, leaves_on=date(2030, 1, 1)),
    ):
        with refusal("last_admin"):
            operations.change_person(
                session,
                actor=SYSTEM,
                person_id=cast.ada,
                email=stored.email,
                profile=profile,
                seen=stamp(stored),
                now=MONDAY,
            )
    with refusal("last_admin"):
        operations.deactivate_person(
            session, actor=SYSTEM, person_id=cast.ada, on=None, reason="left", now=MONDAY
        )


def test_of_two_administrators_one_can_go(session: Session, cast: Cast) -> None:
    session.add(PersonRole(person_id=cast.ines, role="admin"))
    session.flush()
    assert change(session, cast, cast.ada, by="ada", roles=frozenset({Role.ADMIN, Role.COACH}))
    operations.deactivate_person(
        session, actor=cast.actor("ada"), person_id=cast.ines, on=None, reason="left", now=MONDAY
    )
    with refusal("own_access"):
        operations.deactivate_person(
            session, actor=cast.actor("ada"), person_id=cast.ada, on=None, reason="x", now=MONDAY
        )


def test_deactivating_at_once_ends_sign_ins_and_links(session: Session, cast: Cast) -> None:
    token = sign_in.start(
        session, person_id=cast.maya, remembered=True, address="", agent="", now=MONDAY
    )
    session.flush()
    assert sign_in.viewer(session, token, MONDAY) is not None
    operations.deactivate_person(
        session, actor=cast.actor("ada"), person_id=cast.maya, on=None, reason=" left ", now=MONDAY
    )
    session.flush()
    assert sign_in.viewer(session, token, MONDAY) is None
    entry = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == cast.maya)).one()
    assert (entry.verb, entry.reason, entry.actor_id) == ("deactivate_person", "left", cast.ada)
    with refusal("already_ended"):
        operations.deactivate_person(
            session, actor=cast.actor("ada"), person_id=cast.maya, on=None, reason="x", now=MONDAY
        )


def test_a_last_day_lets_in_until_it_is_over(session: Session, cast: Cast) -> None:
    act = {"actor": cast.actor("ada"), "person_id": cast.maya, "reason": "moves away"}
    with refusal("leaves_in_past"):
        operations.deactivate_person(session, **act, on=date(2026, 3, 1), now=MONDAY)  # type: ignore[arg-type]
    with refusal("access_reason_missing"):
        operations.deactivate_person(
            session, **{**act, "reason": "  "}, on=date(2026, 3, 6), now=MONDAY  # type: ignore[arg-type]
        )  # fmt: skip
    operations.deactivate_person(session, **act, on=date(2026, 3, 6), now=MONDAY)  # type: ignore[arg-type]
    session.flush()
    friday, saturday = MONDAY + timedelta(days=4), MONDAY + timedelta(days=5)
    assert not records.load(session, now=friday, only=[cast.maya])[cast.maya].ended
    assert records.load(session, now=saturday, only=[cast.maya])[cast.maya].ended
    assert verbs(session, cast.maya) == ["set_last_day"]


def test_access_can_be_given_again(session: Session, cast: Cast) -> None:
    ada = cast.actor("ada")
    with refusal("not_ended"):
        operations.reactivate_person(session, actor=ada, person_id=cast.maya, now=MONDAY)
    operations.deactivate_person(
        session, actor=ada, person_id=cast.maya, on=None, reason="left", now=MONDAY
    )
    session.get_one(Person, cast.maya).leaves_on = date(2026, 2, 1)
    session.flush()
    operations.reactivate_person(session, actor=ada, person_id=cast.maya, now=MONDAY)
    session.flush()
    assert not records.load(session, now=MONDAY, only=[cast.maya])[cast.maya].ended


def test_ending_sessions_signs_out_everywhere(session: Session, cast: Cast) -> None:
    for _browser in range(2):
        sign_in.start(
            session, person_id=cast.maya, remembered=False, address="", agent="", now=MONDAY
        )
    session.flush()
    ended = operations.end_sessions(
        session, actor=cast.actor("ada"), person_id=cast.maya, now=MONDAY
    )
    assert ended == 2
    assert session.scalars(select(SignIn.ended_at)).all() == [MONDAY, MONDAY]
    assert verbs(session, cast.maya) == ["end_sessions"]


def test_shifts_are_replaced_and_read_in_order(session: Session, cast: Cast) -> None:
    early, late = (time(9), time(13)), (time(14), time(18))
    plan = ShiftPlan(
        weekly=((4, *late), (0, *late), (0, *early)),
        differing=((date(2026, 3, 9), None, None), (date(2026, 3, 4), *early)),
    )
    ada = cast.actor("ada")
    for _twice in range(2):
        operations.set_shifts(session, actor=ada, person_id=cast.maya, plan=plan, now=MONDAY)
        session.flush()
    rows = queries.shifts(session, person_id=cast.maya)
    assert [(row.weekday, row.on_date, row.starts_at) for row in rows] == [
        (0, None, time(9)),
        (0, None, time(14)),
        (4, None, time(14)),
        (None, date(2026, 3, 4), time(9)),
        (None, date(2026, 3, 9), None),
    ]
    with refusal("shift_twice"):
        twice = ShiftPlan(weekly=((0, *early), (0, *early)), differing=())
        operations.set_shifts(session, actor=ada, person_id=cast.maya, plan=twice, now=MONDAY)
    assert session.scalar(select(Shift.id)) is not None


def test_acts_on_people_need_the_right_and_a_person(session: Session, cast: Cast) -> None:
    acts: list[Any] = [
        lambda actor, who: operations.end_sessions(session, actor=actor, person_id=who, now=MONDAY),
        lambda actor, who: operations.reactivate_person(
            session, actor=actor, person_id=who, now=MONDAY
        ),
        lambda actor, who: operations.deactivate_person(
            session, actor=actor, person_id=who, on=None, reason="x", now=MONDAY
        ),
        lambda actor, who: operations.set_shifts(
            session, actor=actor, person_id=who, plan=ShiftPlan((), ()), now=MONDAY
        ),
        lambda actor, who: operations.change_person(
            session, actor=actor, person_id=who, email="a@b.c", profile=DOV, seen="", now=MONDAY
        ),
    ]
    for act in acts:
        for name in ("ines", "noa", "ravi", "maya", "oleg", "mei"):
            with pytest.raises(NotAllowed):
                act(cast.actor(name), cast.maya)
        with pytest.raises(NotFound):
            act(cast.actor("ada"), 10_000)
    with pytest.raises(NotAllowed):
        operations.create_person(
            session, actor=cast.actor("ines"), email="a@b.c", profile=DOV, now=MONDAY
        )
