"""What a mail address, a name and a person's record may be. No database, no clock."""

import difflib
import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields
from datetime import date
from functools import cache, lru_cache
from zoneinfo import available_timezones

from email_validator import EmailNotValidError, validate_email

from lms.core.errors import Refused
from lms.core.permissions import Role

LANGUAGES = ("en", "zh", "ru", "he")
"""Languages that a person can have, as in `core.i18n`, which business code cannot import."""

NAME_LENGTH = 120
MOST_CATEGORIES = 2
"""Each seller is expert in two gear categories, by preference one a season."""

MOST_COACHES = 20

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell instead of showing it."""

PERSON_COLUMNS = (
    "email",
    "name",
    "language",
    "time_zone",
    "intake",
    "manager_email",
    "coach_emails",
    "site",
    "department",
    "categories",
    "roles",
    "working_languages",
    "started_on",
    "leaves_on",
)
"""A person as a row of a table, read and written alike."""


@dataclass(frozen=True)
class Profile:
    """All that an administrator or a file can say about a person, as values to compare.

    The manager and the coaches are mail addresses, because in a file they may not exist yet.
    """

    name: str
    language: str | None = None
    time_zone: str | None = None
    intake_id: int | None = None
    manager: str | None = None
    coaches: frozenset[str] = frozenset()
    site_id: int | None = None
    department_id: int | None = None
    categories: tuple[int, ...] = ()
    roles: frozenset[Role] = field(default=frozenset({Role.TRAINEE}))
    working_languages: frozenset[str] = frozenset()
    started_on: date | None = None
    leaves_on: date | None = None

    def differences(self, other: "Profile") -> tuple[str, ...]:
        """Return the names of the fields that differ."""
        return tuple(
            one.name for one in fields(self) if getattr(self, one.name) != getattr(other, one.name)
        )


def clean_email(text: str, *, demo: bool) -> str:
    """Return the address normalised and in lower case, the one way it is kept and compared.

    Refuses `email_malformed` and, outside a demo, `.test` as any name that cannot receive mail.
    Asks no name server.
    """
    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            test_environment=demo,
            allow_smtputf8=False,
        )
    except EmailNotValidError as error:
        raise Refused("email_malformed", field="email", value=shorten(text)) from error
    if found.normalized.startswith(FORMULA_STARTS):
        raise Refused("looks_like_formula", field="email", value=shorten(text))
    return found.normalized.lower()


def clean_name(text: str) -> str:
    """Return a person's name with single spaces, composed (NFC).

    Refuses `name_missing`, `name_long`, `name_unreadable` (control characters) and
    `looks_like_formula`: no name begins with = + - @, and a spreadsheet would run it.
    """
    name = unicodedata.normalize("NFC", " ".join(text.split()))
    if not name:
        raise Refused("name_missing", field="name")
    if len(name) > NAME_LENGTH:
        raise Refused("name_long", field="name", most=NAME_LENGTH)
    if name.startswith(FORMULA_STARTS):
        raise Refused("looks_like_formula", field="name", value=shorten(name))
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in name):
        raise Refused("name_unreadable", field="name")
    return name


def clean_zone(text: str) -> str:
    """Return a zone name as IANA writes it; refuses `unknown_value` with names close to it."""
    zone = text.strip().replace(" ", "_")
    known = _zones()
    found = known.get(zone.lower())
    if found is None:
        raise unknown("time_zone", text, [known[key] for key in _near_zones(zone.lower())])
    return found


def unknown(field_name: str, value: str, near: Iterable[str] = ()) -> Refused:
    """Return the refusal of a value that is not known here, with what it may have meant."""
    names = ", ".join(near)
    code = "unknown_value_near" if names else "unknown_value"
    return Refused(code, field=field_name, value=shorten(value), near=names)


def close_to(value: str, choices: Iterable[str]) -> list[str]:
    """Return at most three choices that look like the value, the closest first."""
    return difflib.get_close_matches(value, list(choices), n=3, cutoff=0.6)


def check_dates(started_on: date | None, leaves_on: date | None) -> None:
    """Refuse `leaves_before_start` when the last day lies before the first."""
    if started_on and leaves_on and leaves_on < started_on:
        raise Refused("leaves_before_start", field="leaves_on")


def check_categories(chosen: Collection[int]) -> None:
    """Refuse `too_many_categories` beyond two."""
    if len(chosen) > MOST_CATEGORIES:
        raise Refused("too_many_categories", field="categories", most=MOST_CATEGORIES)


def shorten(text: str, most: int = 60) -> str:
    """Return the text fit to be shown inside a sentence."""
    shown = " ".join(text.split())
    return shown if len(shown) <= most else shown[: most - 1] + "…"


@lru_cache(maxsize=1000)
def _near_zones(text: str) -> list[str]:
    """Return zones like a text, among those that begin alike or whose city does."""
    city = text.rpartition("/")[2]
    starts = {text[:1], city[:1]}
    return close_to(
        text, [name for name in _zones() if {name[0], name.rpartition("/")[2][0]} & starts]
    ) or [name for name in _zones() if city and name.endswith(f"/{city}")]


@cache
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if "/" in name or name == "UTC"}
