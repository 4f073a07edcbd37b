"""Track and step pages put together: what their templates show, ready to print."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from flask import url_for

from lms.core.i18n import gettext as _
from lms.core.permissions import Role
from lms.courses.lessons import rows
from lms.courses.lessons.days import city, clock, day, differs, moment
from lms.courses.lessons.queries import Happened
from lms.courses.lessons.rows import Reader, Row
from lms.courses.outline import Outline, OutlineStep, Week
from lms.courses.rules import Event, Progress, State
from lms.courses.schedule import StepDates
from lms.courses.standing import Standing, StepStanding, Timing


@dataclass(frozen=True)
class DayRows:
    """One day of a week."""

    number: int
    on: str
    is_today: bool
    rows: list[Row]


@dataclass(frozen=True)
class WeekRows:
    """One week: its words, how far it is done, its days."""

    number: int
    words: Week
    progress: Progress
    state: str
    """`done`, `now`, `later`, as the macro `path` names them, or `open` for a past week."""
    opens: str
    """When it opens; empty once it has."""
    days: list[DayRows]

    @property
    def title(self) -> str:
        """Return the week's title."""
        return self.words.title

    @property
    def note(self) -> str:
        """Return what stands under the title in the path."""
        return self.opens

    @property
    def done(self) -> int:
        """Return how many required steps are done."""
        return self.progress.done

    @property
    def total(self) -> int:
        """Return how many steps are required."""
        return self.progress.total

    @property
    def url(self) -> str:
        """Return where the week stands on the page."""
        return f"#week-{self.number}"


def weeks(standing: Standing, reader: Reader, now: datetime) -> list[WeekRows]:
    """Return all weeks of a track with their days and steps."""
    return [
        _week(number, words, standing, reader, now)
        for number, words in enumerate(standing.outline.weeks, start=1)
    ]


def _week(number: int, words: Week, standing: Standing, reader: Reader, now: datetime) -> WeekRows:
    steps = [s for s in standing.steps if s.step.week == number]
    locked = bool(steps) and all(s.timing is Timing.LOCKED for s in steps if not _settled(s))
    locked = locked and not all(map(_settled, steps))
    progress = standing.progress_of_week(number)
    opens = _("Opens on %(day)s", day=day(steps[0].dates.opens_on)) if locked else ""
    return WeekRows(
        number=number,
        words=words,
        progress=progress,
        state=_week_state(number, standing, progress),
        opens=opens,
        days=[
            _day(n, [s for s in steps if s.step.day == n], standing, reader, now)
            for n in sorted({s.step.day for s in steps})
        ],
    )


def _settled(step: StepStanding) -> bool:
    return step.timing is Timing.SETTLED


def _week_state(number: int, standing: Standing, progress: Progress) -> str:
    if progress.complete and progress.total:
        return "done"
    if number == standing.week:
        return "now"
    return "later" if number > standing.week else "open"


def _day(
    number: int, steps: list[StepStanding], standing: Standing, reader: Reader, now: datetime
) -> DayRows:
    on = _usual_day([s.dates for s in steps])
    return DayRows(
        number=number,
        on=day(on),
        is_today=on == standing.today,
        rows=[rows.row(s, standing, reader, now) for s in steps],
    )


def _usual_day(dates: list[StepDates]) -> date:
    """Return the day that most of these steps are planned on: some may be shifted."""
    return Counter(d.planned_on for d in dates).most_common(1)[0][0]


@dataclass(frozen=True)
class Reason:
    """A step that is not done, and why."""

    row: Row
    why: str


@dataclass(frozen=True)
class Group:
    """Steps that are not done for the same sort of reason."""

    title: str
    reasons: list[Reason]
    folded: bool = False


def why_groups(standing: Standing, reader: Reader, now: datetime) -> list[Group]:
    """Return every required step that counts as open, and all that does not count, with reasons.

    First what the trainee can do, then what waits for others, then what opens later.
    """
    still = standing.not_done
    todo = [s for s in still if s.todo and s.dates.meets_at is None]
    later = [s for s in still if s.timing is Timing.LOCKED and s.state is not State.CLAIMED]
    taken = {s.step.id for s in (*todo, *later)}
    waiting = [s for s in still if s.step.id not in taken]
    groups = [
        Group(_("To be done"), _why(todo, standing, reader, now)),
        Group(_("Waiting for others or a session"), _why(waiting, standing, reader, now)),
        Group(_("Not open yet"), _why(later, standing, reader, now), folded=bool(todo or waiting)),
        Group(_("Not counted"), _not_counted(standing, reader, now)),
    ]
    return [group for group in groups if group.reasons]


def _why(
    steps: list[StepStanding], standing: Standing, reader: Reader, now: datetime
) -> list[Reason]:
    return [
        Reason(rows.row(s, standing, reader, now), rows.why_open(s, standing, reader, now))
        for s in steps
    ]


def _not_counted(standing: Standing, reader: Reader, now: datetime) -> list[Reason]:
    return [
        Reason(
            rows.row(s, standing, reader, now),
            _("Waived: %(reason)s", reason=s.dates.waived) if s.waived else _("Offered only."),
        )
        for s in standing.steps
        if s.waived or not s.step.required
    ]


@dataclass(frozen=True)
class Link:
    """A neighbouring step."""

    url: str
    title: str


def neighbours(outline: Outline, step: OutlineStep) -> tuple[Link | None, Link | None]:
    """Return the steps before and after, in the track's order."""
    at = outline.steps.index(step)
    before = outline.steps[at - 1] if at > 0 else None
    after = outline.steps[at + 1] if at + 1 < len(outline.steps) else None
    return _link(outline, before), _link(outline, after)


def _link(outline: Outline, step: OutlineStep | None) -> Link | None:
    if step is None:
        return None
    url = url_for("lessons.step", course_slug=outline.course_slug, step_slug=step.slug)
    return Link(url, step.title)


@dataclass(frozen=True)
class Session:
    """When and where a meet step takes place, in the viewer's zone."""

    when: str
    iso: str
    until: str
    elsewhere: str
    """The time at the site, when its clocks show another."""
    place: str
    link: str
    host: str
    over: bool


def session_of(
    step: StepStanding, reader: Reader, host_name: str | None, now: datetime
) -> Session | None:
    """Return a meet step's session, or None for other kinds."""
    dates = step.dates
    if dates.meets_at is None or dates.ends_at is None:
        return None
    elsewhere = ""
    if differs(dates.meets_at, reader.zone, reader.site_zone):
        elsewhere = _(
            "%(when)s in %(city)s",
            when=moment(dates.meets_at, reader.site_zone),
            city=city(reader.site_zone),
        )
    is_link = dates.place.startswith("https://")
    return Session(
        when=moment(dates.meets_at, reader.zone),
        iso=dates.meets_at.isoformat(),
        until=clock(dates.ends_at, reader.zone),
        elsewhere=elsewhere,
        place="" if is_link else dates.place,
        link=dates.place if is_link else "",
        host=host_name or host_role(step.step),
        over=dates.ends_at <= now,
    )


def host_role(step: OutlineStep) -> str:
    """Return the role that leads a session, in words."""
    words = {
        Role.COACH.value: _("A coach"),
        Role.MANAGER.value: _("The manager"),
        Role.MENTOR.value: _("A mentor"),
    }
    return words.get(str(step.options.get("hosted_by", Role.TRAINER)), _("A trainer"))


@dataclass(frozen=True)
class Moment:
    """One entry of a step's history, as the macro `timeline` takes it."""

    icon: str
    tone: str
    title: str
    when: str
    iso: str
    note: str
    photo: str = ""


_ICONS = {
    Event.DONE: ("check", "good"),
    Event.CLAIMED: ("hand-stop", ""),
    Event.WITHDRAWN: ("rotate", ""),
    Event.CONFIRMED: ("circle-check", "good"),
    Event.RETURNED: ("rotate", "late"),
    Event.ATTENDED: ("check", "good"),
    Event.MISSED: ("x", "late"),
    Event.REOPENED: ("lock-open", "late"),
}


def history(events: tuple[Happened, ...], reader: Reader, reader_id: int | None) -> list[Moment]:
    """Return a step's history, oldest first."""
    return [_moment(event, reader, reader_id) for event in events]


def _moment(event: Happened, reader: Reader, reader_id: int | None) -> Moment:
    icon, tone = _ICONS[event.kind]
    note = event.note or ""
    if event.kind is Event.RETURNED and event.follow_up_on is not None:
        again = _("To be shown again on %(day)s.", day=day(event.follow_up_on))
        note = f"{note}\n{again}"
    return Moment(
        icon=icon,
        tone=tone,
        title=_title(event, own=event.actor_id is not None and event.actor_id == reader_id),
        when=moment(event.at, reader.zone),
        iso=event.at.isoformat(),
        note=note,
        photo=url_for("claims.photo", event_id=event.id) if event.has_photo else "",
    )


def _title(event: Happened, *, own: bool) -> str:
    name = event.actor_name or _("Belay")
    if own:
        return _OWN[event.kind]()
    return _OTHERS[event.kind](name)


_OWN = {
    Event.DONE: lambda: _("You finished it"),
    Event.CLAIMED: lambda: _("You said that it is done"),
    Event.WITHDRAWN: lambda: _("You took the claim back"),
    Event.CONFIRMED: lambda: _("You confirmed it"),
    Event.RETURNED: lambda: _("You said: not yet"),
    Event.ATTENDED: lambda: _("You noted that they were there"),
    Event.MISSED: lambda: _("You noted an absence"),
    Event.REOPENED: lambda: _("You opened it again"),
}
_OTHERS = {
    Event.DONE: lambda name: _("Finished by %(name)s", name=name),
    Event.CLAIMED: lambda name: _("Claimed as done by %(name)s", name=name),
    Event.WITHDRAWN: lambda name: _("Claim taken back by %(name)s", name=name),
    Event.CONFIRMED: lambda name: _("Confirmed by %(name)s", name=name),
    Event.RETURNED: lambda name: _("Not yet, said %(name)s", name=name),
    Event.ATTENDED: lambda name: _("Attendance noted by %(name)s", name=name),
    Event.MISSED: lambda name: _("Absence noted by %(name)s", name=name),
    Event.REOPENED: lambda name: _("Opened again by %(name)s", name=name),
}
