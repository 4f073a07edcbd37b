"""What would happen to each line of a sheet, against those who are known. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from lms.core.errors import Refused
from lms.core.permissions import Role
from lms.people.directory.rules import (
    Change,
    Lookups,
    Stored,
    Word,
    Words,
    check_admin_remains,
    lasts_as_admin,
)
from lms.people.importing.rules import COLUMN_OF, Line, Sheet
from lms.people.rules import Profile, check_categories, check_dates, close_to, unknown

MOST_SUGGESTIONS = 50
"""Looking for close words is slow: a file that is wrong in every line gets so many and no more."""


class Result(StrEnum):
    """What happens to a line."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"


@dataclass(frozen=True)
class RowPlan:
    """One line's result; a `change` when there is something to save, refusals when refused."""

    line: int
    email: str
    result: Result
    change: Change | None = None
    refusals: tuple[Refused, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that change."""
        return tuple(COLUMN_OF[name] for name in self.change.fields) if self.change else ()


@dataclass(frozen=True)
class Known:
    """Everyone who is there, by mail address, and the company's words."""

    people: Mapping[str, Stored]
    lookups: Lookups


def plan(
    sheet: Sheet, known: Known, *, allow_admin: bool, actor_id: int | None = None
) -> list[RowPlan]:
    """Return what each line would do, in order. Changes nothing and asks no database.

    A line is refused when its own values are, when it names a place, intake, category, manager
    or coach that is neither known nor made by another good line, or when it touches an
    administrator without `allow_admin`.
    """
    planner = _Planner(sheet, known, allow_admin, actor_id)
    return planner.plans()


def totals(plans: Sequence[RowPlan]) -> dict[str, int]:
    """Return how many lines have each result."""
    counts = Counter(row.result for row in plans)
    return {result.value: counts[result] for result in Result}


class _Planner:
    def __init__(self, sheet: Sheet, known: Known, allow_admin: bool, actor_id: int | None) -> None:
        self.sheet = sheet
        self.known = known
        self.allow_admin = allow_admin
        self.actor_id = actor_id
        self.suggestions = MOST_SUGGESTIONS
        self.found: dict[tuple[str, str], Word | Refused] = {}
        self.lasting = {one.id for one in known.people.values() if one.is_lasting_admin}
        self.new_emails = {
            line.email
            for line in sheet.lines
            if not line.refusals and line.email not in known.people
        }

    def plans(self) -> list[RowPlan]:
        planned = [self._row(line) for line in self.sheet.lines]
        return self._refuse_with_the_refused(planned)

    def _row(self, line: Line) -> RowPlan:
        refusals = list(line.refusals)
        values = self._values(line, refusals)
        if line.refusals:
            return _refused(line, refusals)
        old = self.known.people.get(line.email)
        new = self._profile(old, values, refusals)
        if not refusals:
            self._check(old, new, line, refusals)
        if refusals:
            return _refused(line, refusals)
        if old is not None and old.profile == new:
            return RowPlan(line.number, line.email, Result.SAME)
        result = Result.NEW if old is None else Result.CHANGED
        return RowPlan(line.number, line.email, result, Change(line.email, old, new))

    def _values(self, line: Line, refusals: list[Refused]) -> dict[str, Any]:
        """Return the line's values with the company's words found."""
        lookups = self.known.lookups
        single: dict[str, Words] = {
            "site_id": lookups.sites,
            "department_id": lookups.departments,
            "intake_id": lookups.intakes,
        }
        values: dict[str, Any] = dict(line.values)
        for name, text in line.values.items():
            try:
                if name in single and isinstance(text, str):
                    values[name] = self._find(single[name], text).id
                elif name == "categories" and text:
                    assert isinstance(text, list)
                    found = [self._find(lookups.categories, part).id for part in text]
                    values[name] = tuple(dict.fromkeys(found))
                    check_categories(values[name])
            except Refused as refusal:
                refusals.append(refusal)
        return values

    def _find(self, words: Words, text: str) -> Word:
        """Find a word once a plan: a file repeats the same few."""
        key = words.field, text
        if key not in self.found:
            try:
                self.found[key] = words.find(text, suggest=self._may_suggest())
            except Refused as refusal:
                self.suggestions -= 1
                self.found[key] = refusal
        found = self.found[key]
        if isinstance(found, Refused):
            raise found
        return found

    def _profile(
        self, old: Stored | None, values: dict[str, Any], refusals: list[Refused]
    ) -> Profile:
        if old is not None:
            return replace(old.profile, **values)
        if "name" not in values:
            refusals.append(Refused("name_missing", field="name"))
            return Profile(name="", **values)
        # Whoever starts with an intake works where it is, unless the file says otherwise.
        intake = self.known.lookups.intakes.by_id.get(values.get("intake_id"))  # type: ignore[arg-type]
        if intake is not None:
            values.setdefault("site_id", intake.site_id)
        return Profile(**values)

    def _check(self, old: Stored | None, new: Profile, line: Line, refusals: list[Refused]) -> None:
        for check in (
            lambda: check_dates(new.started_on, new.leaves_on),
            lambda: self._check_manager(old, new, line),
            lambda: self._check_coaches(old, new, line),
            lambda: self._check_admin(old, new),
        ):
            _collect(check, refusals)

    def _check_manager(self, old: Stored | None, new: Profile, line: Line) -> None:
        if new.manager and not (old and old.profile.manager == new.manager):
            self._check_other("manager_email", new.manager, line)

    def _check_coaches(self, old: Stored | None, new: Profile, line: Line) -> None:
        before = old.profile.coaches if old else frozenset()
        for email in sorted(new.coaches - before):
            self._check_other("coach_emails", email, line)

    def _check_other(self, column: str, email: str, line: Line) -> None:
        if email == line.email:
            raise Refused("import_own_other", field=column)
        other = self.known.people.get(email)
        if other is not None and other.ended:
            raise Refused("import_other_ended", field=column, value=email)
        if other is None and email not in self.new_emails:
            raise unknown(column, email, self._near_email(email))

    def _near_email(self, email: str) -> list[str]:
        if not self._may_suggest():
            return []
        self.suggestions -= 1
        pool = {*self.known.people, *self.new_emails}
        return close_to(email, [one for one in pool if one[:1] == email[:1]])

    def _may_suggest(self) -> bool:
        return self.suggestions > 0

    def _check_admin(self, old: Stored | None, new: Profile) -> None:
        was = old is not None and Role.ADMIN in old.profile.roles
        is_one = Role.ADMIN in new.roles
        ends = was and old is not None and old.profile.leaves_on != new.leaves_on
        if (was != is_one or ends) and not self.allow_admin:
            raise Refused("admin_not_allowed", field="leaves_on" if was == is_one else "roles")
        if old is None:
            return
        if was and not is_one and old.id == self.actor_id:
            raise Refused("own_admin_role", field="roles")
        check_admin_remains(self.lasting, old, new, ended=old.ended)
        if was and not lasts_as_admin(new, ended=old.ended):
            self.lasting.discard(old.id)

    def _refuse_with_the_refused(self, planned: list[RowPlan]) -> list[RowPlan]:
        """Refuse lines whose manager or coach is a new person of a refused line, and so on."""
        while True:
            made = {row.email for row in planned if row.result is Result.NEW}
            lost = self.new_emails - made
            if not lost:
                return planned
            self.new_emails = made
            planned = [_without(row, lost) for row in planned]


def _without(row: RowPlan, lost: set[str]) -> RowPlan:
    if row.change is None:
        return row
    refusals = []
    if row.change.new.manager in lost:
        refusals.append(
            Refused("import_other_refused", field="manager_email", value=row.change.new.manager)
        )
    refusals += [
        Refused("import_other_refused", field="coach_emails", value=email)
        for email in sorted(row.change.new.coaches & lost)
    ]
    if not refusals:
        return row
    return RowPlan(row.line, row.email, Result.REFUSED, refusals=tuple(refusals))


def _refused(line: Line, refusals: Sequence[Refused]) -> RowPlan:
    return RowPlan(line.number, line.email, Result.REFUSED, refusals=tuple(refusals))


def _collect(check: Callable[[], None], refusals: list[Refused]) -> None:
    try:
        check()
    except Refused as refusal:
        refusals.append(refusal)
