"""Working calendars of sites, kept in the process until the company's settings change."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.core.db import cache_key
from lms.core.worktime import Calendar
from lms.people.models import Holiday, Site

_KEPT = 500
_cache: "OrderedDict[tuple[str, int, int], Calendar]" = OrderedDict()
_lock = Lock()


def site_calendar(session: Session, site_id: int, company_version: int) -> Calendar:
    """Return a site's working days and zone; no statements when warm, two when cold.

    `company_version` is Company.version as read in this transaction: any change of settings
    raises it, so a stale calendar is never used.
    """
    database = cache_key(session)
    if database is None:
        return _load(session, site_id)
    key = (database, site_id, company_version)
    with _lock:
        found = _cache.get(key)
        if found is not None:
            _cache.move_to_end(key)
            return found
    made = _load(session, site_id)
    with _lock:
        _cache[key] = made
        while len(_cache) > _KEPT:
            _cache.popitem(last=False)
    return made


def _load(session: Session, site_id: int) -> Calendar:
    site = session.get_one(Site, site_id)
    days_off = session.scalars(
        select(Holiday.on_date).where(or_(Holiday.site_id == site_id, Holiday.site_id.is_(None)))
    )
    return Calendar(
        zone=site.time_zone,
        weekdays=frozenset(int(digit) for digit in site.working_weekdays),
        days_off=frozenset(days_off),
    )
