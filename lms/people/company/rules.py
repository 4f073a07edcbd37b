"""What a company's settings may be, and how pasted holidays are read. No database, no clock."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from lms.core.errors import Refused
from lms.people.rules import clean_zone, shorten

NAME_LENGTH = 120
SLUG_LENGTH = 60
LONGEST_HOLIDAY = 60
"""Days that one range of holidays may span."""
MOST_LINES = 400
"""Holidays that can be pasted at once."""
DIGEST_HOUR = 7
INVITATION_DAYS = 14
SEASONS = ("summer", "winter", "all")

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LINE = re.compile(r"(\d{4}-\d{2}-\d{2})[\s,;]+(.+)")


@dataclass(frozen=True)
class Settings:
    """The company's choices that have a number."""

    digest_hour: int = DIGEST_HOUR
    """Hour of the day, in the reader's zone, at which the daily mail may go out."""
    invitation_days: int = INVITATION_DAYS
    """How long an invitation link works."""


@dataclass(frozen=True)
class CompanyPlan:
    """What an administrator says of the company."""

    name: str
    language: str
    time_zone: str
    settings: Settings


@dataclass(frozen=True)
class SitePlan:
    """What an administrator says of a site. `working_weekdays` holds 0 for Monday to 6."""

    name: str
    slug: str
    time_zone: str
    week_starts_on: int
    working_weekdays: tuple[int, ...]


def read_settings(stored: Mapping[str, Any]) -> Settings:
    """Return the settings as stored; what is missing or out of range has its usual value."""
    hour, days = stored.get("digest_hour"), stored.get("invitation_days")
    return Settings(
        digest_hour=hour if isinstance(hour, int) and 0 <= hour <= 23 else DIGEST_HOUR,
        invitation_days=days if isinstance(days, int) and 1 <= days <= 90 else INVITATION_DAYS,
    )


def clean_title(text: str, field: str = "name") -> str:
    """Return a name of the company, a place or a label; refuses an empty or too long one."""
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise Refused("title_missing", field=field)
    if len(name) > NAME_LENGTH:
        raise Refused("title_long", field=field, most=NAME_LENGTH)
    return name


def clean_slug(text: str, name: str, otherwise: str) -> str:
    """Return the short name that files and addresses use: as typed, else made from the name.

    Refuses `slug_malformed`. A name without Latin letters or digits gives `otherwise`.
    """
    typed = text.strip().lower()
    if not typed:
        return slug_of(name) or otherwise
    if len(typed) > SLUG_LENGTH or not _SLUG.fullmatch(typed):
        raise Refused("slug_malformed", field="slug")
    return typed


def slug_of(name: str) -> str:
    """Return a name in small Latin letters, digits and hyphens; empty when nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-")


def check_site(plan: SitePlan) -> SitePlan:
    """Return the plan with clean values; refuses a week without a working day."""
    days = tuple(sorted(set(plan.working_weekdays)))
    if not days:
        raise Refused("no_working_day", field="working_weekdays")
    name = clean_title(plan.name)
    return SitePlan(
        name=name,
        slug=clean_slug(plan.slug, name, "site"),
        time_zone=clean_zone(plan.time_zone),
        week_starts_on=plan.week_starts_on,
        working_weekdays=days,
    )


def weekday_digits(days: Sequence[int]) -> str:
    """Return weekdays as they are stored."""
    return "".join(str(day) for day in sorted(set(days)))


def holiday_range(first: date, last: date | None, name: str) -> list[tuple[date, str]]:
    """Return each day from the first to the last (or only the first) with its name.

    Refuses a last day before the first and a range that is too long.
    """
    last = last or first
    name = clean_title(name)
    if last < first:
        raise Refused("range_backwards", field="until")
    if (last - first).days >= LONGEST_HOLIDAY:
        raise Refused("range_long", field="until", most=LONGEST_HOLIDAY)
    return [(first + timedelta(days=n), name) for n in range((last - first).days + 1)]


def read_holidays(text: str) -> list[tuple[date, str]]:
    """Read lines of a date and a name; blank lines do not count.

    Refuses the first line that has not that shape, with its number, an empty text and more
    lines than `MOST_LINES`. The same date twice: the later name holds.
    """
    found: dict[date, str] = {}
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        raise Refused("holidays_empty", field="lines")
    if len(lines) > MOST_LINES:
        raise Refused("holidays_many", field="lines", most=MOST_LINES)
    for number, line in lines:
        shape = _LINE.fullmatch(line)
        try:
            on_date = date.fromisoformat(shape[1]) if shape else None
        except ValueError:
            on_date = None
        if shape is None or on_date is None:
            raise Refused("holiday_line", field="lines", line=number, text=shorten(line, 40))
        found[on_date] = clean_title(shape[2], "lines")
    return sorted(found.items())


def stamp(values: Mapping[str, object]) -> str:
    """Return what a form carries, so that a later save can tell what changed meanwhile."""
    return ",".join(f"{key}:{_digest(value)}" for key, value in values.items())


def check_stamp(seen: str, values: Mapping[str, object]) -> None:
    """Refuse `settings_changed`, with the names of the values that are not as the form saw them."""
    before = dict(part.split(":", 1) for part in seen.split(",") if ":" in part)
    changed = [key for key, value in values.items() if before.get(key) != _digest(value)]
    if changed:
        raise Refused("settings_changed", fields=changed)


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:12]
