"""Reading and planning a people file: every bad line gets a clear answer. No database."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.core import refusals
from lms.core.errors import Refused
from lms.core.permissions import Role
from lms.core.tables_in import read_table
from lms.people.directory.rules import Lookups, Stored, Word, Words
from lms.people.importing import words
from lms.people.importing.planning import Known, Result, RowPlan, plan, totals
from lms.people.importing.reports import from_bytes, report_on, to_bytes
from lms.people.importing.rules import COLUMNS, Sheet, read_sheet
from lms.people.rules import Profile

LOOKUPS = Lookups(
    sites=Words("site", [Word(1, "harbour", "Harbour Street", site_id=None)]),
    departments=Words("department", [Word(1, "help", "Service"), Word(2, "care", "Service")]),
    categories=Words(
        "categories",
        [Word(1, "climbing", "Climbing"), Word(2, "ski", "Ski"), Word(3, "tents", "Tents")],
    ),
    intakes=Words("intake", [Word(7, "spring-26", "Spring 2026", site_id=1)]),
)


def stored(id_: int, email: str, *, ended: bool = False, **profile: object) -> Stored:
    return Stored(id_, email, Profile(name="Somebody", **profile), ended, True)  # type: ignore[arg-type]


PEOPLE = [
    stored(1, "ravi@x.test", roles=frozenset({Role.COACH})),
    stored(2, "noa@x.test", roles=frozenset({Role.MANAGER})),
    stored(3, "gone@x.test", ended=True, roles=frozenset({Role.COACH})),
    stored(4, "ada@x.test", roles=frozenset({Role.ADMIN})),
    stored(
        5,
        "maya@x.test",
        language="he",
        intake_id=7,
        manager="noa@x.test",
        coaches=frozenset({"ravi@x.test"}),
        site_id=1,
        categories=(2, 1),
        working_languages=frozenset({"en"}),
        started_on=date(2026, 3, 2),
    ),
]


def known(people: list[Stored] = PEOPLE) -> Known:
    return Known({person.email: person for person in people}, LOOKUPS)


def sheet(text: str, *, demo: bool = True) -> Sheet:
    return read_sheet(read_table(text.encode()), demo=demo)


def planned(text: str, *, allow_admin: bool = False, actor_id: int | None = None) -> list[RowPlan]:
    return plan(sheet(text), known(), allow_admin=allow_admin, actor_id=actor_id)


def one(columns: str, cells: str, **options: bool) -> RowPlan:
    rows = planned(f"{columns}\n{cells}\n", **options)
    assert len(rows) == 1
    return rows[0]


def reason(row: RowPlan) -> str:
    report = report_on(sheet("email,name\na@x.test,A\n"), [row])
    return words.reason(report.rows[0])


@pytest.mark.parametrize(
    ("columns", "cells", "codes", "said"),
    [
        ("email,name", "nobody,Ben", ["email_malformed"], "email: “nobody”"),
        ("email,name", "a@b,Ben", ["email_malformed"], "email: "),
        ("email,name", "a b@x.test,Ben", ["email_malformed"], "email: "),
        ("email,name", ",Ben", ["email_missing"], "email: "),
        ("email,name", "-,Ben", ["email_malformed"], "email: "),
        ("email,name", "=a@x.test,Ben", ["looks_like_formula"], "email: "),
        ("email,name", "b@x.test,", ["name_missing"], "name: "),
        ("email,name", "b@x.test,-", ["name_missing"], "name: "),
        ("email,name", '"b@x.test","=1+1"', ["looks_like_formula"], "name: “=1+1”"),
        ("email,name", "b@x.test,@SUM(A1)", ["looks_like_formula"], "name: "),
        ("email,name", "b@x.test,+49 30", ["looks_like_formula"], "name: "),
        ("email,name", "b@x.test,-Ben", ["looks_like_formula"], "name: "),
        ("email,name", f"b@x.test,{'x' * 121}", ["name_long"], "120"),
        ("email,name", "b@x.test,a\x07b", ["name_unreadable"], "name: "),
        ("email,name,language", "b@x.test,Ben,de", ["unknown_value_near"], "en, zh, ru, he"),
        (
            "email,name,time_zone",
            "b@x.test,Ben,Europe/Berln",
            ["unknown_value_near"],
            "Europe/Berlin",
        ),
        (
            "email,name,time_zone",
            "b@x.test,Ben,Jerusalem",
            ["unknown_value_near"],
            "Asia/Jerusalem",
        ),
        ("email,name,time_zone", "b@x.test,Ben,CET+1", ["unknown_value"], "time_zone: "),
        ("email,name,intake", "b@x.test,Ben,spring-27", ["unknown_value_near"], "Spring 2026"),
        ("email,name,site", "b@x.test,Ben,Moon", ["unknown_value"], "site: “Moon”"),
        ("email,name,site", "b@x.test,Ben,harbor", ["unknown_value_near"], "Harbour Street"),
        ("email,name,department", "b@x.test,Ben,Service", ["ambiguous_value"], "help, care"),
        ("email,name,categories", "b@x.test,Ben,ski|sail", ["unknown_value"], "categories: “sail”"),
        ("email,name,categories", "b@x.test,Ben,ski|tents|climbing", ["too_many_categories"], "2"),
        ("email,name,roles", "b@x.test,Ben,trainee|boss", ["unknown_value_near"], "roles: “boss”"),
        ("email,name,roles", "b@x.test,Ben,admin", ["admin_not_allowed"], "roles: "),
        ("email,name,working_languages", "b@x.test,Ben,en|fr", ["unknown_value_near"], "“fr”"),
        ("email,name,started_on", "b@x.test,Ben,2.3.2026", ["date_malformed"], "started_on: "),
        ("email,name,started_on", "b@x.test,Ben,20260302", ["date_malformed"], "2026-03-31"),
        ("email,name,leaves_on", "b@x.test,Ben,2026-02-30", ["date_malformed"], "leaves_on: "),
        ("email,name,leaves_on", "b@x.test,Ben,0026-02-03", ["date_malformed"], "leaves_on: "),
        (
            "email,name,manager_email",
            "b@x.test,Ben,noah@x.test",
            ["unknown_value_near"],
            "noa@x.test",
        ),
        (
            "email,name,manager_email",
            "b@x.test,Ben,B@x.test",
            ["import_own_other"],
            "manager_email: ",
        ),
        ("email,name,manager_email", "b@x.test,Ben,gone@x.test", ["import_other_ended"], "gone@"),
        ("email,name,coach_emails", "b@x.test,Ben,ravi@x.test|q@y.z", ["unknown_value"], "“q@y.z”"),
        (
            "email,name,coach_emails",
            "b@x.test,Ben," + "|".join(f"c{n}@x.test" for n in range(21)),
            ["too_many_coaches"],
            "20",
        ),
        (
            "email,name,started_on,leaves_on",
            "b@x.test,Ben,2026-03-02,2026-03-01",
            ["leaves_before_start"],
            "leaves_on: ",
        ),
        (
            "email,name,language,site",
            "nobody,,xx,Moon",
            ["email_malformed", "unknown_value_near", "unknown_value"],
            "language: ",
        ),
    ],
)
def test_a_bad_line_is_refused_with_the_field_named(
    columns: str, cells: str, codes: list[str], said: str
) -> None:
    row = one(columns, cells)
    assert row.result is Result.REFUSED
    assert [refusal.code for refusal in row.refusals] == codes
    assert said in reason(row)


def test_test_addresses_are_taken_in_a_demo_only() -> None:
    text = "email,name\nb@northfold.test,Ben\nc@northfold.com,Cem\n"
    real = plan(sheet(text, demo=False), known(), allow_admin=False)
    assert [row.result for row in real] == [Result.REFUSED, Result.NEW]
    demo = plan(sheet(text, demo=True), known(), allow_admin=False)
    assert [row.result for row in demo] == [Result.NEW, Result.NEW]


def test_only_the_second_of_two_lines_for_one_address_is_refused() -> None:
    rows = planned("email,name\nBen@X.test,Ben\n ben@x.TEST ,Benjamin\n")
    assert [row.result for row in rows] == [Result.NEW, Result.REFUSED]
    assert rows[0].email == "ben@x.test"
    assert rows[1].refusals[0].values == {"line": 2}


def test_columns_come_in_any_order_and_case_and_more_are_reported() -> None:
    found = sheet("Shoe size;NAME;;Email\n41;Ben;x;b@x.test\n")
    assert found.columns == ("email", "name")
    assert found.extra_columns == ("Shoe size", "(3)")
    assert found.lines[0].values == {"name": "Ben"}


@pytest.mark.parametrize("header", ["name", "email", "mail,full name"])
def test_a_file_without_address_or_name_is_refused_whole(header: str) -> None:
    with pytest.raises(Refused) as caught:
        sheet(f"{header}\nx{',x' * header.count(',')}\n")
    assert caught.value.code == "import_columns_missing"
    assert refusals.sentence(caught.value)


def test_a_row_that_does_not_fit_the_header_is_refused_alone() -> None:
    rows = planned("email,name,site\nb@x.test,Ben\nc@x.test,Cem,harbour\n")
    assert [row.result for row in rows] == [Result.REFUSED, Result.NEW]
    assert "2 cells" in reason(rows[0])


def test_a_new_person_is_a_trainee_at_the_intakes_site() -> None:
    change = one("email,name,intake", "b@x.test,Ben,Spring 2026").change
    assert change is not None
    assert change.new == Profile(name="Ben", intake_id=7, site_id=1)
    assert change.new.roles == {Role.TRAINEE}


def test_everything_that_a_line_says_is_understood() -> None:
    change = one(
        ",".join(COLUMNS),
        "b@x.test,  ליאור   כהן ,ZH,asia/jerusalem,SPRING-26,NOA@x.test,ravi@x.test|ada@x.test,"
        "harbour street,care,Ski|climbing,Coach|Locker keeper,en|ru,2026-03-02,2027-01-31",
    ).change
    assert change is not None
    assert change.new == Profile(
        name="ליאור כהן",
        language="zh",
        time_zone="Asia/Jerusalem",
        intake_id=7,
        manager="noa@x.test",
        coaches=frozenset({"ravi@x.test", "ada@x.test"}),
        site_id=1,
        department_id=2,
        categories=(2, 1),
        roles=frozenset({Role.COACH, Role.KEEPER}),
        working_languages=frozenset({"en", "ru"}),
        started_on=date(2026, 3, 2),
        leaves_on=date(2027, 1, 31),
    )


def test_empty_cells_and_absent_columns_leave_things_untouched() -> None:
    assert one("email,name", "maya@x.test,Somebody").result is Result.SAME
    empty = "maya@x.test" + "," * (len(COLUMNS) - 1)
    assert one(",".join(COLUMNS), empty).result is Result.SAME


def test_a_hyphen_clears() -> None:
    cleared = [column for column in COLUMNS if column not in ("email", "name")]
    row = one(f"email,name,{','.join(cleared)}", "maya@x.test,Somebody" + ",-" * len(cleared))
    assert row.change is not None
    assert row.change.new == Profile(name="Somebody", roles=frozenset())
    assert row.result is Result.CHANGED
    assert set(row.columns) == {
        "language", "intake", "manager_email", "coach_emails", "site", "categories",
        "roles", "working_languages", "started_on",
    }  # fmt: skip


def test_managers_and_coaches_may_be_other_lines_in_any_order() -> None:
    rows = planned(
        "email,name,manager_email,coach_emails\n"
        "b@x.test,Ben,boss@x.test,c@x.test\nboss@x.test,Boss,,\nc@x.test,Cem,,b@x.test\n"
    )
    assert [row.result for row in rows] == [Result.NEW] * 3


def test_a_line_falls_with_the_refused_line_it_names() -> None:
    rows = planned(
        "email,name,manager_email,site\n"
        "a@x.test,A,b@x.test,\nb@x.test,B,c@x.test,\nc@x.test,C,,Moon\nd@x.test,D,,\n"
    )
    assert [row.result.value for row in rows] == ["refused", "refused", "refused", "new"]
    assert rows[0].refusals[0].code in ("import_other_refused", "unknown_value")
    assert totals(rows) == {"new": 1, "changed": 0, "same": 0, "refused": 3}


def test_a_tie_to_somebody_who_left_since_stays_until_it_is_changed() -> None:
    people = [*PEOPLE, stored(6, "old@x.test", coaches=frozenset({"gone@x.test"}))]
    rows = plan(
        sheet("email,name,coach_emails\nold@x.test,Somebody,gone@x.test\n"),
        known(people),
        allow_admin=False,
    )
    assert rows[0].result is Result.SAME


def test_administrators_are_touched_only_when_allowed() -> None:
    text = "email,name,roles\nb@x.test,Ben,administrator|trainer\n"
    assert planned(text)[0].result is Result.REFUSED
    change = planned(text, allow_admin=True)[0].change
    assert change is not None
    assert change.new.roles == {Role.ADMIN, Role.TRAINER}
    assert one("email,name,roles", "ada@x.test,Somebody,trainee").result is Result.REFUSED
    ends = one("email,name,leaves_on", "ada@x.test,Somebody,2030-01-01")
    assert [refusal.code for refusal in ends.refusals] == ["admin_not_allowed"]


def test_the_last_administrator_cannot_be_imported_away() -> None:
    for cells in ("ada@x.test,Somebody,trainee,", "ada@x.test,Somebody,,2030-01-01"):
        row = one("email,name,roles,leaves_on", cells, allow_admin=True)
        assert [refusal.code for refusal in row.refusals] == ["last_admin"]


def test_of_two_administrators_only_one_can_go_in_one_file() -> None:
    people = [*PEOPLE, stored(6, "eve@x.test", roles=frozenset({Role.ADMIN}))]
    text = "email,name,roles\nada@x.test,Somebody,-\neve@x.test,Somebody,-\n"
    rows = plan(sheet(text), known(people), allow_admin=True)
    assert [row.result.value for row in rows] == ["changed", "refused"]
    own = plan(sheet(text), known(people), allow_admin=True, actor_id=4)
    assert [row.result.value for row in own] == ["refused", "changed"]


def test_a_file_wrong_in_every_line_is_answered_without_searching_for_ever() -> None:
    lines = "".join(f"p{n}@x.test,P,nosuch-{n},zone{n}/x\n" for n in range(2000))
    rows = planned(f"email,name,intake,time_zone\n{lines}")
    assert totals(rows)["refused"] == 2000


def test_a_report_that_is_kept_reads_the_same() -> None:
    found = sheet("email;name;site;x\nb@x.test;Ben;Moon;1\nmaya@x.test;Maya;harbour;1\n")
    report = report_on(found, plan(found, known(), allow_admin=False))
    again = from_bytes(to_bytes(report))
    assert [words.reason(row) for row in again.rows] == [words.reason(row) for row in report.rows]
    assert again.totals == report.totals == {"new": 0, "changed": 1, "same": 0, "refused": 1}
    assert (again.extra_columns, again.delimiter) == (("x",), ";")
    with pytest.raises(ValueError, match="not a report"):
        from_bytes(b"[]")


CELLS = {
    "email": st.sampled_from(
        ["ravi@x.test", "maya@x.test", "ada@x.test", "n1@x.test", "N2@x.test", "n3@x.test", "bad"]
    ),
    "name": st.sampled_from(["Ben", "王伟", "", "-", "=x"]),
    "language": st.sampled_from(["", "-", "he", "EN", "xx"]),
    "time_zone": st.sampled_from(["", "-", "Europe/Berlin", "nowhere"]),
    "intake": st.sampled_from(["", "-", "spring-26", "autumn"]),
    "manager_email": st.sampled_from(["", "-", "noa@x.test", "n1@x.test", "n3@x.test", "no@x.y"]),
    "coach_emails": st.sampled_from(["", "-", "ravi@x.test|n2@x.test", "n1@x.test", "n3@x.test"]),
    "site": st.sampled_from(["", "-", "Harbour Street", "moon"]),
    "department": st.sampled_from(["", "-", "care", "Service"]),
    "categories": st.sampled_from(["", "-", "ski|climbing", "climbing|ski|ski", "sail"]),
    "roles": st.sampled_from(["", "-", "trainee|coach", "mentor", "boss"]),
    "working_languages": st.sampled_from(["", "-", "en|he", "xx"]),
    "started_on": st.sampled_from(["", "-", "2026-03-02", "soon"]),
    "leaves_on": st.sampled_from(["", "-", "2026-12-31", "2020-01-01"]),
}  # fmt: skip


def applied(people: list[Stored], rows: list[RowPlan]) -> list[Stored]:
    """What the people are after a plan was applied."""
    after = {person.email: person for person in people}
    for number, row in enumerate(rows, 100):
        if row.change is not None:
            old, new = row.change.old, row.change.new
            ended = new.leaves_on is not None and new.leaves_on < date(2026, 3, 2)
            after[row.email] = Stored(
                old.id if old else number, row.email, new, ended, old is not None
            )
    return list(after.values())


@settings(max_examples=150)
@given(
    st.sets(st.sampled_from(COLUMNS[2:])).flatmap(
        lambda columns: st.lists(
            st.fixed_dictionaries({name: CELLS[name] for name in ("email", "name", *columns)}),
            min_size=1,
            max_size=8,
        )
    )
)
def test_planning_again_after_applying_changes_nothing(rows: list[dict[str, str]]) -> None:
    header = list(rows[0])
    text = "\n".join([",".join(header), *(",".join(row.values()) for row in rows)])
    found = sheet(text + "\n")
    first = plan(found, known(), allow_admin=False)
    second = plan(found, known(applied(PEOPLE, first)), allow_admin=False)
    assert len(first) == len(found.lines)
    assert {row.result for row in second} <= {Result.SAME, Result.REFUSED}
    assert [row.result is Result.REFUSED for row in first] == [
        row.result is Result.REFUSED for row in second
    ]
