"""Words of the settings pages: weekdays, what the worker does, refusals."""

from typing import Literal

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import lazy_gettext as _

WORK_NAMES = {
    "invitation": _("Invitation"),
    "password_reset": _("Link to a new password"),
    "urgent_notice": _("Urgent notice"),
    "digest": _("Daily mail"),
    "test_mail": _("Test mail"),
}
"""What the kinds of outbox rows are, for people."""

REFUSALS = {
    "title_missing": _("Give it a name."),
    "title_long": _("Use at most %(most)s characters."),
    "slug_malformed": _(
        "Use small Latin letters, digits and single hyphens, as in harbour-street; at most 60."
    ),
    "slug_taken": _("Something else has this short name already. Choose another."),
    "settings_changed": _(
        "Somebody changed this while you had the form open: %(fields)s. What you typed is still "
        "here; look at it again, then save once more."
    ),
    "no_working_day": _("Tick at least one working day."),
    "site_in_use": _(
        "This site is in use: %(people)s people and %(intakes)s intakes. Move them first."
    ),
    "label_in_use": _("%(people)s people have this. Take it from them first, or rename it."),
    "in_use": _("Something still refers to this, so it stays."),
    "season_unknown": _("Choose a season."),
    "range_backwards": _("The last day lies before the first."),
    "range_long": _("A range spans at most %(most)s days."),
    "holidays_empty": _("Paste at least one line."),
    "holidays_many": _("At most %(most)s lines at once."),
    "holiday_line": _("Line %(line)s is not a date and a name: “%(text)s”."),
}


def weekday_names(width: Literal["wide", "abbreviated", "short"] = "wide") -> list[str]:
    """Return the names of the weekdays, Monday first, in the page's language."""
    names = get_day_names(width, "stand-alone", locale=get_locale())
    return [str(names[day]) for day in range(7)]


def weekday_list(days: tuple[int, ...], first: int) -> str:
    """Return weekdays as short names in the order of a week that begins on `first`."""
    # Hebrew's middle width repeats the word for day seven times.
    names = weekday_names("short" if get_locale().language == "he" else "abbreviated")
    return " ".join(names[day] for day in sorted(days, key=lambda day: (day - first) % 7))
