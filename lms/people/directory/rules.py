"""Records to compare, the words a company has for places, and who must remain."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, fields
from datetime import date, time

from lms.core.errors import Refused
from lms.core.permissions import Role
from lms.people.rules import Profile, close_to, unknown


@dataclass(frozen=True)
class Stored:
    """A person as the database has them."""

    id: int
    email: str
    profile: Profile
    ended: bool
    """Deactivated, or the last day is over."""
    has_password: bool

    @property
    def is_lasting_admin(self) -> bool:
        """Whether this administrator can enter and stays: one such must remain."""
        return self.has_password and lasts_as_admin(self.profile, ended=self.ended)


@dataclass(frozen=True)
class Change:
    """A person to be made (no `old`) or changed."""

    email: str
    old: Stored | None
    new: Profile

    @property
    def fields(self) -> tuple[str, ...]:
        """Return the names of the fields that change; all that are set for a new person."""
        if self.old is None:
            blank = Profile(name="", roles=frozenset())
            return self.new.differences(blank)
        return self.new.differences(self.old.profile)


@dataclass(frozen=True)
class Word:
    """One site, department, category or intake, as files and forms name it."""

    id: int
    slug: str
    name: str
    zone: str | None = None
    site_id: int | None = None
    """The site of an intake."""
    season: str | None = None


class Words:
    """The company's sites (or departments, categories, intakes), found by slug or name."""

    def __init__(self, field_name: str, words: Iterable[Word]) -> None:
        self.field = field_name
        self.all = tuple(words)
        self.by_id = {word.id: word for word in self.all}
        self._by_slug = {word.slug.casefold(): word for word in self.all}
        self._by_name: dict[str, list[Word]] = {}
        for word in self.all:
            self._by_name.setdefault(word.name.casefold(), []).append(word)

    def find(self, text: str, *, suggest: bool = True) -> Word:
        """Return the one that is meant; refuse an unknown one with those close to it."""
        key = text.strip().casefold()
        found = self._by_slug.get(key)
        if found is not None:
            return found
        named = self._by_name.get(key, [])
        if len(named) > 1:
            slugs = ", ".join(word.slug for word in named)
            raise Refused("ambiguous_value", field=self.field, value=text, slugs=slugs)
        if named:
            return named[0]
        near = close_to(key, [*self._by_name, *self._by_slug]) if suggest else []
        names = dict.fromkeys(
            (self._by_slug.get(word) or self._by_name[word][0]).name for word in near
        )
        raise unknown(self.field, text, names)


@dataclass(frozen=True)
class Lookups:
    """All the words of a company that a record can use."""

    sites: Words
    departments: Words
    categories: Words
    intakes: Words


def lasts_as_admin(profile: Profile, *, ended: bool) -> bool:
    """Whether somebody with this record is an administrator who is in and stays."""
    return Role.ADMIN in profile.roles and not ended and profile.leaves_on is None


def check_admin_remains(
    lasting: Set[int], person: Stored, new: Profile | None, *, ended: bool = False
) -> None:
    """Refuse `last_admin` when this change (None: leaving) would end the last lasting one."""
    stays = new is not None and lasts_as_admin(new, ended=ended)
    if person.is_lasting_admin and not stays and not (lasting - {person.id}):
        raise Refused("last_admin", field="roles")


@dataclass(frozen=True)
class ShiftPlan:
    """When a person works: weekday (0 = Monday), from, to; and dates that differ.

    A date without times is a day off.
    """

    weekly: tuple[tuple[int, time, time], ...]
    differing: tuple[tuple[date, time | None, time | None], ...]


def check_shifts(plan: ShiftPlan) -> None:
    """Refuse two shifts of a day that begin together, and a date that differs twice."""
    if len({(day, start) for day, start, _end in plan.weekly}) < len(plan.weekly):
        raise Refused("shift_twice", field="weekly")
    if len({on for on, _start, _end in plan.differing}) < len(plan.differing):
        raise Refused("exception_twice", field="differing")


def stamp(person: Stored) -> str:
    """Return what a form carries so that a later save can tell which fields changed meanwhile."""
    parts = {"email": person.email} | {
        one.name: _plain(getattr(person.profile, one.name)) for one in fields(person.profile)
    }
    return ",".join(f"{name}:{_short_hash(value)}" for name, value in parts.items())


def changed_since(seen: str, person: Stored) -> tuple[str, ...]:
    """Return the fields that are not as a form's stamp saw them; all when it is unreadable."""
    before = dict(part.split(":", 1) for part in seen.split(",") if ":" in part)
    now: Mapping[str, str] = dict(part.split(":", 1) for part in stamp(person).split(","))
    return tuple(name for name, value in now.items() if before.get(name) != value)


def _plain(value: object) -> str:
    return repr(sorted(map(str, value))) if isinstance(value, frozenset) else repr(value)


def _short_hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]
