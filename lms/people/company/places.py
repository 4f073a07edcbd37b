"""Acts on sites and holidays: the calendars that every date is counted on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lms.core import audit
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor, Permission, require
from lms.people.company import rules
from lms.people.company.operations import (
    add_unique,
    delete_unused,
    flush_unique,
    record_change,
    touch,
)
from lms.people.company.rules import SitePlan
from lms.people.models import Holiday, Intake, Person, Site


def add_site(session: Session, *, actor: Actor, plan: SitePlan, now: datetime) -> int:
    """Make a site and return its id. Refuses `no_working_day`, `slug_taken`, an unknown zone."""
    require(actor, Permission.MANAGE_COMPANY)
    plan = rules.check_site(plan)
    site = Site()
    _set(site, plan)
    add_unique(session, site)
    touch(session)
    _audit(session, actor, "add_site", site.id, now, name=plan.name)
    return site.id


def change_site(
    session: Session,
    *,
    actor: Actor,
    site_id: int,
    plan: SitePlan,
    seen: str,
    now: datetime,
) -> None:
    """Change a site; dates of people there follow its zone and week by themselves.

    Refuses as `add_site` does, and `settings_changed` when it is not as the form saw it.
    """
    require(actor, Permission.MANAGE_COMPANY)
    plan = rules.check_site(plan)
    site = session.get(Site, site_id, with_for_update=True)
    if site is None:
        raise NotFound
    before = site_values(site)
    rules.check_stamp(seen, before)
    _set(site, plan)
    flush_unique(session)
    record_change(
        session,
        actor=actor,
        verb="change_site",
        subject=("site", site_id),
        before=before,
        after=site_values(site),
        now=now,
    )


def delete_site(session: Session, *, actor: Actor, site_id: int, now: datetime) -> None:
    """Delete a site with its own holidays.

    Refuses `site_in_use` while people or intakes are there.
    """
    require(actor, Permission.MANAGE_COMPANY)
    site = session.get(Site, site_id)
    if site is None:
        raise NotFound
    people, intakes = session.execute(
        select(
            select(func.count()).where(Person.site_id == site_id).scalar_subquery(),
            select(func.count()).where(Intake.site_id == site_id).scalar_subquery(),
        )
    ).one()
    if people or intakes:
        raise Refused("site_in_use", people=people, intakes=intakes)
    session.execute(delete(Holiday).where(Holiday.site_id == site_id))
    delete_unused(session, site)
    touch(session)
    _audit(session, actor, "delete_site", site_id, now, name=site.name)


@dataclass(frozen=True)
class Written:
    """What became of a list of holidays."""

    added: int = 0
    renamed: int = 0
    same: int = 0


def add_holidays(
    session: Session,
    *,
    actor: Actor,
    site_id: int | None,
    days: Sequence[tuple[date, str]],
    now: datetime,
) -> Written:
    """Write days off of a site, or of the whole company (None). Doing it again changes nothing.

    A day that is off already takes the new name.
    """
    require(actor, Permission.MANAGE_COMPANY)
    # The whole company's row is locked first, so that two lists of the same days follow each other.
    touch(session)
    if site_id is not None and session.get(Site, site_id) is None:
        raise NotFound
    known = {
        holiday.on_date: holiday
        for holiday in session.scalars(
            select(Holiday).where(
                Holiday.site_id == site_id if site_id is not None else Holiday.site_id.is_(None),
                Holiday.on_date.in_([day for day, _name in days]),
            )
        )
    }
    added = renamed = 0
    for day, name in days:
        holiday = known.get(day)
        if holiday is None:
            session.add(Holiday(site_id=site_id, on_date=day, name=name))
            added += 1
        elif holiday.name != name:
            holiday.name = name
            renamed += 1
    if added or renamed:
        audit.record(
            session,
            actor=actor,
            verb="add_holidays",
            subject_type="site" if site_id is not None else "company",
            subject_id=site_id or 1,
            now=now,
            days={day.isoformat(): name for day, name in days},
        )
    return Written(added, renamed, len(days) - added - renamed)


def remove_holiday(session: Session, *, actor: Actor, holiday_id: int, now: datetime) -> None:
    """Make a day off a working day again, where the weekday is one."""
    require(actor, Permission.MANAGE_COMPANY)
    holiday = session.get(Holiday, holiday_id)
    if holiday is None:
        raise NotFound
    session.delete(holiday)
    touch(session)
    audit.record(
        session,
        actor=actor,
        verb="remove_holiday",
        subject_type="site" if holiday.site_id is not None else "company",
        subject_id=holiday.site_id or 1,
        now=now,
        on_date=holiday.on_date.isoformat(),
        name=holiday.name,
    )


def _audit(
    session: Session, actor: Actor, verb: str, site_id: int, now: datetime, *, name: str
) -> None:
    audit.record(
        session,
        actor=actor,
        verb=verb,
        subject_type="site",
        subject_id=site_id,
        now=now,
        name=name,
    )


def _set(site: Site, plan: SitePlan) -> None:
    site.name, site.slug, site.time_zone = plan.name, plan.slug, plan.time_zone
    site.week_starts_on = plan.week_starts_on
    site.working_weekdays = rules.weekday_digits(plan.working_weekdays)


def site_values(site: Site) -> dict[str, object]:
    """Return what the form of a site shows, to compare."""
    return {
        "name": site.name,
        "slug": site.slug,
        "time_zone": site.time_zone,
        "week_starts_on": site.week_starts_on,
        "working_weekdays": "".join(sorted(site.working_weekdays)),
    }
