"""Intakes: the list, one intake with its members, making, changing and moving it.

Putting people in and letting them in: `member_views`.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms.core import refusals, web
from lms.core.errors import NotFound, Refused
from lms.core.forms import answer
from lms.core.permissions import Permission, requires
from lms.core.worktime import local_date
from lms.people import written
from lms.people.calendars import site_calendar
from lms.people.intakes import member_views, operations, queries, rules
from lms.people.intakes.forms import IntakeForm, NewIntakeForm, StartForm
from lms.people.intakes.pages import blueprint, intake_page, load, panels
from lms.people.intakes.queries import IntakeView
from lms.people.intakes.rules import Phase
from lms.people.intakes.words import PHASES, REFUSALS, STATES

refusals.add(REFUSALS)
PAST_SHOWN = 20


@dataclass(frozen=True)
class _Line:
    """An intake as the list shows it."""

    intake: IntakeView
    first_day: date
    last_day: date


@blueprint.get("/intakes")
@requires(Permission.RUN_INTAKES)
def index() -> str:
    """List intakes: running, to come, past."""
    session, now = web.session(), web.now()
    by_phase: dict[Phase, list[_Line]] = {phase: [] for phase in PHASES}
    for intake in queries.intakes(session):
        calendar = site_calendar(session, intake.site_id, current_user.company_version)
        today = local_date(now, intake.site_zone)
        starts_on = intake.starts_on
        by_phase[rules.phase(starts_on, today, calendar)].append(
            _Line(intake, rules.first_day(starts_on, calendar), rules.last_day(starts_on, calendar))
        )
    by_phase[Phase.UPCOMING].reverse()
    past = by_phase[Phase.PAST]
    pages = max(1, ceil(len(past) / PAST_SHOWN))
    page = min(max(1, web.page_arguments(page=1)["page"]), pages)
    by_phase[Phase.PAST] = past[(page - 1) * PAST_SHOWN : page * PAST_SHOWN]
    shown = [line.intake.id for lines in by_phase.values() for line in lines]
    return render_template(
        "intakes/index.html",
        sections=[(phase, PHASES[phase], lines) for phase, lines in by_phase.items()],
        counts=queries.access_counts(session, intake_ids=shown, now=now),
        states=STATES,
        page=page,
        pages=pages,
        past=len(past),
    )


@blueprint.route("/intakes/new", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def new() -> Response | str | tuple[str, int]:
    """Make an intake."""
    form = NewIntakeForm()
    sites = queries.sites(web.session())
    form.offer(sites)

    def add() -> Response:
        starts_on = form.starts_on.data
        assert starts_on is not None  # asked for by the form
        return web.submit(
            lambda session: operations.create_intake(
                session, actor=web.actor(), plan=form.plan(), starts_on=starts_on, now=web.now()
            ),
            then=lambda intake_id: url_for("intakes.show", intake_id=intake_id),
            message=_("The intake is made. Now add its people, or import them from a file."),
        )

    return answer(
        form, add, lambda: render_template("intakes/new.html", form=form, has_sites=bool(sites))
    )


@blueprint.get("/intakes/<int:intake_id>")
@requires(Permission.RUN_INTAKES)
def show(intake_id: int) -> str:
    """Show one intake: where it stands, its members, and what other parts know of it."""
    return intake_page(load(intake_id))


@blueprint.route("/intakes/<int:intake_id>/edit", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def edit(intake_id: int) -> Response | str | tuple[str, int]:
    """Change an intake's names, site and language."""
    intake = load(intake_id)
    form = IntakeForm(
        data={
            "name": intake.name,
            "slug": intake.slug,
            "site_id": intake.site_id,
            "language": intake.language or "",
        }
    )
    form.offer(queries.sites(web.session()))

    def save() -> Response:
        return web.submit(
            lambda session: operations.edit_intake(
                session, actor=web.actor(), intake_id=intake_id, plan=form.plan(), now=web.now()
            ),
            then=url_for("intakes.show", intake_id=intake_id),
            message=_("Saved."),
        )

    return answer(
        form, save, lambda: render_template("intakes/edit.html", form=form, intake=intake)
    )


@blueprint.route("/intakes/<int:intake_id>/start", methods=["GET", "POST"])
@requires(Permission.RUN_INTAKES)
def start(intake_id: int) -> Response | str | tuple[str, int]:
    """Move an intake's start, after saying what moves."""
    intake = load(intake_id)
    form = StartForm(data={"starts_on": intake.starts_on, "seen": intake.starts_on.isoformat()})

    def move() -> Response:
        starts_on, seen = form.starts_on.data, _seen(form)
        assert starts_on is not None  # asked for by the form
        try:
            return web.submit(
                lambda session: operations.move_start(
                    session,
                    actor=web.actor(),
                    intake_id=intake_id,
                    starts_on=starts_on,
                    seen=seen,
                    reason=form.reason.data or "",
                    now=web.now(),
                ),
                then=url_for("intakes.show", intake_id=intake_id),
                message=_(
                    "The start is %(day)s now. All dates follow.", day=written.day(starts_on)
                ),
            )
        except Refused as error:
            if error.code == "start_changed":
                form.seen.data = str(error.values["starts_on"])
            raise

    def page() -> str:
        session = web.session()
        calendar = site_calendar(session, intake.site_id, current_user.company_version)
        return render_template(
            "intakes/start.html",
            form=form,
            intake=intake,
            people=queries.member_count(session, intake_id=intake_id),
            first_day=rules.first_day(intake.starts_on, calendar),
            panels=panels(intake_id),
        )

    return answer(form, move, page)


def _seen(form: StartForm) -> date:
    """Return the start that the form was opened on; without it the form is not one of ours."""
    try:
        return date.fromisoformat(form.seen.data or "")
    except ValueError:
        raise NotFound from None


__all__ = ["blueprint", "member_views"]
