"""A trainee's morning: where I am, the one next step, what is due, who is beside me."""

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template, url_for

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.pages import Card
from lms.courses.lessons import rows
from lms.courses.lessons.rows import Reader, Row
from lms.courses.queries import OnCourse
from lms.courses.rules import State
from lms.courses.standing import Standing, StepStanding
from lms.home import words
from lms.home.today import rules
from lms.home.today.asked import Asked
from lms.home.today.kept import drawn
from lms.home.today.queries import Beside, Face, beside
from lms.home.today.rules import Stage

TRACK = "/track"
WHY = "/track/why"
SELF_CHECK = "/profile/self-check"


@dataclass(frozen=True)
class SessionShown:
    """The next session."""

    title: str
    url: str
    when: str
    at: str
    elsewhere: str
    place: str
    host: Face | None
    calendar_url: str


def card(asked: Asked, place: OnCourse | None, standing: Standing | None) -> Card:
    """Return a trainee's section; without a track, a friendly word about that."""
    if place is None or standing is None:
        people = beside(asked.session, person_id=asked.viewer.id, host_id=None)
        return Card("home/today/_no_track.html", {"hello": greeting(asked), "people": people})
    coming = standing.next_session(asked.now) if place.ended_at is None else None
    host_id = coming.dates.host_id if coming else None
    people = beside(asked.session, person_id=asked.viewer.id, host_id=host_id)
    html = drawn(
        asked.session,
        _drawn_from(asked, place, standing, people),
        lambda: render_template(
            "home/today/_trainee.html", view=Day(asked, place, standing, people).shown(coming)
        ),
    )
    return Card("home/today/_drawn.html", {"html": html})


def _drawn_from(asked: Asked, place: OnCourse, standing: Standing, people: Beside) -> Hashable:
    """Return all that the section depends on. The moment counts only by what it decides."""
    over = tuple(s.dates.ends_at < asked.now for s in standing.steps if s.dates.ends_at)
    return (
        place,
        standing.outline.language,
        standing.steps,
        (standing.today, standing.works_on, standing.week, standing.day, standing.late_days),
        over,
        people,
        asked.language,
        asked.viewer.name,
        asked.zone,
        asked.today,
        rules.day_part(words.hour(asked.now, asked.zone)),
    )


def greeting(asked: Asked) -> str:
    """Return a greeting by the wall clock where the reader is."""
    hour = words.hour(asked.now, asked.zone)
    name = rules.first_name(asked.viewer.name)
    return {
        rules.DayPart.MORNING: _("Good morning, %(name)s", name=name),
        rules.DayPart.AFTERNOON: _("Good afternoon, %(name)s", name=name),
        rules.DayPart.EVENING: _("Good evening, %(name)s", name=name),
    }[rules.day_part(hour)]


class Day:
    """Turns a standing into the words of one morning."""

    def __init__(self, asked: Asked, place: OnCourse, standing: Standing, people: Beside) -> None:
        self.asked = asked
        self.place = place
        self.standing = standing
        self.people = people
        self.stage = rules.stage(standing, ended=place.ended_at is not None)
        self.reader = Reader(
            zone=asked.zone,
            site_zone=place.site_zone,
            course_slug=place.course_slug,
            beside=people.ties,
            assignment_id=place.assignment_id,
        )

    def shown(self, coming: StepStanding | None) -> dict[str, Any]:
        """Return what the section's template draws."""
        listed = [] if self.stage is Stage.ENDED else rules.day_list(self.standing)
        asks = self.stage not in (Stage.ENDED, Stage.FINISHED)
        shows_later = self.is_off or not rules.minutes_left(listed)
        later = rules.coming(self.standing) if asks and shows_later else []
        progress = self.standing.progress
        return {
            "stage": self.stage.value,
            "hello": greeting(self.asked),
            "where": self.where(),
            "action": self.action(),
            "facts": self.facts(listed, coming),
            "weeks": self.weeks(),
            "progress": progress,
            "rows": [self.row(step) for step in listed[: rules.ROWS]],
            "left_off": max(0, len(listed) - rules.ROWS),
            "coming": [self.row(step) for step in later],
            "coming_title": self.next_day() if self.is_off else _("Coming up"),
            "is_off": self.is_off,
            "session": self.session(coming) if coming else None,
            "people": self.people,
            "self_check": self.self_check(),
            "track_url": TRACK,
            "why_url": WHY if progress.total and not progress.complete else "",
        }

    @property
    def is_off(self) -> bool:
        """Whether this is a day off between the days of the track."""
        return self.stage is Stage.DURING and self.standing.is_day_off

    def next_day(self) -> str:
        """Return the next working day as a heading."""
        return words.capital(words.long_day(self.standing.works_on))

    def where(self) -> str:
        """Return in one line where the trainee stands."""
        standing = self.standing
        if self.stage is Stage.BEFORE:
            return _("You start on %(day)s.", day=words.long_day(standing.starts_on))
        if self.stage is Stage.FINISHED:
            return _("You have done everything on this track. Well held.")
        if self.stage is Stage.ENDED:
            return _("Your track has ended. What you did and read stays here.")
        if self.stage is Stage.AFTER:
            left = len(standing.not_done)
            return ngettext(
                "Your weeks are over; %(num)s step is still open. Take it one at a time.",
                "Your weeks are over; %(num)s steps are still open. Take them one at a time.",
                left,
            )
        if self.is_off:
            return _(
                "A day off. Day %(day)s of %(last)s is on %(date)s.",
                day=standing.day + 1,
                last=standing.last_day,
                date=words.long_day(standing.works_on),
            )
        theme = standing.outline.weeks[standing.week - 1].title
        return _(
            "Day %(day)s of %(last)s · week %(week)s: %(theme)s",
            day=standing.day,
            last=standing.last_day,
            week=standing.week,
            theme=theme,
        )

    def action(self) -> dict[str, str]:
        """Return the one clear next step, or where to look when there is none now."""
        step = self.standing.next_step
        if step is None or self.stage in (Stage.FINISHED, Stage.ENDED):
            label = {
                Stage.BEFORE: _("See what lies ahead"),
                Stage.FINISHED: _("Look back at your track"),
                Stage.ENDED: _("Look back at your track"),
            }.get(self.stage, _("See what comes next"))
            return {"url": TRACK, "label": label}
        words_for = {"step": step.step.title, "minutes": step.step.minutes}
        if step.state is State.RETURNED:
            label = _("Try again: %(step)s (%(minutes)s min)", **words_for)
        elif self.standing.progress.done == 0:
            label = _("Start: %(step)s (%(minutes)s min)", **words_for)
        else:
            label = _("Continue: %(step)s (%(minutes)s min)", **words_for)
        return {"url": self._url(step), "label": label}

    def facts(
        self, listed: list[StepStanding], coming: StepStanding | None
    ) -> list[tuple[str, str, str]]:
        """Return at most three facts for the hero: icon, value, what it is."""
        progress = self.standing.progress
        done = _("%(done)s of %(total)s", done=progress.done, total=progress.total)
        found = [("route", done, _("steps done"))]
        left = rules.minutes_left(listed)
        if left and self.stage is Stage.DURING and not self.is_off:
            found.append(
                ("clock", ngettext("%(num)s minute", "%(num)s minutes", left), _("left for today"))
            )
        if coming and coming.dates.meets_at:
            when = words.day_and_clock(coming.dates.meets_at, self.asked.zone, self.asked.today)
            found.append(("calendar-event", words.capital(when), _("next session")))
        return found

    def weeks(self) -> list[dict[str, Any]]:
        """Return the weeks of the track for the path."""
        standing = self.standing
        found = []
        for number, week in enumerate(standing.outline.weeks, start=1):
            progress = standing.progress_of_week(number)
            found.append(
                {
                    "number": number,
                    "title": week.title,
                    "note": week.theme,
                    "state": self._week_state(number, complete=progress.complete),
                    "done": progress.done,
                    "total": progress.total,
                    "url": f"{TRACK}#week-{number}",
                }
            )
        return found

    def row(self, step: StepStanding) -> Row:
        """Return a step as every list shows it; here what came back says why at once."""
        row = rows.row(step, self.standing, self.reader, self.asked.now)
        if step.state is not State.RETURNED:
            return row
        why = rows.why_open(step, self.standing, self.reader, self.asked.now)
        return replace(row, note=words.shorten(why))

    def session(self, step: StepStanding) -> SessionShown:
        """Return the next session: when it is here, and there if the clocks differ."""
        at = step.dates.meets_at
        assert at is not None
        return SessionShown(
            title=step.step.title,
            url=self._url(step),
            when=words.day_and_clock(at, self.asked.zone, self.asked.today),
            at=at.isoformat(),
            elsewhere=words.elsewhere(at, self.place.site_zone, seen_from=self.asked.zone),
            place=step.dates.place,
            host=self.people.host,
            calendar_url=url_for(
                "lessons.session_file",
                course_slug=self.place.course_slug,
                step_slug=step.step.slug,
            ),
        )

    def self_check(self) -> str:
        """Return the address of the day-one questions while they are unanswered, else ""."""
        early = self.standing.day <= rules.SELF_CHECK_DAYS
        return SELF_CHECK if early and not self.people.self_check_begun else ""

    def _url(self, step: StepStanding) -> str:
        return rows.step_url(step, self.reader)

    def _week_state(self, number: int, *, complete: bool) -> str:
        if complete:
            return "done"
        if self.stage is Stage.DURING and number == self.standing.week:
            return "now"
        return "later" if number >= self.standing.week else "earlier"
