"""Verbs of the trail in words. Each part adds its own through `add`, from its views module.

A test walks the source and fails when an entry is recorded whose verb has no words.
"""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _

_WORDS: dict[str, Any] = {
    # access
    "invite": _("Sent an invitation"),
    "choose_password": _("Chose a password"),
    "change_password": _("Changed their password"),
    "edit_profile": _("Changed their profile"),
    # people
    "create_person": _("Made a person"),
    "change_person": _("Changed a person"),
    "import_people": _("Imported people"),
    "deactivate_person": _("Closed an account"),
    "set_last_day": _("Set a last day"),
    "reactivate_person": _("Opened an account again"),
    "end_sessions": _("Signed somebody out everywhere"),
    "set_shifts": _("Changed shifts"),
    "change_email": _("Changed a mail address"),
    "begin_company": _("Began the company"),
    # company
    "save_company": _("Changed the company"),
    "set_logo": _("Changed the logo"),
    "remove_logo": _("Removed the logo"),
    "add_site": _("Added a site"),
    "change_site": _("Changed a site"),
    "delete_site": _("Deleted a site"),
    "add_holidays": _("Wrote down days off"),
    "remove_holiday": _("Deleted a day off"),
    "add_label": _("Added"),
    "change_label": _("Renamed"),
    "delete_label": _("Deleted"),
    "send_test_mail": _("Sent a test mail"),
    "retry_outbox": _("Tried dead work again"),
    # intakes
    "create_intake": _("Made an intake"),
    "edit_intake": _("Changed an intake"),
    "move_start": _("Moved an intake's start"),
    "join_intake": _("Put into an intake"),
    "leave_intake": _("Took out of an intake"),
    "print_slip": _("Printed a sign-in slip"),
}


def add(words: Mapping[str, Any]) -> None:
    """Add a part's verbs; raise ValueError when a verb has other words already."""
    taken = {verb for verb in _WORDS.keys() & words.keys() if _WORDS[verb] is not words[verb]}
    if taken:
        raise ValueError(f"verbs taken: {sorted(taken)}")
    _WORDS.update(words)


def words(verb: str) -> str:
    """Return a verb in the reader's language; one without words is shown by its name."""
    return str(_WORDS.get(verb, verb.replace("_", " ")))


def known() -> frozenset[str]:
    """Return all verbs that have words."""
    return frozenset(_WORDS)
