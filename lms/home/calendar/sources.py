"""What a course puts into a person's calendar: its sessions, and what is still due."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from lms.core.pages import CalendarItem
from lms.courses.addresses import step_address
from lms.courses.queries import OnCourse, current_track, standing
from lms.courses.standing import StepStanding
from lms.home.words import ends_its_day

PAST_SESSIONS = timedelta(days=60)


def of_track(
    session: Session, person_id: int, language: str, now: datetime
) -> Sequence[CalendarItem]:
    """Return the sessions and open due dates of somebody's track. Four statements.

    What is done or waived is due no more; sessions stay for a while after they took place.
    """
    place = current_track(session, person_id=person_id)
    if place is None or place.ended_at is not None:
        return ()
    whole = standing(session, place, language=language, now=now)
    return [item for step in whole.steps for item in _of_step(place, step, now)]


def _of_step(place: OnCourse, step: StepStanding, now: datetime) -> Iterator[CalendarItem]:
    dates = step.dates
    if step.waived:
        return
    if dates.meets_at is not None:
        if dates.meets_at > now - PAST_SESSIONS:
            yield _session(place, step, dates.meets_at)
    elif dates.due_at is not None and not step.done and step.step.required:
        due_at = dates.due_at.astimezone(ZoneInfo(place.site_zone))
        yield CalendarItem(
            uid=f"due-{step.step.id}-{place.assignment_id}@belay",
            title=step.step.title,
            starts_at=due_at,
            ends_at=due_at,
            url=step_address(place.course_slug, step.step.slug),
            kind="due",
            all_day=ends_its_day(due_at, place.site_zone),
        )


def _session(place: OnCourse, step: StepStanding, meets_at: datetime) -> CalendarItem:
    # The same uid as in the session's own file, so that no program shows it twice.
    zone = ZoneInfo(place.site_zone)
    ends_at = step.dates.ends_at or meets_at
    return CalendarItem(
        uid=f"step-{step.step.id}-{place.assignment_id}@belay",
        title=step.step.title,
        starts_at=meets_at.astimezone(zone),
        ends_at=ends_at.astimezone(zone),
        place=step.dates.place,
        url=step_address(place.course_slug, step.step.slug),
    )
