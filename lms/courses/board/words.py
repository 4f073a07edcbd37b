"""What the board says about a row, in the page's language."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from lms.courses.board.rules import Pace, Row
from lms.courses.lessons import days

PACES = {
    Pace.BEHIND: (lazy_gettext("Behind"), "late", "alert-triangle"),
    Pace.WAITING: (lazy_gettext("Waiting for a word"), "info", "hourglass"),
    Pace.ON_TIME: (lazy_gettext("On time"), "good", "check"),
    Pace.NOT_STARTED: (lazy_gettext("Not started"), "neutral", "calendar"),
    Pace.FINISHED: (lazy_gettext("Finished"), "good", "flag"),
}
"""Label, tone and icon of each pace."""

STATES = (
    ("", lazy_gettext("Everyone")),
    (Pace.BEHIND.value, lazy_gettext("Behind")),
    (Pace.WAITING.value, lazy_gettext("With claims waiting")),
    (Pace.ON_TIME.value, lazy_gettext("On time")),
    (Pace.NOT_STARTED.value, lazy_gettext("Not started")),
    (Pace.FINISHED.value, lazy_gettext("Finished")),
)
"""What the board can be filtered by, with words."""


def where(row: Row) -> str:
    """Return where somebody is in their weeks: "Week 2, day 7 of 15"."""
    standing = row.standing
    if standing.day == 0:
        return str(_("Starts %(day)s", day=days.day(row.starts_on)))
    if standing.day > standing.last_day:
        return str(_("Their weeks are over"))
    return str(
        _(
            "Week %(week)s, day %(day)s of %(last)s",
            week=standing.week,
            day=standing.day,
            last=standing.last_day,
        )
    )


def late(row: Row) -> str:
    """Return by how many working days somebody is late, or nothing."""
    number = row.standing.late_days
    if row.pace is not Pace.BEHIND:
        return ""
    return str(ngettext("%(num)s working day late", "%(num)s working days late", number))


def waiting(row: Row) -> str:
    """Return how many claims wait, or nothing."""
    if not row.waiting:
        return ""
    return str(ngettext("%(num)s claim waiting", "%(num)s claims waiting", row.waiting))
