"""Reads of the audit trail. Each says how many statements it costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, literal, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from lms.core.models import AuditEntry
from lms.people.audit import subjects
from lms.people.models import Person

PAGE = 50
_AT_ONCE = 500
_NEWEST_FIRST = (AuditEntry.at.desc(), AuditEntry.id.desc())


@dataclass(frozen=True)
class Filters:
    """Which entries are wanted; everything that is None or empty is not asked for."""

    person_id: int | None = None
    """Entries by or about this person."""
    who: str = ""
    """Entries by or about people whose name or mail address contains this."""
    verb: str = ""
    since: datetime | None = None
    before: datetime | None = None
    """Earlier than this moment."""


@dataclass(frozen=True)
class Entry:
    """One line of the trail with its names; a name is None when the row is gone."""

    id: int
    at: datetime
    actor_id: int | None
    actor: str | None
    verb: str
    subject_type: str
    subject_id: int | None
    subject: str | None
    reason: str | None
    detail: dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page of the trail, the newest first; ids to go on from, None at an end."""

    entries: Sequence[Entry]
    newer: int | None
    older: int | None


def page(
    session: Session, filters: Filters, *, below: int | None = None, above: int | None = None
) -> Page:
    """Return the entries before the one with an id, after one, or the newest. Two statements."""
    query = _filtered(filters)
    if above is not None:
        query = query.where(_later(above)).order_by(AuditEntry.at, AuditEntry.id)
    else:
        query = query.order_by(*_NEWEST_FIRST)
        if below is not None:
            query = query.where(_earlier(below))
    rows = list(session.scalars(query.limit(PAGE + 1)))
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    if above is not None:
        rows.reverse()
    if not rows:
        return Page((), None, None)
    first, last = rows[0].id, rows[-1].id
    entries = _with_names(session, rows)
    if above is not None:
        return Page(entries, newer=first if more else None, older=last)
    return Page(entries, newer=first if below is not None else None, older=last if more else None)


def everything(session: Session, filters: Filters) -> Iterator[Entry]:
    """Yield all entries, the newest first. Two statements for each 500."""
    query = _filtered(filters).order_by(*_NEWEST_FIRST).limit(_AT_ONCE)
    below: int | None = None
    while True:
        part = query if below is None else query.where(_earlier(below))
        rows = list(session.scalars(part))
        if not rows:
            return
        yield from _with_names(session, rows)
        below = rows[-1].id
        session.expunge_all()


def verbs_used(session: Session) -> Sequence[str]:
    """Return the verbs that occur. One statement."""
    return session.scalars(select(AuditEntry.verb).distinct()).all()


def person_name(session: Session, person_id: int) -> str | None:
    """Return a person's name. One statement."""
    return session.scalar(select(Person.name).where(Person.id == person_id))


def _filtered(filters: Filters) -> Select[AuditEntry]:
    query = select(AuditEntry)
    if filters.verb:
        query = query.where(AuditEntry.verb == filters.verb)
    if filters.since is not None:
        query = query.where(AuditEntry.at >= filters.since)
    if filters.before is not None:
        query = query.where(AuditEntry.at < filters.before)
    if filters.person_id is not None:
        query = query.where(_touches(select(literal(filters.person_id))))
    for word in filters.who.split():
        matching = or_(
            Person.name.icontains(word, autoescape=True),
            # SQLite knows upper and lower case of Latin letters only.
            Person.name.contains(word.capitalize(), autoescape=True),
            Person.email.icontains(word, autoescape=True),
        )
        query = query.where(_touches(select(Person.id).where(matching)))
    return query


def _touches(people: Select[*tuple[Any, ...]]) -> ColumnElement[bool]:
    """Return the condition that an entry is by, about, or about something of these people."""
    about = [
        and_(AuditEntry.subject_type == kind, AuditEntry.subject_id.in_(subject.whose(people)))
        for kind, subject in subjects.known().items()
        if subject.whose is not None
    ]
    return or_(AuditEntry.actor_id.in_(people), *about)


def _earlier(entry_id: int) -> ColumnElement[bool]:
    at = _moment_of(entry_id)
    return or_(AuditEntry.at < at, and_(AuditEntry.at == at, AuditEntry.id < entry_id))


def _later(entry_id: int) -> ColumnElement[bool]:
    at = _moment_of(entry_id)
    return or_(AuditEntry.at > at, and_(AuditEntry.at == at, AuditEntry.id > entry_id))


def _moment_of(entry_id: int) -> ScalarSelect[datetime]:
    entry = aliased(AuditEntry)
    return select(entry.at).where(entry.id == entry_id).scalar_subquery()


def _with_names(session: Session, rows: Sequence[AuditEntry]) -> list[Entry]:
    wanted: dict[str, set[int]] = {"person": {row.actor_id for row in rows if row.actor_id}}
    known = subjects.known()
    for row in rows:
        if row.subject_id is not None and row.subject_type in known:
            wanted.setdefault(row.subject_type, set()).add(row.subject_id)
    names = _names(session, wanted)
    return [
        Entry(
            id=row.id,
            at=row.at,
            actor_id=row.actor_id,
            actor=names.get(("person", row.actor_id)),
            verb=row.verb,
            subject_type=row.subject_type,
            subject_id=row.subject_id,
            subject=names.get((row.subject_type, row.subject_id)),
            reason=row.reason,
            detail=row.detail,
        )
        for row in rows
    ]


def _names(session: Session, wanted: dict[str, set[int]]) -> dict[tuple[str, int | None], str]:
    parts = []
    for kind, ids in wanted.items():
        if ids:
            found = subjects.known()[kind].names(ids).subquery()
            parts.append(select(literal(kind), *found.c))
    if not parts:
        return {}
    rows = session.execute(parts[0] if len(parts) == 1 else union_all(*parts))
    return {(kind, key): name for kind, key, name in rows}
