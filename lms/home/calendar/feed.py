"""Writes calendar items as iCalendar text. No database, no web."""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from lms.core.pages import CalendarItem

if TYPE_CHECKING:
    from icalendar import Event

REFRESH = timedelta(hours=1)


def fingerprint(items: Sequence[CalendarItem], name: str) -> str:
    """Return what changes exactly when something in the calendar does."""
    return hashlib.sha256(repr((name, list(items))).encode()).hexdigest()[:32]


def write(
    items: Sequence[CalendarItem], *, name: str, due: str, base_url: str, now: datetime
) -> bytes:
    """Return the items as one calendar with the rules of every zone in it.

    `due` is the title of a due date, with `%(title)s`. The library is imported here, because
    only calendars need it.
    """
    from icalendar import Calendar

    calendar = Calendar()
    calendar.add("prodid", "-//Belay//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("x-wr-calname", name)
    calendar.add("name", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for item in items:
        calendar.add_component(_event(item, due=due, base_url=base_url, now=now))
    timed = [item.starts_at.date() for item in items if not item.all_day]
    if timed:
        calendar.add_missing_timezones(
            first_date=min(timed) - timedelta(days=370), last_date=max(timed) + timedelta(days=370)
        )
    return bytes(calendar.to_ical())


def _event(item: CalendarItem, *, due: str, base_url: str, now: datetime) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", item.uid)
    event.add("dtstamp", now)
    if item.all_day:
        event.add("dtstart", item.starts_at.date())
        event.add("dtend", item.starts_at.date() + timedelta(days=1))
    else:
        event.add("dtstart", item.starts_at)
        if item.ends_at > item.starts_at:
            event.add("dtend", item.ends_at)
    if item.kind == "due":
        event.add("summary", due % {"title": item.title})
        event.add("transp", "TRANSPARENT")
    else:
        event.add("summary", item.title)
    if item.place:
        event.add("location", item.place)
    if item.url:
        event.add("url", base_url.rstrip("/") + item.url)
    return event
