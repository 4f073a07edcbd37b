"""Saving people's records in bulk: the same few statements for one and for 20,000.

Forms and files both end here, so that ties are closed and opened, never overwritten, and the
audit trail is written, in one way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Table, bindparam, delete, insert, update
from sqlalchemy.orm import Session

from lms.core.models import AuditEntry
from lms.core.permissions import Actor
from lms.people.directory import memberships
from lms.people.directory.memberships import Move
from lms.people.directory.rules import Change
from lms.people.models import (
    Coaching,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    Reporting,
    WorkingLanguage,
)
from lms.people.rules import Profile

OWN_COLUMNS = (
    "name",
    "language",
    "time_zone",
    "site_id",
    "department_id",
    "started_on",
    "leaves_on",
)
"""The fields of a profile that are columns of `person`."""

Values = Callable[[Profile], Iterable[Any]]
Rows = list[dict[str, Any]]


def save(
    session: Session,
    *,
    actor: Actor,
    changes: Sequence[Change],
    ids: Mapping[str, int],
    now: datetime,
    via: str,
) -> dict[str, int]:
    """Make and change people and return the ids by mail address, theirs and those given.

    `ids` knows everyone who is named as manager or coach and is not made here. Checks nothing:
    the caller has planned, inside the same transaction. Tells of moves between intakes and
    writes one audit entry a person.
    """
    session.flush()
    connection = session.connection()
    known = dict(ids) | _insert_people(connection, changes, now)
    pairs = [(known[change.email], change) for change in changes]
    _update_people(connection, pairs)
    _replace(
        connection, PersonRole.role, pairs, lambda profile: [role.value for role in profile.roles]
    )
    _replace(connection, WorkingLanguage.language, pairs, lambda profile: profile.working_languages)
    _replace_categories(connection, pairs)
    _retie(
        connection,
        Coaching.coach_id,
        pairs,
        lambda profile: {known[email] for email in profile.coaches},
        now,
    )
    _retie(
        connection,
        Reporting.manager_id,
        pairs,
        lambda profile: {known[profile.manager]} if profile.manager else (),
        now,
    )
    moves = _move_members(connection, pairs, now)
    _run(connection, insert(_table(AuditEntry)), _audit_rows(pairs, actor, now, via))
    session.expire_all()
    memberships.tell(session, actor, moves, now)
    return known


Pairs = list[tuple[int, Change]]


def _insert_people(
    connection: Connection, changes: Sequence[Change], now: datetime
) -> dict[str, int]:
    person = _table(Person)
    rows = [
        {
            "email": change.email,
            "feed_epoch": 0,
            "digest": True,
            "created_at": now,
            **{name: getattr(change.new, name) for name in OWN_COLUMNS},
        }
        for change in changes
        if change.old is None
    ]
    if not rows:
        return {}
    made = connection.execute(insert(person).returning(person.c.email, person.c.id), rows)
    return {row.email: row.id for row in made}


def _update_people(connection: Connection, pairs: Pairs) -> None:
    person = _table(Person)
    rows = [
        {"of_person": id_, **{f"new_{name}": getattr(change.new, name) for name in OWN_COLUMNS}}
        for id_, change in pairs
        if change.old is not None and not set(OWN_COLUMNS).isdisjoint(change.fields)
    ]
    values = {name: bindparam(f"new_{name}", type_=person.c[name].type) for name in OWN_COLUMNS}
    _run(
        connection,
        update(person).where(person.c.id == bindparam("of_person")).values(values),
        rows,
    )


def _replace(connection: Connection, column: Any, pairs: Pairs, values: Values) -> None:
    """Add and remove single values of a two-column table such as roles."""
    table, name = column.class_.__table__, column.key
    added, removed = _sets(pairs, values)
    _run(
        connection,
        delete(table).where(
            table.c.person_id == bindparam("of_person"), table.c[name] == bindparam("value")
        ),
        [{"of_person": id_, "value": value} for id_, value in removed],
    )
    _run(connection, insert(table), [{"person_id": id_, name: value} for id_, value in added])


def _replace_categories(connection: Connection, pairs: Pairs) -> None:
    """Write the categories anew where they differ, since their order counts."""
    table = _table(PersonCategory)
    differing = [
        (id_, change)
        for id_, change in pairs
        if (change.old.profile.categories if change.old else ()) != change.new.categories
    ]
    _run(
        connection,
        delete(table).where(table.c.person_id == bindparam("of_person")),
        [{"of_person": id_} for id_, change in differing if change.old],
    )
    rows = [
        {"person_id": id_, "category_id": category, "position": position}
        for id_, change in differing
        for position, category in enumerate(change.new.categories, 1)
    ]
    _run(connection, insert(table), rows)


def _retie(
    connection: Connection, column: Any, pairs: Pairs, others: Values, now: datetime
) -> None:
    """Close ties that no longer hold and open new ones; those that hold are not touched."""
    table, name = column.class_.__table__, column.key
    opened, closed = _sets(pairs, others)
    _run(
        connection,
        update(table)
        .where(
            table.c.person_id == bindparam("of_person"),
            table.c[name] == bindparam("other"),
            table.c.until_at.is_(None),
        )
        .values(until_at=now),
        [{"of_person": id_, "other": other} for id_, other in closed],
    )
    _run(
        connection,
        insert(table),
        [{"person_id": id_, name: other, "since_at": now} for id_, other in opened],
    )


def _move_members(connection: Connection, pairs: Pairs, now: datetime) -> list[Move]:
    table = _table(IntakeMember)
    moves = [
        Move(id_, left, change.new.intake_id)
        for id_, change in pairs
        if (left := change.old.profile.intake_id if change.old else None) != change.new.intake_id
    ]
    _run(
        connection,
        update(table)
        .where(table.c.person_id == bindparam("of_person"), table.c.left_at.is_(None))
        .values(left_at=now),
        [{"of_person": move.person_id} for move in moves if move.left],
    )
    _run(
        connection,
        insert(table),
        [
            {"person_id": move.person_id, "intake_id": move.joined, "joined_at": now}
            for move in moves
            if move.joined
        ],
    )
    return moves


def _audit_rows(pairs: Pairs, actor: Actor, now: datetime, via: str) -> Rows:
    """Return one entry a person: which fields, and for roles from what to what."""
    rows = []
    for id_, change in pairs:
        detail: dict[str, Any] = {"via": via, "fields": list(change.fields)}
        before = change.old.profile.roles if change.old else frozenset()
        if before != change.new.roles:
            detail["roles"] = {"from": sorted(before), "to": sorted(change.new.roles)}
        rows.append(
            {
                "at": now,
                "actor_id": actor.person_id,
                "verb": "create_person" if change.old is None else "change_person",
                "subject_type": "person",
                "subject_id": id_,
                "detail": detail,
            }
        )
    return rows


def _sets(pairs: Pairs, values: Values) -> tuple[list[tuple[int, Any]], list[tuple[int, Any]]]:
    """Return what is new and what is gone, as (person, value)."""
    added, gone = [], []
    for id_, change in pairs:
        before = set(values(change.old.profile)) if change.old else set()
        after = set(values(change.new))
        added += [(id_, value) for value in sorted(after - before)]
        gone += [(id_, value) for value in sorted(before - after)]
    return added, gone


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


def _run(connection: Connection, statement: Executable, rows: Rows) -> None:
    if rows:
        connection.execute(statement, rows)
