"""The forms for an exception and for a session: shown, previewed and saved."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from lms.core import web
from lms.core.errors import NotFound
from lms.core.forms import answer
from lms.courses.dates import operations, queries, sessions, words
from lms.courses.dates.forms import FORMS, Choices, ExceptionForm, SessionForm
from lms.courses.dates.operations import Scope
from lms.courses.dates.rules import Move
from lms.courses.dates.sessions import SessionRow
from lms.courses.dates.targets import Target
from lms.courses.lessons import days
from lms.courses.models import DateException, Meeting
from lms.courses.operations import load_visible
from lms.courses.outline import Outline
from lms.courses.queries import Situation
from lms.courses.schedule import Adjustment, Appointment

_NOT_SAVED = 10**12
"""The id of an exception that is only looked at: newer than all that are saved."""

Answer = Response | str | tuple[str, int]


def exception_form_page(target: Target, kind: str) -> Answer:
    """Show, preview or save a new exception of a kind."""
    session = web.session()
    form = FORMS[kind]()
    one = queries.situation(session, target.place, language=days.page_language())
    form.offer(whom=_people(target), steps=_steps(one.outline, kind))

    def page(moves: list[Move] | None = None) -> str:
        return render_template(
            "dates/exception.html",
            target=target,
            kind=kind,
            form=form,
            moves=moves,
            zone=target.place.site_zone,
            words=words,
            days=days,
        )

    def act() -> Response:
        if request.form.get("act") == "preview":
            return make_response(page(_preview(target, one, kind, form)))
        return web.submit(
            lambda writing: _make(writing, _scope(target, form), kind, form),
            then=target.url,
            message=_("Saved: dates follow from now on."),
        )

    return answer(form, act, page)


def _people(target: Target) -> Choices:
    if target.person_id is not None:
        return [(0, target.title)]
    found = queries.members(web.session(), web.actor(), target.intake_id or 0)
    everyone = _("Everyone in %(intake)s", intake=target.title)
    return [(0, everyone), *((member.assignment_id, member.name) for member in found)]


def _steps(outline: Outline, kind: str) -> Choices:
    usual = _("All steps") if kind in ("shift", "unlock") else _("Choose a step")
    return [
        (0, usual),
        *(
            (
                step.id,
                _(
                    "Week %(week)s, day %(day)s: %(title)s",
                    week=step.week,
                    day=step.day,
                    title=step.title,
                ),
            )
            for step in outline.steps
        ),
    ]


def _scope(target: Target, form: ExceptionForm) -> Scope:
    return Scope(assignment_id=form.whom.data) if form.whom.data else target.scope


def _preview(target: Target, one: Situation, kind: str, form: ExceptionForm) -> list[Move]:
    """Return what would move, for the intake or the chosen person."""
    values = _values(form)
    operations.check_exception(
        kind, **{key: value for key, value in values.items() if key != "at_time"}
    )
    if form.whom.data:
        place = load_visible(web.session(), web.actor(), form.whom.data)
        one = queries.situation(web.session(), place, language=days.page_language())
    return queries.preview(one, Adjustment(id=_NOT_SAVED, kind=kind, reason="", **values))


def _make(session: Session, scope: Scope, kind: str, form: ExceptionForm) -> DateException:
    return operations.make_exception(
        session,
        actor=web.actor(),
        scope=scope,
        kind=kind,
        reason=form.reason.data or "",
        now=web.now(),
        **_values(form),
    )


def _values(form: ExceptionForm) -> dict[str, Any]:
    """Return what the form says beside whom and why, by the names that operations use."""
    names = ("step_id", "days", "from_on", "until_on", "on_date", "at_time")
    return {name: form[name].data or None for name in names if name in form}


def session_form_page(target: Target, step_slug: str) -> Answer:
    """Show, preview or save when and where a session takes place."""
    session = web.session()
    one = queries.situation(session, target.place, language=days.page_language())
    step = sessions.step_of(one.outline, step_slug)
    row = _row(sessions.sessions(session, target.place, one), step.id)
    form = SessionForm(data=_now_set(row))
    form.host_id.choices = _host_choices(row)

    def page(moves: list[Move] | None = None, then: SessionRow | None = None) -> str:
        return render_template(
            "dates/session.html",
            target=target,
            row=row,
            form=form,
            moves=moves,
            then=then,
            zone=target.place.site_zone,
            zones=sessions.zones(session),
            words=words,
            days=days,
        )

    def act() -> Response:
        if request.form.get("act") == "preview":
            return make_response(page(*_preview_session(target, one, step.id, form)))
        return web.submit(
            lambda writing: _set(writing, target, step.id, form),
            then=target.url,
            message=_("Saved: %(title)s", title=step.title),
        )

    return answer(form, act, page)


def _row(rows: list[SessionRow], step_id: int) -> SessionRow:
    for row in rows:
        if row.step.id == step_id:
            return row
    raise NotFound


def _now_set(row: SessionRow) -> dict[str, object]:
    local = row.starts_at.astimezone(ZoneInfo(row.zone))
    return {
        "on_date": local.date(),
        "at_time": local.time(),
        "time_zone": row.zone,
        "place": row.place,
        "host_id": row.host_id or 0,
    }


def _host_choices(row: SessionRow) -> Choices:
    known = sessions.hosts(web.session())
    gone = [(row.host_id, row.host_name or "")] if row.host_id else []
    return [
        (0, _("Nobody yet")),
        *known,
        *(choice for choice in gone if choice not in known),
    ]


def _preview_session(
    target: Target, one: Situation, step_id: int, form: SessionForm
) -> tuple[list[Move], SessionRow]:
    session = web.session()
    host_id = form.host_id.data or None
    operations.check_session(
        session, step_id, form.time_zone.data or "", form.place.data or "", host_id
    )
    met = _appointment(form)
    after = sessions.with_session(one, step_id, met)
    rows = sessions.sessions(session, target.place, after, without=step_id)
    return queries.compare(one, after), _row(rows, step_id)


def _appointment(form: SessionForm) -> Appointment:
    """Return what a valid form says."""
    assert form.on_date.data is not None
    assert form.at_time.data is not None
    return Appointment(
        on_date=form.on_date.data,
        at_time=form.at_time.data,
        zone=form.time_zone.data or "",
        place=form.place.data or "",
        host_id=form.host_id.data or None,
    )


def _set(session: Session, target: Target, step_id: int, form: SessionForm) -> Meeting:
    met = _appointment(form)
    return operations.set_meeting(
        session,
        actor=web.actor(),
        scope=target.scope,
        step_id=step_id,
        on_date=met.on_date,
        at_time=met.at_time,
        time_zone=met.zone,
        place=met.place,
        host_id=met.host_id,
        now=web.now(),
    )
