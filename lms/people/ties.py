"""Who stands beside whom: coaches and managers as of now."""

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from lms.people.models import Coaching, Person, Reporting


@dataclass(frozen=True)
class Other:
    """Somebody at the other end of a tie."""

    id: int
    name: str
    email: str


@dataclass(frozen=True)
class Ties:
    """The people beside one person, coaches by name."""

    coaches: tuple[Other, ...] = field(default=())
    manager: Other | None = None

    @property
    def coach_ids(self) -> frozenset[int]:
        """Return the coaches' ids."""
        return frozenset(coach.id for coach in self.coaches)

    @property
    def manager_id(self) -> int | None:
        """Return the manager's id, or None."""
        return self.manager.id if self.manager else None


def ties(session: Session, person_ids: Collection[int]) -> dict[int, Ties]:
    """Return the ties of each of these people; everyone asked for is in it. One statement."""
    coaching = (
        select(
            literal("coach").label("kind"),
            Coaching.person_id,
            Person.id,
            Person.name,
            Person.email,
        )
        .join(Person, Person.id == Coaching.coach_id)
        .where(Coaching.person_id.in_(person_ids), Coaching.until_at.is_(None))
    )
    reporting = (
        select(
            literal("manager").label("kind"),
            Reporting.person_id,
            Person.id,
            Person.name,
            Person.email,
        )
        .join(Person, Person.id == Reporting.manager_id)
        .where(Reporting.person_id.in_(person_ids), Reporting.until_at.is_(None))
    )
    coaches: dict[int, list[Other]] = {}
    managers: dict[int, Other] = {}
    for row in session.execute(union_all(coaching, reporting)):
        other = Other(row.id, row.name, row.email)
        if row.kind == "coach":
            coaches.setdefault(row.person_id, []).append(other)
        else:
            managers[row.person_id] = other
    return {
        person_id: Ties(
            coaches=tuple(sorted(coaches.get(person_id, ()), key=lambda coach: coach.name)),
            manager=managers.get(person_id),
        )
        for person_id in person_ids
    }
