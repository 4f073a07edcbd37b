"""What entries are about: tables by name, with the names of their rows and whose they are."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from lms.people.models import Category, Company, Department, Intake, Person, Site

Names = Callable[[Collection[int]], Select[*tuple[Any, ...]]]
"""Selects id and name of the rows with these ids."""


@dataclass(frozen=True)
class Subject:
    """One kind of subject. `whose` selects the ids of those that belong to the given people."""

    names: Names
    whose: Callable[[Select[*tuple[Any, ...]]], Select[*tuple[Any, ...]]] | None = None


def _named(
    key: InstrumentedAttribute[int], name: InstrumentedAttribute[str]
) -> Callable[[Collection[int]], Select[*tuple[Any, ...]]]:
    return lambda ids: select(key, name).where(key.in_(ids))


_SUBJECTS: dict[str, Subject] = {
    "person": Subject(_named(Person.id, Person.name), whose=lambda people: people),
    "intake": Subject(_named(Intake.id, Intake.name)),
    "company": Subject(_named(Company.id, Company.name)),
    "site": Subject(_named(Site.id, Site.name)),
    "department": Subject(_named(Department.id, Department.name)),
    "category": Subject(_named(Category.id, Category.name)),
}


def add(subject_type: str, subject: Subject) -> None:
    """Add a kind of subject of another part, by the name of its table."""
    _SUBJECTS[subject_type] = subject


def known() -> dict[str, Subject]:
    """Return all kinds of subjects whose rows have names."""
    return dict(_SUBJECTS)
