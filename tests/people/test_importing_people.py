"""Importing people into a real database: good rows applied, nothing lost, repeatable."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotAllowed
from lms.core.models import AuditEntry, OutboxRow
from lms.core.permissions import SYSTEM, Role
from lms.core.tables_in import read_table
from lms.people.directory import memberships
from lms.people.directory.memberships import Move
from lms.people.importing import operations, queries
from lms.people.importing.operations import Batch
from lms.people.importing.rules import Sheet, read_sheet
from lms.people.models import (
    AccessLink,
    Coaching,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    Reporting,
    WorkingLanguage,
)
from tests.cast import Cast, make_cast
from tests.conftest import MONDAY

TUESDAY = MONDAY + timedelta(days=1)
HEADER = "email,name,intake,manager_email,coach_emails,site,categories,roles,language\n"
TWO_HUNDRED = HEADER + "".join(
    f"hire{n}@northfold.test,Hire {n},spring,noa@northfold.test,ravi@northfold.test,harbour,"
    f"ski|climbing,trainee,{('en', 'zh', 'ru', 'he')[n % 4]}\n"
    for n in range(200)
)  # fmt: skip


def sheet(text: str) -> Sheet:
    return read_sheet(read_table(text.encode()), demo=True)


def run(session: Session, text: str, now: datetime = MONDAY, **options: bool) -> Batch:
    return operations.import_people(
        session,
        actor=SYSTEM,
        sheet=sheet(text),
        allow_admin=options.get("allow_admin", False),
        now=now,
    )


def person(session: Session, email: str) -> Person:
    return session.scalars(select(Person).where(Person.email == email)).one()


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_same_two_hundred_rows_twice_change_nothing_the_second_time(
    database: Database, cast: Cast
) -> None:
    with database.writing() as session:
        assert run(session, TWO_HUNDRED).totals["new"] == 200
    tables = (Person, PersonRole, Coaching, Reporting, IntakeMember, AuditEntry, PersonCategory)
    with database.reading() as session:
        before = [count(session, table) for table in tables]
    with database.writing() as session:
        again = run(session, TWO_HUNDRED, TUESDAY)
    assert again.totals == {"new": 0, "changed": 0, "same": 200, "refused": 0}
    with database.reading() as session:
        assert [count(session, table) for table in tables] == before
        assert count(session, Person) == 200 + 11
        assert count(session, OutboxRow) == 0


def test_a_line_becomes_a_person_with_all_ties(session: Session, cast: Cast) -> None:
    run(
        session,
        "email,name,language,time_zone,intake,manager_email,coach_emails,site,department,"
        "categories,roles,working_languages,started_on,leaves_on\n"
        "Dov@Northfold.test,דב לוי,he,Asia/Jerusalem,later,olga@northfold.test,"
        "ravi@northfold.test|tomas@northfold.test,jerusalem,service,ski|climbing,"
        "trainee|keeper,he|en,2026-03-15,2026-12-31\n",
    )
    dov = person(session, "dov@northfold.test")
    assert (dov.name, dov.language, dov.time_zone) == ("דב לוי", "he", "Asia/Jerusalem")
    assert (dov.site_id, dov.started_on, dov.leaves_on) == (
        cast.jerusalem,
        date(2026, 3, 15),
        date(2026, 12, 31),
    )
    assert dov.password_hash is None
    roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == dov.id))
    assert set(roles) == {"trainee", "keeper"}
    languages = select(WorkingLanguage.language).where(WorkingLanguage.person_id == dov.id)
    assert set(session.scalars(languages)) == {"he", "en"}
    categories = session.scalars(
        select(PersonCategory.position).where(PersonCategory.person_id == dov.id)
    )
    assert sorted(categories) == [1, 2]
    coaches = select(Coaching.coach_id).where(Coaching.person_id == dov.id)
    assert set(session.scalars(coaches)) == {cast.ravi, cast.tomas}
    manager = session.scalar(select(Reporting.manager_id).where(Reporting.person_id == dov.id))
    assert manager == cast.olga
    member = session.scalars(select(IntakeMember).where(IntakeMember.person_id == dov.id)).one()
    assert (member.intake_id, member.joined_at, member.left_at) == (cast.later, MONDAY, None)


def test_ties_are_closed_and_opened_never_overwritten(session: Session, cast: Cast) -> None:
    run(
        session,
        "email,name,intake,manager_email,coach_emails\n"
        "maya@northfold.test,Maya Winter,later,olga@northfold.test,tomas@northfold.test\n",
        TUESDAY,
    )
    for model, other, before, after in (
        (Coaching, "coach_id", cast.ravi, cast.tomas),
        (Reporting, "manager_id", cast.noa, cast.olga),
    ):
        rows = session.scalars(
            select(model).where(model.person_id == cast.maya).order_by(model.id)
        ).all()
        assert [(getattr(row, other), row.until_at) for row in rows] == [
            (before, TUESDAY),
            (after, None),
        ]
    members = session.scalars(
        select(IntakeMember).where(IntakeMember.person_id == cast.maya).order_by(IntakeMember.id)
    ).all()
    assert [(one.intake_id, one.left_at) for one in members] == [
        (cast.spring, TUESDAY),
        (cast.later, None),
    ]


def test_a_hyphen_clears_and_an_empty_cell_does_not(session: Session, cast: Cast) -> None:
    text = "email,name,site,coach_emails,intake,manager_email\n"
    run(session, f"{text}maya@northfold.test,,,,,\n", TUESDAY)
    maya = person(session, "maya@northfold.test")
    assert (maya.name, maya.site_id) == ("Maya Winter", cast.harbour)
    run(session, f"{text}maya@northfold.test,,-,-,-,-\n", TUESDAY)
    session.refresh(maya)
    assert maya.site_id is None
    for model, ended in (
        (Coaching, Coaching.until_at),
        (Reporting, Reporting.until_at),
        (IntakeMember, IntakeMember.left_at),
    ):
        open_ties = select(model.id).where(model.person_id == cast.maya, ended.is_(None))
        assert session.scalars(open_ties).all() == []


def test_people_missing_from_the_file_stay_as_they_are(session: Session, cast: Cast) -> None:
    before = {p.id: (p.name, p.deactivated_at) for p in session.scalars(select(Person))}
    run(session, "email,name\nsolo@northfold.test,Solo\n")
    after = {p.id: (p.name, p.deactivated_at) for p in session.scalars(select(Person))}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_good_rows_are_applied_and_refused_ones_are_not(session: Session, cast: Cast) -> None:
    batch = run(
        session,
        "email,name,site\ngood@northfold.test,Good,harbour\nbad@northfold.test,Bad,moon\n"
        "ben@northfold.test,Benjamin Okoro,moon\n",
    )
    assert batch.totals == {"new": 1, "changed": 0, "same": 0, "refused": 2}
    assert person(session, "good@northfold.test").site_id == cast.harbour
    assert session.scalar(select(Person.id).where(Person.email == "bad@northfold.test")) is None
    assert person(session, "ben@northfold.test").name == "Ben Okoro"


def test_each_person_leaves_one_audit_entry_without_personal_text(
    session: Session, cast: Cast
) -> None:
    run(
        session,
        "email,name,roles\nmaya@northfold.test,Maya Summer,mentor\nnew@northfold.test,New,\n",
    )
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.verb, entry.subject_id) for entry in entries] == [
        ("change_person", cast.maya),
        ("create_person", person(session, "new@northfold.test").id),
        ("import_people", 1),
    ]
    assert entries[0].detail == {
        "via": "import",
        "fields": ["name", "roles"],
        "roles": {"from": ["trainee"], "to": ["mentor"]},
    }
    assert entries[2].detail["totals"] == {"new": 1, "changed": 1, "same": 0, "refused": 0}
    assert "Summer" not in str([entry.detail for entry in entries])


def test_parts_above_hear_who_moved_between_intakes(
    session: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Move] = []
    monkeypatch.setattr(memberships, "_listeners", [])
    memberships.when_moved(lambda _session, _actor, moves, _now: heard.extend(moves))
    run(
        session,
        "email,name,intake\nmaya@northfold.test,,later\nben@northfold.test,,-\n"
        "lior@northfold.test,,later\nnew@northfold.test,New,spring\n",
    )
    new = person(session, "new@northfold.test").id
    assert heard == [
        Move(cast.maya, cast.spring, cast.later),
        Move(cast.ben, cast.spring, None),
        Move(new, None, cast.spring),
    ]


def test_an_import_needs_the_right_to_manage_people(session: Session, cast: Cast) -> None:
    found = sheet("email,name\nnew@northfold.test,New\n")
    for name in ("ines", "noa", "maya", "ravi"):
        with pytest.raises(NotAllowed):
            operations.import_people(
                session, actor=cast.actor(name), sheet=found, allow_admin=False, now=MONDAY
            )


def test_an_administrator_made_by_a_file_has_the_role(session: Session, cast: Cast) -> None:
    text = "email,name,roles\nboss@northfold.test,Boss,admin\n"
    assert run(session, text).totals["refused"] == 1
    assert run(session, text, allow_admin=True).totals["new"] == 1
    boss = person(session, "boss@northfold.test")
    roles = session.scalars(select(PersonRole.role).where(PersonRole.person_id == boss.id))
    assert list(roles) == [Role.ADMIN.value]


def test_statements_do_not_grow_with_the_rows(database: Database, cast: Cast) -> None:
    counts = []
    for size in (10, 200):
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)  # noqa: B023 - read within the same turn

        text = TWO_HUNDRED.replace("hire", f"set{size}-")
        text = "\n".join(text.splitlines()[: size + 1]) + "\n"
        event.listen(database.engine, "before_cursor_execute", note)
        with database.writing() as session:
            assert run(session, text).totals["new"] == size
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 16


def test_invitations_go_once_to_those_who_were_never_in(session: Session, cast: Cast) -> None:
    run(session, "email,name\nnew@northfold.test,New\nmaya@northfold.test,Maya Winter\n")
    emails = ["new@northfold.test", "maya@northfold.test"]
    act = {"actor": SYSTEM, "emails": emails, "on": None}
    assert operations.invite_people(session, **act, now=MONDAY) == 1  # type: ignore[arg-type]
    assert operations.invite_people(session, **act, now=TUESDAY) == 0  # type: ignore[arg-type]
    assert [row.kind for row in session.scalars(select(OutboxRow))] == ["invitation"]
    weeks_later = MONDAY + timedelta(days=30)
    assert operations.invite_people(session, **act, now=weeks_later) == 1  # type: ignore[arg-type]
    assert count(session, AccessLink) == 2


def test_an_invitation_for_a_date_goes_out_in_the_sites_morning(
    session: Session, cast: Cast
) -> None:
    run(session, "email,name,site\na@northfold.test,A,jerusalem\nb@northfold.test,B,harbour\n")
    operations.invite_people(
        session,
        actor=SYSTEM,
        emails=["a@northfold.test", "b@northfold.test"],
        on=date(2026, 3, 9),
        now=MONDAY,
    )
    due = session.scalars(select(OutboxRow.due_at).order_by(OutboxRow.id)).all()
    assert [moment.isoformat() for moment in due] == [
        "2026-03-09T06:00:00+00:00",
        "2026-03-09T07:00:00+00:00",
    ]


def test_nobody_whose_last_day_is_over_is_invited(session: Session, cast: Cast) -> None:
    run(session, "email,name,leaves_on\nleft@northfold.test,Left,2026-01-31\n")
    invited = operations.invite_people(
        session, actor=SYSTEM, emails=["left@northfold.test"], on=None, now=MONDAY
    )
    assert (invited, count(session, OutboxRow)) == (0, 0)


@pytest.mark.slow
def test_twenty_thousand_rows_come_in_within_a_minute(sqlite_database: Database) -> None:
    import time

    with sqlite_database.writing() as session:
        make_cast(session, MONDAY)

    text = HEADER + "".join(
        f"p{n}@northfold.test,Person {n},spring,noa@northfold.test,ravi@northfold.test,harbour,"
        "ski|climbing,trainee|coach,ru\n"
        for n in range(20_000)
    )  # fmt: skip
    started = time.monotonic()
    with sqlite_database.writing() as session:
        assert run(session, text).totals["new"] == 20_000
    with sqlite_database.writing() as session:
        assert run(session, text, TUESDAY).totals["same"] == 20_000
    assert time.monotonic() - started < 60
    with sqlite_database.reading() as session:
        assert len(queries.known(session, now=MONDAY).people) == 20_011
