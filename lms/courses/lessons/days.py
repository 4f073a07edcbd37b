"""Days and times as readers of the page's language write them."""

from collections.abc import Sequence
from datetime import date, datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time, get_timezone_location
from babel.lists import format_list
from flask_babel import get_locale

from lms.core.i18n import gettext as _


def page_language() -> str:
    """Return the code of the language that the page is in."""
    return _locale().language


def day(on: date) -> str:
    """Return a day without its year: "Tue, 3 Mar"."""
    return _written(on, str(_locale()))


def clock(at: datetime, zone: str) -> str:
    """Return the wall-clock time that a moment has in a zone."""
    return str(format_time(at.astimezone(ZoneInfo(zone)), "short", locale=_locale()))


def day_of(at: datetime, zone: str) -> str:
    """Return the day that a moment has in a zone."""
    return day(at.astimezone(ZoneInfo(zone)).date())


def moment(at: datetime, zone: str) -> str:
    """Return a moment in a zone: "Tue, 3 Mar, 10:00"."""
    return _("%(day)s, %(time)s", day=day_of(at, zone), time=clock(at, zone))


def differs(at: datetime, zone: str, other: str) -> bool:
    """Whether clocks in two zones show different times at a moment."""
    return at.astimezone(ZoneInfo(zone)).utcoffset() != at.astimezone(ZoneInfo(other)).utcoffset()


def city(zone: str) -> str:
    """Return the place that a zone is named after, in the page's language."""
    return str(get_timezone_location(zone, locale=_locale(), return_city=True))


def either(names: Sequence[str]) -> str:
    """Return names as alternatives: "Ravi or Tomas". Each stays whole among other scripts."""
    whole = [f"\u2068{name}\u2069" for name in names]
    return str(format_list(whole, style="or", locale=_locale()))


@lru_cache(maxsize=4096)
def _written(on: date, locale: str) -> str:
    return str(format_skeleton("MMMEd", datetime.combine(on, time()), locale=locale))


def _locale() -> Locale:
    found = get_locale()
    return found if found is not None else Locale("en", "GB")
