"""When an intake runs, and what may be said of one. No database, no clock."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from lms.core.errors import Refused
from lms.core.worktime import Calendar
from lms.people.company.rules import clean_slug, clean_title

ONBOARDING_DAYS = 15
"""Working days of onboarding: three weeks of five. After them an intake counts as past."""
REASON_LENGTH = 500
MOST_AT_ONCE = 500
"""People that one act may name."""
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


class Phase(StrEnum):
    """Where an intake stands on a day."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    PAST = "past"


class Access(StrEnum):
    """Whether a member has found the way in."""

    NOT_INVITED = "not_invited"
    INVITED = "invited"
    EXPIRED = "expired"
    IN = "in"
    CLOSED = "closed"
    """The account is closed: nobody to invite."""


@dataclass(frozen=True)
class IntakePlan:
    """What is said of an intake when it is made or changed; its start moves by `move_start`."""

    name: str
    slug: str
    site_id: int
    language: str | None


def check_plan(plan: IntakePlan, starts_on: date) -> IntakePlan:
    """Return the plan with clean values; a name without Latin letters gives a slug by its start."""
    name = clean_title(plan.name)
    slug = clean_slug(plan.slug, name, f"intake-{starts_on.isoformat()}")
    return IntakePlan(name, slug, plan.site_id, plan.language or None)


def check_start(starts_on: date) -> date:
    """Return the day; refuses `start_far` for one that cannot be meant."""
    if not EARLIEST <= starts_on < LATEST:
        raise Refused("start_far", field="starts_on")
    return starts_on


def check_reason(reason: str) -> str:
    """Return the reason without blanks around; refuses an empty or too long one."""
    reason = reason.strip()
    if not reason:
        raise Refused("why_missing", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Refused("why_long", field="reason", most=REASON_LENGTH)
    return reason


def first_day(starts_on: date, calendar: Calendar) -> date:
    """Return day one: the start, or the next working day when the start is not one."""
    return calendar.day_at(starts_on, 0)


def last_day(starts_on: date, calendar: Calendar) -> date:
    """Return the last working day of onboarding."""
    return calendar.day_at(starts_on, ONBOARDING_DAYS - 1)


def phase(starts_on: date, today: date, calendar: Calendar) -> Phase:
    """Return where an intake stands today."""
    if today < first_day(starts_on, calendar):
        return Phase.UPCOMING
    # Far in the past needs no calendar: a site would have to be closed for months.
    if today - starts_on > timedelta(days=200) or today > last_day(starts_on, calendar):
        return Phase.PAST
    return Phase.RUNNING
