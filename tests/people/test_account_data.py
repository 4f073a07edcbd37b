"""One's own data: everything that tables of people hold, and no secret."""

import json
from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from lms.core.db import Base, Database
from lms.core.permissions import SYSTEM
from lms.people import sign_in
from lms.people.account import operations
from lms.people.account.own_data import own_data
from lms.people.models import (
    PersonCategory,
    SelfCheckAnswer,
    Shift,
    ShiftException,
    SignIn,
    WorkingLanguage,
)
from lms.people.notices.operations import notify
from tests.cast import Cast
from tests.conftest import MONDAY

TABLES_OF_PEOPLE = sorted(
    mapper.local_table.name  # type: ignore[attr-defined]
    for mapper in Base.registry.mappers
    if mapper.class_.__module__ == "lms.people.models"
    and any(key.column.table.name == "person" for key in mapper.local_table.foreign_keys)
)


@pytest.fixture
def token(session: Session, cast: Cast) -> str:
    """Something about Maya in every table of people; the token of her slip."""
    session.add_all(
        [
            PersonCategory(person_id=cast.maya, category_id=1, position=1),
            WorkingLanguage(person_id=cast.maya, language="ru"),
            Shift(person_id=cast.maya, weekday=0, starts_at=time(9), ends_at=time(17)),
            ShiftException(person_id=cast.maya, on_date=date(2026, 3, 9)),
            SelfCheckAnswer(
                person_id=cast.maya, question="passion", answer="Ice", answered_at=MONDAY
            ),
        ]
    )
    sign_in.start(
        session, person_id=cast.maya, remembered=False, address="10.0.0.1", agent="x", now=MONDAY
    )
    notify(session, person_id=cast.maya, kind="k", key="k", values={"a": 1}, url="/", now=MONDAY)
    token = operations.make_link(
        session, actor=SYSTEM, person_id=cast.maya, purpose="slip", now=MONDAY
    )
    session.flush()
    return token


def test_every_table_that_points_to_a_person_is_in_it(
    session: Session, cast: Cast, token: str
) -> None:
    found = own_data(session, cast.maya)
    assert "sign_in" in TABLES_OF_PEOPLE
    assert sorted(found.keys() - {"person"}) == TABLES_OF_PEOPLE
    assert [name for name, rows in found.items() if not rows] == []
    assert found["person"]["email"] == "maya@northfold.test"
    assert found["coaching"][0]["coach"] == "Ravi Menon"


def test_no_secret_and_nothing_of_others_is_in_it(session: Session, cast: Cast, token: str) -> None:
    text = json.dumps(own_data(session, cast.maya))
    assert "argon2" not in text
    assert token not in text
    assert sign_in.token_hash(token) not in text
    assert "hash" not in text
    assert "ben@northfold.test" not in text
    assert own_data(session, cast.ben)["self_check_answer"] == []


def test_the_file_gathers_what_every_part_offers(
    app: Flask, browser: Any, people: Cast, sqlite_database: Database
) -> None:
    app.extensions["belay"].registry.own_data["another part"] = lambda _session, person_id: {
        "of": person_id
    }
    answer = browser(people.lior).get("/account/my-data.json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    found = json.loads(answer.text)
    assert found["people"]["person"]["name"] == "ליאור כהן"
    assert "ליאור" in answer.text, "readable, not escaped"
    assert found["another part"] == {"of": people.lior}
    with sqlite_database.reading() as session:
        (row,) = session.query(SignIn).filter_by(person_id=people.lior)
    assert row.token_hash not in answer.text
