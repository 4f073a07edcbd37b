"""A track with a step of every kind and confirmer, and the cast's spring intake on it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.core.permissions import SYSTEM
from lms.courses.planning import assign_intake
from tests.cast import Cast
from tests.courses.tracks import Track, Wanted, assignment_of, make_track

CHECKLIST = ["I found the order.", "I said what is open."]


def _task(slug: str, confirm_by: str, **more: Any) -> Wanted:
    options = {"confirm_by": confirm_by, "checklist": CHECKLIST, "critical": False}
    return Wanted(slug, "do", options=options, **more)


STEPS = (
    Wanted("orders"),
    Wanted("welcome", "meet", options={"at": "10:00", "place": "Training room"}),
    Wanted("film", "watch", ref="https://videos.example/orders"),
    _task("coach-case", "coach", day=2),
    _task("manager-case", "manager", day=2),
    _task("trainer-case", "trainer", day=3),
    _task("mentor-case", "mentor", day=3),
    Wanted("check", "quiz", day=4, ref="orders-quiz"),
    Wanted("extra", day=5, required=False),
    Wanted("trust", week=2),
    _task("live", "coach", week=3),
)


@dataclass(frozen=True)
class Trail:
    """The track, and where Maya and Ben are on it."""

    track: Track
    maya: int
    """Maya's assignment."""
    ben: int

    def step(self, slug: str) -> int:
        """Return a step's id."""
        return self.track.steps[slug]


def make_trail(session: Session, cast: Cast, now: datetime) -> Trail:
    """Write the track and put the spring intake on it."""
    track = make_track(session, now, STEPS)
    assign_intake(session, actor=SYSTEM, intake_id=cast.spring, course_slug=track.slug, now=now)
    session.flush()
    return Trail(track, assignment_of(session, cast.maya), assignment_of(session, cast.ben))
