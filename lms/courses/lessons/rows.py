"""Steps as lists show them, and the sentences that say why one is not done.

Every page that lists steps asks here, so that the same step reads the same everywhere.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import url_for

from lms.core.i18n import gettext as _
from lms.core.permissions import Role
from lms.courses.lessons import elsewhere
from lms.courses.lessons.days import clock, day, day_of, either, moment
from lms.courses.outline import OutlineStep
from lms.courses.rules import Event, State
from lms.courses.schedule import DAY_ENDS, StepDates
from lms.courses.standing import Standing, StepStanding, Timing
from lms.people.ties import Ties


@dataclass(frozen=True)
class Row:
    """One step in a list: what the macro `step_row` takes."""

    step: StepStanding
    title: str
    url: str
    kind: str
    minutes: int
    state: str
    due: str
    due_tone: str
    note: str
    kind_label: str = ""
    """What a registered kind calls itself; empty for the kinds of courses."""
    icon_name: str = ""


@dataclass(frozen=True)
class Reader:
    """Whose steps are listed, for whom, in which zone."""

    zone: str
    site_zone: str
    course_slug: str
    beside: Ties
    mine: bool = True
    """Whether the reader is the trainee."""
    assignment_id: int = 0


def row(step: StepStanding, standing: Standing, reader: Reader, now: datetime) -> Row:
    """Return a step as one line of a list."""
    due, tone = due_words(step, standing, reader)
    page = elsewhere.page_of(step.step.kind)
    return Row(
        step=step,
        title=step.step.title,
        url=step_url(step, reader),
        kind=step.step.kind,
        minutes=step.step.minutes,
        state=state_word(step, standing),
        due=due,
        due_tone=tone,
        note=_note(step, standing, reader, now),
        kind_label=str(page.label) if page else "",
        icon_name=page.icon if page else "",
    )


def step_url(step: StepStanding, reader: Reader) -> str:
    """Return where a step leads: to its page, or for those beside the trainee to the claim."""
    if not reader.mine and step.step.kind == "do" and step.last is not None:
        return url_for("claims.decide", assignment_id=reader.assignment_id, step_id=step.step.id)
    return url_for("lessons.step", course_slug=reader.course_slug, step_slug=step.step.slug)


def state_word(step: StepStanding, standing: Standing) -> str:
    """Return the state as the macros of learning pages name it."""
    if step.waived and not step.done:
        return "waived"
    by_state = {
        State.DONE: "done",
        State.CLAIMED: "waiting",
        State.RETURNED: "not_yet",
        State.MISSED: "missed",
    }
    if step.state in by_state:
        return by_state[step.state]
    if step.timing is Timing.LOCKED:
        return "later"
    return "next" if standing.next_step is step else "open"


def due_words(step: StepStanding, standing: Standing, reader: Reader) -> tuple[str, str]:
    """Return when a step is due, or its session is, and in which tone; empty once settled."""
    dates = step.dates
    if step.timing in (Timing.SETTLED, Timing.LOCKED):
        return "", ""
    if dates.meets_at is not None and step.state is not State.MISSED:
        tone = "due" if dates.planned_on == standing.today else "neutral"
        return moment(dates.meets_at, reader.zone), tone
    if dates.due_on is None or dates.due_at is None:
        return "", ""
    if step.timing is Timing.LATE:
        return _("Was due %(day)s", day=day(dates.due_on)), "late"
    if dates.due_on == standing.today:
        if _at_end_of_day(dates, reader.site_zone):
            return _("Due today"), "due"
        return _("Due today at %(time)s", time=clock(dates.due_at, reader.site_zone)), "due"
    if (dates.due_on - standing.today).days == 1:
        return _("Due tomorrow"), "neutral"
    return _("Due %(day)s", day=day(dates.due_on)), "neutral"


def due_sentence(step: StepStanding, reader: Reader) -> str:
    """Return a deadline in full, in the site's zone as it was set; empty for sessions."""
    dates = step.dates
    if dates.due_on is None or dates.due_at is None or dates.meets_at is not None:
        return ""
    on, late = day(dates.due_on), step.timing is Timing.LATE
    if _at_end_of_day(dates, reader.site_zone):
        return _("Was due %(day)s", day=on) if late else _("Due %(day)s", day=on)
    at = clock(dates.due_at, reader.site_zone)
    if late:
        return _("Was due %(day)s at %(time)s", day=on, time=at)
    return _("Due %(day)s at %(time)s", day=on, time=at)


def confirmers(step: OutlineStep, beside: Ties) -> str:
    """Return who confirms a task: their names where they are few, else the role."""
    role = step.options.get("confirm_by")
    if role == Role.COACH:
        names = [coach.name for coach in beside.coaches]
        return either(names) if names else _("a coach")
    if role == Role.MANAGER:
        return either([beside.manager.name]) if beside.manager else _("the manager")
    return _("a mentor") if role == Role.MENTOR else _("a trainer")


def waiting_since(step: StepStanding, reader: Reader) -> str:
    """Return whom a claim waits for and since when."""
    assert step.last is not None
    return _(
        "Waiting for %(names)s since %(day)s",
        names=confirmers(step.step, reader.beside),
        day=day_of(step.last.at, reader.zone),
    )


def why_open(step: StepStanding, standing: Standing, reader: Reader, now: datetime) -> str:
    """Return why a required step still counts as open, in one sentence."""
    last, dates = step.last, step.dates
    if step.state is State.CLAIMED:
        assert last is not None
        return _(
            "Waiting for %(names)s since %(day)s.",
            names=confirmers(step.step, reader.beside),
            day=day_of(last.at, reader.zone),
        )
    if step.timing is Timing.LOCKED:
        return _("Opens on %(day)s.", day=day(dates.opens_on))
    if step.state is State.RETURNED and last is not None:
        return _returned(step)
    if step.state is State.MISSED:
        return _("Noted as absent. It counts when attendance at another session is noted.")
    if dates.meets_at is not None and dates.ends_at is not None:
        if dates.ends_at > now:
            return _("The session is on %(when)s.", when=moment(dates.meets_at, reader.zone))
        return _(
            "The session was on %(when)s; attendance has not been noted yet.",
            when=moment(dates.meets_at, reader.zone),
        )
    if last is not None and last.kind is Event.REOPENED:
        return _(
            "Opened again on %(day)s: %(reason)s",
            day=day_of(last.at, reader.zone),
            reason=last.note or "",
        )
    if dates.waits_for is not None:
        before = standing.by_id[dates.waits_for].step.title
        return _("Open. Its date is set when “%(step)s” is done.", step=before)
    return _("Open since %(day)s.", day=day(dates.opens_on))


def _returned(step: StepStanding) -> str:
    assert step.last is not None
    because = step.last.note or ""
    if step.last.follow_up_on is None:
        return _("Not yet, because: %(because)s", because=because)
    return _(
        "Not yet, because: %(because)s To be shown again on %(day)s.",
        because=_closed(because),
        day=day(step.last.follow_up_on),
    )


def _note(step: StepStanding, standing: Standing, reader: Reader, now: datetime) -> str:
    if step.waived and not step.done:
        return step.dates.waived or ""
    if step.state is State.CLAIMED:
        return waiting_since(step, reader)
    if step.state is State.RETURNED and step.last is not None and step.last.follow_up_on:
        return _("To be shown again on %(day)s", day=day(step.last.follow_up_on))
    if not step.step.required:
        return _("Offered, not asked for")
    noted = step.done or step.state is State.MISSED
    if step.dates.ends_at is not None and step.dates.ends_at < now and not noted:
        return _("Attendance has not been noted yet")
    return ""


def _at_end_of_day(dates: StepDates, zone: str) -> bool:
    assert dates.due_at is not None
    return dates.due_at.astimezone(ZoneInfo(zone)).time() == DAY_ENDS


def _closed(text: str) -> str:
    """Return text that ends as a sentence does."""
    return text if text.endswith((".", "!", "?", "…", "。", "！", "？")) else f"{text}."
