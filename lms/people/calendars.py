"""Working calendars of sites, kept in the process until the company's settings change."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lms.core.shelf import Shelf
from lms.core.worktime import Calendar
from lms.people.models import Holiday, Site

_calendars: Shelf[Calendar] = Shelf(500)


def site_calendar(session: Session, site_id: int, company_version: int) -> Calendar:
    """Return a site's working days and zone; no statements when warm, two when cold.

    `company_version` is Company.version as read in this transaction: any change of settings
    raises it, so a stale calendar is never used.
    """
    return _calendars.read(session, (site_id, company_version), lambda: _load(session, site_id))


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
