"""What exceptions and sessions say, in the page's language."""

from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from lms.core.permissions import Role
from lms.core.worktime import moment
from lms.courses.dates.queries import ExceptionRow
from lms.courses.dates.rules import Doubt
from lms.courses.dates.sessions import SessionRow
from lms.courses.lessons import days
from lms.courses.outline import Outline
from lms.courses.schedule import DAY_ENDS

REFUSALS = {
    "host_unknown": lazy_gettext("Choose somebody who is still here."),
    "not_a_session": lazy_gettext("Only sessions have a time and a place."),
    "pause_range": lazy_gettext("A pause needs a first and a last day, at most %(most)s days."),
    "place_long": lazy_gettext("At most %(most)s characters fit here."),
    "place_missing": lazy_gettext("Say where it takes place, or give a link."),
    "reason_long": lazy_gettext("At most %(most)s characters fit here."),
    "reason_missing": lazy_gettext("Say why, so that others understand it later."),
    "session_changed": lazy_gettext("Somebody else changed this meanwhile. Look at it again."),
    "set_date_missing": lazy_gettext("Choose the day."),
    "shift_range": lazy_gettext(
        "Give a number of working days from 1 to %(most)s, with a minus for earlier."
    ),
    "start_range": lazy_gettext("Choose a day within a year from now."),
    "step_missing": lazy_gettext("Choose one step."),
    "zone_unknown": lazy_gettext("This is not a time zone. Write it as in Europe/Berlin."),
}

NOTICES = {
    "session_moved": lazy_gettext("“%(step)s” takes place on %(starts_at)s: %(place)s"),
}

KINDS: dict[str, tuple[Any, Any, str, Any]] = {
    "shift": (
        lazy_gettext("Shift"),
        lazy_gettext("Shift dates"),
        "calendar-event",
        lazy_gettext("All dates, or those of one step, move by working days."),
    ),
    "pause": (
        lazy_gettext("Pause"),
        lazy_gettext("Pause"),
        "player-pause",
        lazy_gettext("The days of the pause do not count; everything after them moves."),
    ),
    "unlock": (
        lazy_gettext("Unlock"),
        lazy_gettext("Unlock early"),
        "lock-open",
        lazy_gettext("A step, or all of them, can be done before its week opens."),
    ),
    "waive": (
        lazy_gettext("Waive"),
        lazy_gettext("Waive a step"),
        "ban",
        lazy_gettext("The step is not asked for, and progress no longer counts it."),
    ),
    "set": (
        lazy_gettext("Set a date"),
        lazy_gettext("Set a date"),
        "calendar-plus",
        lazy_gettext("One step is due on a day of its own, whatever else moves."),
    ),
}
"""By kind of exception: button, title, icon, what it does."""

_HOSTS = {
    Role.COACH: lazy_gettext("a coach"),
    Role.MENTOR: lazy_gettext("a mentor"),
    Role.TRAINER: lazy_gettext("a trainer"),
    Role.MANAGER: lazy_gettext("a manager"),
}


def effect(row: ExceptionRow) -> str:
    """Return what an exception does, in a few words."""
    if row.kind == "shift":
        number = row.days or 0
        if number < 0:
            return str(
                ngettext("%(num)s working day earlier", "%(num)s working days earlier", -number)
            )
        return str(ngettext("%(num)s working day later", "%(num)s working days later", number))
    if row.kind == "pause" and row.from_on and row.until_on:
        if row.from_on == row.until_on:
            return str(_("Paused on %(day)s", day=days.day(row.from_on)))
        return str(
            _(
                "Paused from %(first)s to %(last)s",
                first=days.day(row.from_on),
                last=days.day(row.until_on),
            )
        )
    if row.kind == "set" and row.on_date:
        if row.at_time is None:
            return str(_("Due on %(day)s", day=days.day(row.on_date)))
        at = days.clock(moment(row.on_date, row.at_time, "UTC"), "UTC")
        return str(_("Due on %(day)s at %(time)s", day=days.day(row.on_date), time=at))
    return str(_("Open at once") if row.kind == "unlock" else _("Not asked for"))


def step_title(row: ExceptionRow, outline: Outline) -> str:
    """Return which step an exception is about."""
    if row.step_id is None:
        return str(_("All steps"))
    step = outline.step(row.step_id)
    return step.title if step is not None else str(_("A step of another version"))


def when(at: datetime | None, zone: str) -> str:
    """Return a due date as lists show it; the end of a day goes without its time."""
    if at is None:
        return str(_("once another step is done"))
    ends = days.clock(moment(at.date(), DAY_ENDS, "UTC"), "UTC")
    if days.clock(at, zone) == ends:
        return days.day_of(at, zone)
    return days.moment(at, zone)


def host(row: SessionRow) -> str:
    """Return who hosts a session: the person, else the role that its step names."""
    if row.host_name:
        return row.host_name
    role = row.step.options.get("hosted_by")
    return str(_HOSTS[Role(role)]) if role in _HOSTS else str(_("not set"))


def doubt(found: tuple[Doubt, str], row: SessionRow) -> str:
    """Return what speaks against a session's time, as a sentence."""
    kind, other = found
    if kind is Doubt.HOST_BUSY:
        return str(_("%(name)s hosts “%(other)s” then.", name=host(row), other=other))
    if kind is Doubt.HOST_AWAY:
        return str(_("%(name)s does not work then.", name=host(row)))
    if kind is Doubt.DAY_OFF:
        return str(_("This is a day off at the site."))
    return str(_("This is early or late for the site."))
