"""People as rows of a table: the columns of an import, and their state."""

from collections.abc import Iterator, Mapping

from lms.core.tables_out import Cell
from lms.people.directory.rules import Lookups, Stored, Words
from lms.people.rules import PERSON_COLUMNS

COLUMNS = (*PERSON_COLUMNS, "state")
"""An import understands all but the last, which it leaves alone."""


def export_rows(
    people: Mapping[int, Stored], states: Mapping[int, str], lookups: Lookups
) -> Iterator[list[Cell]]:
    """Yield a row for each person with a state, in that order. Places stand as their slugs."""
    for person_id, state in states.items():
        person = people[person_id]
        profile = person.profile
        yield [
            person.email,
            profile.name,
            profile.language,
            profile.time_zone,
            _slug(lookups.intakes, profile.intake_id),
            profile.manager,
            "|".join(sorted(profile.coaches)),
            _slug(lookups.sites, profile.site_id),
            _slug(lookups.departments, profile.department_id),
            "|".join(_slug(lookups.categories, one) or "" for one in profile.categories),
            "|".join(sorted(role.value for role in profile.roles)),
            "|".join(sorted(profile.working_languages)),
            profile.started_on,
            profile.leaves_on,
            state,
        ]


def _slug(words: Words, id_: int | None) -> str | None:
    word = words.by_id.get(id_) if id_ is not None else None
    return word.slug if word else None
