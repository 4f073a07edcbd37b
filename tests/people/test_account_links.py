"""Invitations, slips and resets: one use, a time to live, only a hash kept."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.clock import FixedClock
from lms.core.db import Database
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.models import AuditEntry, OutboxRow
from lms.core.permissions import SYSTEM
from lms.people import sign_in
from lms.people.account import operations, queries, rules
from lms.people.models import AccessLink, Person, SignIn
from tests.cast import PASSWORD, PASSWORD_HASH, Cast
from tests.client import Browser
from tests.conftest import MONDAY

NEW = "a karabiner and two slings"


@pytest.fixture
def hire(sqlite_database: Database, people: Cast) -> int:
    """Somebody who has never been in."""
    with sqlite_database.writing() as session:
        return new_hire(session)


def new_hire(session: Session, **values: Any) -> int:
    """Add somebody who has never been in."""
    person = Person(email="dana@northfold.test", name="Dana Levi", created_at=MONDAY, **values)
    session.add(person)
    session.flush()
    return person.id


def link_for(database: Database, person_id: int, purpose: str = "invite") -> str:
    """Make a link at MONDAY."""
    with database.writing() as session:
        return operations.make_link(
            session, actor=SYSTEM, person_id=person_id, purpose=purpose, now=MONDAY
        )


def choose(
    database: Database, token: str, purposes: tuple[str, ...], now: Any = MONDAY
) -> int | None:
    """Use a link; None when it was dead."""
    try:
        with database.writing() as session:
            return operations.choose_password(
                session, token=token, purposes=purposes, password_hash=PASSWORD_HASH, now=now
            )
    except Refused as error:
        assert error.code == "link_dead"  # noqa: PT017 - the code is what callers go by
        return None


def test_only_a_hash_of_the_token_is_kept(database: Database, cast: Cast) -> None:
    token = link_for(database, cast.maya, "slip")
    with database.reading() as session:
        (link,) = session.scalars(select(AccessLink)).all()
    assert link.token_hash == sign_in.token_hash(token)
    assert token not in str(vars(link))


def test_a_link_is_used_once_and_signs_nobody_else_out(database: Database, cast: Cast) -> None:
    token = link_for(database, cast.maya, "slip")
    assert choose(database, token, rules.INVITATIONS) == cast.maya
    assert choose(database, token, rules.INVITATIONS) is None


def test_five_uses_at_once_have_one_winner(database: Database, cast: Cast) -> None:
    token = link_for(database, cast.maya, "slip")
    with ThreadPoolExecutor(5) as pool:
        uses = [pool.submit(choose, database, token, rules.INVITATIONS) for _ in range(5)]
        winners = [use.result() for use in uses if use.result() is not None]
    assert winners == [cast.maya]
    with database.reading() as session:
        said = session.scalars(
            select(AuditEntry.verb).where(AuditEntry.verb == "choose_password")
        ).all()
    assert len(said) == 1


@pytest.mark.parametrize(
    ("purpose", "lasts"),
    [("slip", timedelta(days=14)), ("reset", timedelta(hours=2))],
)
def test_a_link_ends_with_its_time(
    database: Database, cast: Cast, purpose: str, lasts: timedelta
) -> None:
    token = link_for(database, cast.maya, purpose)
    assert choose(database, token, (purpose,), MONDAY + lasts) is None
    assert choose(database, token, (purpose,), MONDAY + lasts - timedelta(seconds=1)) == cast.maya


def test_a_reset_link_is_no_invitation(database: Database, cast: Cast) -> None:
    assert choose(database, link_for(database, cast.maya, "reset"), rules.INVITATIONS) is None


def test_a_new_link_kills_the_earlier_one_of_its_purpose(database: Database, cast: Cast) -> None:
    slip = link_for(database, cast.maya, "slip")
    earlier = link_for(database, cast.maya, "reset")
    later = link_for(database, cast.maya, "reset")
    assert choose(database, earlier, rules.RESETS) is None
    assert choose(database, later, rules.RESETS) == cast.maya
    assert choose(database, slip, rules.INVITATIONS) is None, "a chosen password kills them all"


def test_a_reset_ends_every_sign_in(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        token = sign_in.start(
            session, person_id=cast.maya, remembered=True, address="", agent="", now=MONDAY
        )
    choose(database, link_for(database, cast.maya, "reset"), rules.RESETS)
    with database.reading() as session:
        assert sign_in.viewer(session, token, MONDAY) is None


def test_a_link_of_somebody_who_left_is_dead(database: Database, cast: Cast) -> None:
    token = link_for(database, cast.maya, "slip")
    with database.writing() as session:
        session.get_one(Person, cast.maya).deactivated_at = MONDAY
    assert choose(database, token, rules.INVITATIONS) is None
    with database.reading() as session:
        link = queries.access_link(session, token=token, purposes=rules.INVITATIONS, now=MONDAY)
    assert link is not None
    assert link.state == "revoked"


def test_who_left_or_is_in_is_not_invited(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="already_in"):
        operations.invite(session, actor=SYSTEM, person_id=cast.maya, now=MONDAY)
    session.get_one(Person, cast.ben).deactivated_at = MONDAY
    with pytest.raises(Refused, match="person_inactive"):
        operations.invite(session, actor=SYSTEM, person_id=cast.ben, now=MONDAY)
    with pytest.raises(NotFound):
        operations.invite(session, actor=SYSTEM, person_id=99999, now=MONDAY)


@pytest.mark.parametrize("name", ["maya", "ines", "noa"])
def test_only_administrators_make_links(session: Session, cast: Cast, name: str) -> None:
    with pytest.raises(NotAllowed):
        operations.make_link(
            session, actor=cast.actor(name), person_id=cast.ada, purpose="slip", now=MONDAY
        )


def test_inviting_writes_one_mail_to_send_and_no_token(session: Session, cast: Cast) -> None:
    person_id = new_hire(session)
    operations.invite(session, actor=cast.actor("ada"), person_id=person_id, now=MONDAY)
    (row,) = session.scalars(select(OutboxRow)).all()
    (link,) = session.scalars(select(AccessLink)).all()
    assert (row.kind, row.payload) == ("invitation", {"link_id": link.id})


def test_where_an_invitation_stands(session: Session, cast: Cast) -> None:
    person_id = new_hire(session)

    def standing(now: Any = MONDAY) -> str:
        found = queries.invitations(session, person_ids=[person_id, cast.maya], now=now)
        assert found[cast.maya] == ("in", None)
        return found[person_id][0]

    assert standing() == "not_invited"
    operations.invite(session, actor=SYSTEM, person_id=person_id, now=MONDAY)
    session.flush()
    assert standing() == "invited"
    assert standing(MONDAY + timedelta(days=15)) == "expired"


def test_an_invitation_page_welcomes_and_lets_in(
    client: Browser, hire: int, sqlite_database: Database
) -> None:
    url = f"/invitation/{link_for(sqlite_database, hire)}"
    page = client.get(url).text
    assert "Dana Levi" in page
    assert "dana@northfold.test" in page
    answer = client.submit(url, {"password": NEW})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.get("/profile").status_code == 200
    client.submit("/logout")
    signed_in = client.submit("/login", {"email": "dana@northfold.test", "password": NEW})
    assert signed_in.status_code == 303


def test_opening_a_link_does_not_use_it(
    client: Browser, hire: int, sqlite_database: Database
) -> None:
    url = f"/invitation/{link_for(sqlite_database, hire)}"
    assert [client.get(url).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 8 characters."),
        ("password1234", "Too many people use this password."),
        ("dana-levi", "too close to your name"),
        ("", "required"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_still_works(
    client: Browser, hire: int, sqlite_database: Database, password: str, sentence: str
) -> None:
    url = f"/invitation/{link_for(sqlite_database, hire)}"
    answer = client.submit(url, {"password": password})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert client.get(url).status_code == 200


def test_a_used_link_says_what_to_do(
    client: Browser, browser: Any, hire: int, sqlite_database: Database
) -> None:
    url = f"/invitation/{link_for(sqlite_database, hire)}"
    client.submit(url, {"password": NEW})
    for answer in (browser().get(url), browser().submit(url, {"password": NEW})):
        assert answer.status_code == 410
        assert "used already" in answer.text
        assert 'href="/login"' in answer.text


def test_an_expired_reset_offers_another(
    client: Browser, people: Cast, sqlite_database: Database, clock: FixedClock
) -> None:
    url = f"/reset/{link_for(sqlite_database, people.maya, 'reset')}"
    clock.moment += timedelta(hours=3)
    answer = client.get(url)
    assert answer.status_code == 410
    assert "Its time is over." in answer.text
    assert 'href="/reset"' in answer.text


def test_an_unknown_link_is_not_found_and_says_what_to_do(client: Browser, people: Cast) -> None:
    answer = client.get("/invitation/no-such-token")
    assert answer.status_code == 404
    assert "Ask your trainer or an administrator" in answer.text


def test_a_reset_link_changes_the_password_and_ends_other_sign_ins(
    client: Browser, browser: Any, people: Cast, sqlite_database: Database
) -> None:
    elsewhere = browser(people.maya)
    assert elsewhere.get("/profile").status_code == 200
    client.submit(f"/reset/{link_for(sqlite_database, people.maya, 'reset')}", {"password": NEW})
    assert client.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 303
    old = browser().submit("/login", {"email": "maya@northfold.test", "password": PASSWORD})
    assert old.status_code == 422


def test_using_a_link_ends_the_sign_in_that_this_browser_had(
    browser: Any, people: Cast, hire: int, sqlite_database: Database
) -> None:
    client = browser(people.maya)
    client.submit(f"/invitation/{link_for(sqlite_database, hire)}", {"password": NEW})
    assert "Dana Levi" in client.get("/profile").text
    with sqlite_database.reading() as session:
        open_for_maya = session.scalar(
            select(func.count(SignIn.id)).where(
                SignIn.person_id == people.maya, SignIn.ended_at.is_(None)
            )
        )
    assert open_for_maya == 0


def test_an_invitation_speaks_the_language_of_the_hire(
    client: Browser, sqlite_database: Database, people: Cast
) -> None:
    with sqlite_database.writing() as session:
        hire = new_hire(session, language="he")
    page = client.get(f"/invitation/{link_for(sqlite_database, hire)}").text
    assert 'lang="he" dir="rtl"' in page
