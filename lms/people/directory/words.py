"""Sentences and names of the directory and of importing, translated when they are shown."""

from typing import Any

from flask_babel import lazy_gettext as _

from lms.core import refusals

FIELDS: dict[str, Any] = {
    "email": _("E-mail"),
    "name": _("Name"),
    "language": _("Language"),
    "time_zone": _("Time zone"),
    "intake_id": _("Intake"),
    "manager": _("Manager"),
    "coaches": _("Coaches"),
    "site_id": _("Site"),
    "department_id": _("Department"),
    "categories": _("Gear categories"),
    "roles": _("Roles"),
    "working_languages": _("Working languages"),
    "started_on": _("First day"),
    "leaves_on": _("Last day"),
}
"""The fields of a record, as forms and messages call them."""

STATES: dict[str, Any] = {
    "in": _("Active"),
    "invited": _("Invited"),
    "never_in": _("Never in"),
    "ended": _("Deactivated"),
}

WEEKDAYS: tuple[Any, ...] = (
    _("Monday"),
    _("Tuesday"),
    _("Wednesday"),
    _("Thursday"),
    _("Friday"),
    _("Saturday"),
    _("Sunday"),
)

refusals.add(
    {
        "email_malformed": _("“%(value)s” is not a mail address that can receive mail."),
        "email_missing": _("The mail address is missing."),
        "email_taken": _("Somebody else has this mail address."),
        "name_missing": _("The name is missing."),
        "name_long": _("Use at most %(most)s letters."),
        "name_unreadable": _("The name has signs that cannot be shown."),
        "looks_like_formula": _(
            "“%(value)s” begins like a formula (= + - @), which a spreadsheet would run."
        ),
        "unknown_value": _("“%(value)s” is not known here."),
        "unknown_value_near": _("“%(value)s” is not known here. Close to it: %(near)s."),
        "ambiguous_value": _("“%(value)s” is the name of several. Use one of: %(slugs)s."),
        "date_malformed": _("“%(value)s” is not a date like 2026-03-31."),
        "leaves_before_start": _("The last day lies before the first."),
        "too_many_categories": _("At most %(most)s gear categories."),
        "too_many_coaches": _("At most %(most)s coaches."),
        "own_manager": _("Nobody is their own manager or coach."),
        "last_admin": _("One administrator who can sign in and stays must remain."),
        "own_admin_role": _("You cannot take the administrator role from yourself."),
        "own_access": _("You cannot end your own access."),
        "already_ended": _("This person is deactivated already."),
        "not_ended": _("This person is active already."),
        "access_reason_missing": _("Say why, in a few words."),
        "leaves_in_past": _("This day is over. Deactivate at once instead."),
        "stale_record": _("Somebody changed this record meanwhile."),
        "shift_twice": _("Two shifts of a day begin at the same time."),
        "exception_twice": _("A date can differ only once."),
        "import_no_file": _("Choose a file first."),
        "import_columns_missing": _("These columns are missing: %(columns)s."),
        "import_twice": _("The same mail address stands on line %(line)s already."),
        "import_own_other": _("Nobody is their own manager or coach."),
        "import_other_ended": _("%(value)s is deactivated."),
        "import_other_refused": _("%(value)s stands on a line that was refused."),
        "admin_not_allowed": _("Administrators are made or changed only when that is allowed."),
        "invite_in_past": _("This day is over."),
    }
)
