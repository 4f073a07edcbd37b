"""The agenda page, and the secret feed for calendar programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request
from flask_babel import force_locale
from flask_login import current_user
from sqlalchemy.orm import Session

from lms.core import i18n, web
from lms.core.errors import NotFound
from lms.core.i18n import gettext as _
from lms.core.pages import CalendarItem
from lms.core.permissions import Permission, requires
from lms.core.worktime import local_date
from lms.home import words
from lms.home.calendar import feed
from lms.people.account import queries as account
from lms.people.sign_in import Viewer

blueprint = Blueprint("calendar", __name__)

AGENDA_DAYS = 21


@dataclass(frozen=True)
class Shown:
    """One item of the agenda."""

    title: str
    url: str
    kind: str
    time: str
    at: str
    elsewhere: str
    place: str
    late: bool


@dataclass(frozen=True)
class AgendaDay:
    """One day that has something in it."""

    name: str
    items: Sequence[Shown]


@dataclass(frozen=True)
class AgendaWeek:
    """One week that has something in it."""

    name: str
    days: Sequence[AgendaDay]


@blueprint.get("/calendar")
@requires(Permission.MEMBER)
def agenda() -> str:
    """Show the reader's sessions and due dates of the next three weeks, and what is late."""
    viewer: Viewer = current_user._get_current_object()
    items = _items(web.session(), viewer.id, words.page_language(), web.now())
    today = local_date(web.now(), viewer.time_zone)
    last = today + timedelta(days=AGENDA_DAYS - 1)
    late = [i for i in items if i.kind == "due" and i.ends_at < web.now()]
    coming = [i for i in items if i not in late and today <= _day(i, viewer.time_zone) <= last]
    return render_template(
        "home/calendar/agenda.html",
        weeks=_weeks(coming, today, viewer.time_zone),
        late=[_shown(item, viewer.time_zone, late=True) for item in late],
        zone=words.city(viewer.time_zone),
        until=words.long_day(last),
    )


@blueprint.get("/calendar/<token>.ics")
@requires(Permission.PUBLIC)
def subscription(token: str) -> Response:
    """Give the calendar of whom this secret address belongs to; anything else is not found."""
    reader = account.calendar_reader(
        web.session(), secret=web.belay().config.secret_key, token=token, now=web.now()
    )
    if reader is None:
        raise NotFound
    language = reader.language
    with force_locale(i18n.LANGUAGES[language].locale):
        items = _items(web.session(), reader.id, language, web.now())
        name = _("Belay: my dates")
        tag = feed.fingerprint(items, f"{name} {language}")
        response = (
            Response(status=304)
            if request.if_none_match.contains_weak(tag)
            else _calendar(items, name)
        )
    # Weak: the moment of writing differs between two answers that say the same.
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _weeks(items: Sequence[CalendarItem], today: date, zone: str) -> list[AgendaWeek]:
    days = [
        (on, AgendaDay(words.capital(words.near_day(on, today)), [_shown(i, zone) for i in of_day]))
        for on, of_day in groupby(items, key=lambda item: _day(item, zone))
    ]
    return [
        AgendaWeek(_week_name(monday, today), [day for _on, day in of_week])
        for monday, of_week in groupby(days, key=lambda pair: _monday(pair[0]))
    ]


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _week_name(monday: date, today: date) -> str:
    near = {0: _("This week"), 1: _("Next week")}
    weeks = (monday - _monday(today)).days // 7
    return near.get(weeks) or _("Week of %(day)s", day=words.day(monday))


def _items(session: Session, person_id: int, language: str, now: datetime) -> list[CalendarItem]:
    found = [
        item
        for source in web.belay().registry.calendars
        for item in source(session, person_id, language, now)
    ]
    return sorted(found, key=lambda item: (item.starts_at, item.uid))


def _calendar(items: Sequence[CalendarItem], name: str) -> Response:
    text = feed.write(
        items,
        name=name,
        due=_("Due: %(title)s", title="%(title)s"),
        base_url=web.belay().config.base_url,
        now=web.now(),
    )
    return Response(text, mimetype="text/calendar")


def _day(item: CalendarItem, zone: str) -> date:
    return item.starts_at.date() if item.all_day else local_date(item.starts_at, zone)


def _shown(item: CalendarItem, zone: str, *, late: bool = False) -> Shown:
    there = item.starts_at.tzinfo
    elsewhere = ""
    if isinstance(there, ZoneInfo) and not item.all_day:
        elsewhere = words.elsewhere(item.starts_at, there.key, seen_from=zone)
    if late:
        time = _("Was due %(day)s", day=words.day(_day(item, zone)))
    else:
        time = "" if item.all_day else words.clock(item.starts_at, zone)
    return Shown(
        title=item.title,
        url=item.url,
        kind=item.kind,
        time=time,
        at=item.starts_at.isoformat(),
        elsewhere=elsewhere,
        place=item.place,
        late=late,
    )
