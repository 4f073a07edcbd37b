"""An entry's detail in words: labels for its keys, values as people write them."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from lms.people.directory.words import FIELDS

LONGEST_LIST = 12
"""So many values are written out; further ones are counted."""

SUBJECT_NAMES: dict[str, Any] = {
    "person": _("Person"),
    "intake": _("Intake"),
    "company": _("Company"),
    "site": _("Site"),
    "department": _("Department"),
    "category": _("Gear category"),
    "outbox": _("Outgoing work"),
    "course": _("Course"),
    "assignment": _("Track of a person"),
}

_LABELS: dict[str, Any] = {
    **FIELDS,
    "slug": _("Short name"),
    "season": _("Season"),
    "week_starts_on": _("Week begins on"),
    "working_weekdays": _("Working days"),
    "digest_hour": _("Daily mail at"),
    "invitation_days": _("Days an invitation works"),
    "days": _("Days"),
    "on_date": _("Date"),
    "rows": _("Rows"),
    "people": _("People"),
    "starts_on": _("Start"),
    "track": _("Track"),
    "by": _("By"),
    "via": _("By way of"),
    "fields": _("Fields"),
    "came_from": _("Came from"),
    "person": _("Person"),
    "intake": _("Intake"),
    "last_day": _("Last day"),
    "ended": _("Sign-ins ended"),
    "version": _("Version"),
    "reason": _("Why"),
}


def subject_name(subject_type: str) -> str:
    """Return the kind of a subject in words."""
    return str(SUBJECT_NAMES.get(subject_type, subject_type.replace("_", " ")))


def lines(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return an entry's detail as labels and texts; what changed comes as old → new."""
    found: list[tuple[str, str]] = []
    for key, value in detail.items():
        if key == "changed" and isinstance(value, dict):
            found += [(_label(name), _pair(pair)) for name, pair in value.items()]
        elif key == "fields" and isinstance(value, list):
            found.append((_label(key), _listed([_label(str(name)) for name in value])))
        else:
            found.append((_label(key), _text(value)))
    return found


def _label(key: str) -> str:
    return str(_LABELS.get(key, key.replace("_", " ").capitalize()))


def _pair(value: Any) -> str:
    if isinstance(value, list) and len(value) == 2:
        return f"{_apart(_text(value[0]))} → {_apart(_text(value[1]))}"
    return _text(value)


def _text(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    if isinstance(value, dict):
        if value.keys() == {"from", "to"}:
            return _pair([value["from"], value["to"]])
        return _listed(
            [f"{_label(str(key))}: {_apart(_text(part))}" for key, part in value.items()]
        )
    if isinstance(value, list):
        return _listed([_apart(_text(part)) for part in value])
    return str(value)


def _apart(text: str) -> str:
    """Return the text marked so that Hebrew beside a date does not reorder the line."""
    return f"\u2068{text}\u2069"


def _listed(parts: list[str]) -> str:
    if not parts:
        return "–"
    shown = ", ".join(parts[:LONGEST_LIST])
    further = len(parts) - LONGEST_LIST
    if further <= 0:
        return shown
    return str(gettext("%(shown)s and %(further)s more", shown=shown, further=further))
