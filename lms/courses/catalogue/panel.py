"""What an intake's page shows of its track, in the reader's language."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.core.pages import Card
from lms.core.permissions import Actor
from lms.courses import policy
from lms.courses.catalogue import queries
from lms.courses.dates.queries import intake_place, situation
from lms.courses.lessons.days import page_language
from lms.courses.outline import Outline, Week
from lms.courses.standing import Timetable, timetable


@dataclass(frozen=True)
class WeekDates:
    """A week of the track and the days on which its steps are planned for this intake."""

    number: int
    words: Week
    first: date | None
    last: date | None


def track_panel(session: Session, actor: Actor, intake_id: int, now: datetime) -> Card | None:
    """Return the card for an intake's page, for those who run intakes. At most six statements."""
    if not policy.may_run_intakes(actor):
        return None
    known = queries.tracks(session)
    place = intake_place(session, intake_id)
    context: dict[str, object] = {"intake_id": intake_id, "tracks": known, "outline": None}
    if place is not None:
        one = situation(session, place, language=page_language())
        newest = next(track for track in known if track.course_id == place.course_id)
        context |= {
            "outline": one.outline,
            "newest": newest.number,
            "others": queries.on_other_versions(
                session, intake_id=intake_id, version_id=newest.version_id
            ),
            "weeks": _weeks(one.outline, timetable(one.outline, one.frame, now)),
        }
    return Card("catalogue/_intake_panel.html", context)


def _weeks(outline: Outline, table: Timetable) -> list[WeekDates]:
    found = []
    for number, words in enumerate(outline.weeks, 1):
        days = [table.dates[step.id].planned_on for step in outline.steps if step.week == number]
        found.append(WeekDates(number, words, min(days, default=None), max(days, default=None)))
    return found
