"""How Today, search and the calendar write days and times, in the language of the request."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask_babel import get_locale

from lms.core.i18n import gettext as _
from lms.core.worktime import local_date
from lms.courses.lessons.days import city, clock, day, differs, page_language

__all__ = ["city", "clock", "day", "differs", "page_language"]

END_OF_DAY = time(23, 59)

_LONG_DAY = {"ru": "EEEE, d MMMM", "zh": "M月d日EEEE", "he": "EEEE, d בMMMM"}
"""Where the language puts them differently from English."""


def long_day(on: date) -> str:
    """Return a day written out, such as "Monday 2 March"."""
    pattern = _LONG_DAY.get(page_language(), "EEEE d MMMM")
    return str(format_date(on, pattern, locale=get_locale()))


def near_day(on: date, today: date) -> str:
    """Return today, tomorrow or yesterday as such, any other day with its weekday."""
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    return near.get((on - today).days) or day(on)


def hour(at: datetime, zone: str) -> int:
    """Return the hour of the wall clock in a zone."""
    return at.astimezone(ZoneInfo(zone)).hour


def day_and_clock(at: datetime, zone: str, today: date) -> str:
    """Return when something takes place, as seen from today: "tomorrow, 10:00"."""
    return _("%(day)s, %(time)s", day=near_day(local_date(at, zone), today), time=clock(at, zone))


def elsewhere(at: datetime, zone: str, *, seen_from: str) -> str:
    """Return the time at the place itself when its clock differs from the reader's, else ""."""
    if not differs(at, zone, seen_from):
        return ""
    return _("%(time)s in %(place)s", time=clock(at, zone), place=city(zone))


def ends_its_day(at: datetime, zone: str) -> bool:
    """Whether a moment is the last minute of its day there: then the day alone says it."""
    local = at.astimezone(ZoneInfo(zone))
    return (local.hour, local.minute) == (END_OF_DAY.hour, END_OF_DAY.minute)


def capital(text: str) -> str:
    """Return the text with a capital first letter, for where it stands alone."""
    return text[:1].upper() + text[1:]


def shorten(text: str, most: int = 160) -> str:
    """Return the text on one line, cut at a word when it is long."""
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"
