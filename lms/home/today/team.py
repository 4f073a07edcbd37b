"""The people whom a coach, a manager or a trainer looks after, as Today shows them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import url_for

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.worktime import local_date
from lms.courses.board.rules import Face, Pace, Row, pace
from lms.courses.standing import STUCK_AFTER_WORKING_DAYS, Standing, StepStanding
from lms.home import words
from lms.home.today.asked import Asked
from lms.home.today.queries import Followed

LISTED = 8
"""So many people are listed in a card; the board has all."""


@dataclass(frozen=True)
class Charge:
    """Somebody whom the reader looks after."""

    row: Row
    followed: Followed

    @property
    def standing(self) -> Standing:
        """Return how far they are."""
        return self.row.standing

    @property
    def is_handed_over_soon(self) -> bool:
        """Whether their last week is going on."""
        standing = self.standing
        return 0 < standing.day <= standing.last_day and standing.week == len(
            standing.outline.weeks
        )


def charges(followed: Iterable[Followed], known: Mapping[int, Standing]) -> list[Charge]:
    """Return the people with how far they are: who is stuck first, who is done last."""
    found = [
        Charge(_row(one, known[one.place.assignment_id]), one)
        for one in followed
        if one.place.assignment_id in known
    ]
    return sorted((c for c in found if not c.standing.is_over), key=_attention)


def _row(one: Followed, standing: Standing) -> Row:
    place = one.place
    return Row(
        assignment_id=place.assignment_id,
        face=Face(place.person_id, place.person_name, one.photo),
        email=place.person_email,
        intake_name=place.intake_name,
        starts_on=place.start,
        standing=standing,
        pace=pace(standing),
    )


_PACES = (Pace.BEHIND, Pace.WAITING, Pace.ON_TIME, Pace.NOT_STARTED, Pace.FINISHED)


def _attention(charge: Charge) -> tuple[int, int, int, str]:
    return (
        -charge.standing.late_days,
        _PACES.index(charge.row.pace),
        charge.row.progress.percent,
        charge.row.face.name.casefold(),
    )


@dataclass(frozen=True)
class Line:
    """One person as a line of a card."""

    face: Face
    url: str
    where: str
    badge: str
    tone: str


def line(charge: Charge, asked: Asked) -> Line:
    """Return a person's line: where they are, what is next, how they are doing."""
    badge, tone = _badge(charge, asked)
    return Line(
        face=charge.row.face,
        url=track_url(charge),
        where=_where(charge),
        badge=badge,
        tone=tone,
    )


def track_url(charge: Charge) -> str:
    """Return the page that shows where a person stands."""
    return f"/people/{charge.row.face.id}/track"


def _where(charge: Charge) -> str:
    standing, progress = charge.standing, charge.row.progress
    done = _("%(done)s of %(total)s steps", done=progress.done, total=progress.total)
    if standing.day == 0:
        return _("starts on %(day)s", day=words.day(standing.starts_on))
    if charge.row.pace is Pace.FINISHED:
        return done
    day = _(
        "day %(day)s of %(last)s",
        day=min(standing.day, standing.last_day),
        last=standing.last_day,
    )
    following = charge.row.next_step
    if following is None:
        return f"{day} · {done}"
    following_words = _("next: %(step)s", step=following.step.title)
    return f"{day} · {done} · {following_words}"


def _badge(charge: Charge, asked: Asked) -> tuple[str, str]:
    late = charge.standing.late_days
    if late >= STUCK_AFTER_WORKING_DAYS:
        return ngettext("Stuck for %(num)s day", "Stuck for %(num)s days", late), "late"
    if late:
        return ngettext("%(num)s day late", "%(num)s days late", late), "due"
    return {
        Pace.WAITING: (_("Waits for a word"), "info"),
        Pace.FINISHED: (_("Finished"), "good"),
        Pace.NOT_STARTED: (_("Before the start"), "neutral"),
    }.get(charge.row.pace, (_("On time"), "good"))


@dataclass(frozen=True)
class IntakeLine:
    """How an intake is doing."""

    name: str
    where: str
    url: str
    people: int
    before: int
    on_time: int
    behind: int
    finished: int


def intake_lines(found: Sequence[Charge]) -> list[IntakeLine]:
    """Return the intakes of these people with how many are on time, behind and finished."""
    groups: dict[tuple[int, str], list[Charge]] = defaultdict(list)
    for charge in found:
        place = charge.followed.place
        if place.intake_id is not None and place.intake_name is not None:
            groups[place.intake_id, place.intake_name].append(charge)
    lines = []
    for (intake_id, name), members in groups.items():
        paces = [charge.row.pace for charge in members]
        behind, finished = paces.count(Pace.BEHIND), paces.count(Pace.FINISHED)
        before = paces.count(Pace.NOT_STARTED)
        lines.append(
            (
                min(charge.row.starts_on for charge in members),
                IntakeLine(
                    name=name,
                    where=_intake_where(members),
                    url=url_for("board.index", intake=intake_id),
                    people=len(members),
                    before=before,
                    on_time=len(members) - behind - finished - before,
                    behind=behind,
                    finished=finished,
                ),
            )
        )
    return [made for _start, made in sorted(lines, key=lambda pair: pair[0], reverse=True)]


def _intake_where(members: Sequence[Charge]) -> str:
    # A late starter has own dates: the intake is where most of its people are.
    standing = max((charge.standing for charge in members), key=lambda s: s.day)
    if standing.day == 0:
        return _("starts on %(day)s", day=words.day(standing.starts_on))
    if standing.day > standing.last_day:
        return _("after its last day")
    week = standing.outline.weeks[standing.week - 1].title
    return _("week %(number)s: %(theme)s", number=standing.week, theme=week)


@dataclass(frozen=True)
class Meet:
    """A session that people whom the reader looks after will attend."""

    title: str
    url: str
    """Where attendance is noted; empty for somebody outside any intake."""
    when: str
    at: str
    place: str
    people: str
    is_mine: bool


def sessions(found: Sequence[Charge], asked: Asked, *, days: int) -> list[Meet]:
    """Return the coming sessions of these people within so many days, each once."""
    last = asked.today + timedelta(days=days - 1)
    groups: dict[tuple[datetime, int], list[tuple[Charge, StepStanding]]] = defaultdict(list)
    for charge in found:
        for step in charge.standing.steps:
            at = step.dates.meets_at
            if at is None or step.waived or (step.dates.ends_at or at) < asked.now:
                continue
            if local_date(at, asked.zone) <= last:
                groups[at, step.step.id].append((charge, step))
    return [_meet(at, groups[at, step_id], asked) for at, step_id in sorted(groups)]


def _meet(at: datetime, group: Sequence[tuple[Charge, StepStanding]], asked: Asked) -> Meet:
    step = group[0][1]
    names = sorted({charge.row.intake_name or charge.row.face.name for charge, _step in group})
    if len(group) <= 2:
        names = sorted(charge.row.face.name for charge, _step in group)
    intakes = {charge.followed.place.intake_id for charge, _step in group}
    intake_id = intakes.pop() if len(intakes) == 1 else None
    return Meet(
        title=step.step.title,
        url=url_for("attendance.index", intake_id=intake_id, step_slug=step.step.slug)
        if intake_id is not None
        else "",
        when=_when(at, asked),
        at=at.isoformat(),
        place=step.dates.place,
        people=", ".join(names[:3]),
        is_mine=step.dates.host_id == asked.viewer.id,
    )


def _when(at: datetime, asked: Asked) -> str:
    on: date = local_date(at, asked.zone)
    if on == asked.today:
        return words.clock(at, asked.zone)
    return words.capital(words.day_and_clock(at, asked.zone, asked.today))
