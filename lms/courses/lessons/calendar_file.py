"""One session as a calendar file."""

from datetime import datetime
from zoneinfo import ZoneInfo

from lms.courses.lessons.step_page import Mine


def session_calendar(mine: Mine, page: str, now: datetime) -> bytes:
    """Return a session as iCalendar text, in the site's zone, with a link to its page."""
    from icalendar import Calendar, Event

    dates = mine.step.dates
    assert dates.meets_at is not None
    assert dates.ends_at is not None
    zone = ZoneInfo(mine.place.site_zone)
    event = Event()
    event.add("uid", f"step-{mine.step.step.id}-{mine.place.assignment_id}@belay")
    event.add("summary", mine.step.step.title)
    event.add("dtstamp", now)
    event.add("dtstart", dates.meets_at.astimezone(zone))
    event.add("dtend", dates.ends_at.astimezone(zone))
    event.add("location", dates.place)
    event.add("url", page)
    calendar = Calendar()
    calendar.add("prodid", "-//Belay//EN")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
