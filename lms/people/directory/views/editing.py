"""Making and changing people, by administrators."""

from typing import Any

from flask import Response, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import i18n, web
from lms.core.errors import NotFound, Refused
from lms.core.forms import answer
from lms.core.permissions import Permission, requires
from lms.people import written
from lms.people.account.operations import invite
from lms.people.account.words import ROLE_NAMES
from lms.people.company.forms import zone_names
from lms.people.company.words import weekday_names
from lms.people.directory import operations, queries, records
from lms.people.directory.forms import DeactivateForm, PersonForm, ShiftsForm, filled
from lms.people.directory.rules import Lookups, Stored, stamp
from lms.people.directory.views.room import blueprint
from lms.people.directory.words import FIELDS

SPARE_DATES = 3
"""Empty rows for dates that differ."""


@blueprint.route("/people/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def new() -> Response | str | tuple[str, int]:
    """Make a person."""
    form = _person_form(None, records.lookups(web.session()), data={"roles": ["trainee"]})

    def make() -> Response:
        return web.submit(
            lambda session: operations.create_person(
                session,
                actor=web.actor(),
                email=form.clean_email,
                profile=form.profile(),
                now=web.now(),
            ),
            then=lambda person_id: url_for("directory.person", person_id=person_id),
            message=_("The record is made. Nobody has been mailed yet."),
        )

    return answer(form, make, lambda: _edit_page(form, None))


@blueprint.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def edit(person_id: int) -> Response | str | tuple[str, int]:
    """Change a person's record; a form that is stale says what changed meanwhile (409)."""
    person = _stored(person_id)
    lookups = records.lookups(web.session())
    form = _person_form(person, lookups, data={**filled(person), "seen": stamp(person)})

    def save() -> Response | tuple[str, int]:
        try:
            return web.submit(
                lambda session: operations.change_person(
                    session,
                    actor=web.actor(),
                    person_id=person_id,
                    email=form.clean_email,
                    profile=form.profile(),
                    seen=form.seen.data or "",
                    now=web.now(),
                ),
                then=url_for("directory.person", person_id=person_id),
                message=lambda changed: _("Saved.") if changed else _("Nothing was different."),
            )
        except Refused as error:
            if error.code != "stale_record":
                raise
            return _stale_page(form, person_id, error), 409

    return answer(form, save, lambda: _edit_page(form, person))  # type: ignore[arg-type]


def _stale_page(form: PersonForm, person_id: int, error: Refused) -> str:
    """Show what was typed beside what stands there now; saving again then overwrites it."""
    person = _stored(person_id)
    form.seen.data = stamp(person)
    lookups = records.lookups(web.session())
    fields: Any = error.values["fields"]
    now = [(FIELDS[name], _shown(name, person, lookups)) for name in fields]
    return _edit_page(form, person, changed_meanwhile=now)


def _shown(name: str, person: Stored, lookups: Lookups) -> str:
    """Return a field's value in words."""
    if name == "email":
        return person.email
    value = getattr(person.profile, name)
    words = {
        "site_id": lookups.sites,
        "department_id": lookups.departments,
        "intake_id": lookups.intakes,
    }
    if name in words:
        word = words[name].by_id.get(value)
        return word.name if word else "—"
    if name == "categories":
        return ", ".join(lookups.categories.by_id[one].name for one in value) or "—"
    if name == "roles":
        return ", ".join(str(ROLE_NAMES[role]) for role in sorted(value)) or "—"
    if name == "working_languages":
        return ", ".join(i18n.LANGUAGES[code].name for code in sorted(value)) or "—"
    if name == "coaches":
        return ", ".join(sorted(value)) or "—"
    if name in ("started_on", "leaves_on"):
        return written.day(value) if value else "—"
    return str(value) if value else "—"


@blueprint.route("/people/<int:person_id>/deactivate", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def deactivate(person_id: int) -> Response | str | tuple[str, int]:
    """End a person's access, at once or after a last day."""
    person = _stored(person_id)
    form = DeactivateForm()

    def act() -> Response:
        at_once = form.when.data == "now"
        return web.submit(
            lambda session: operations.deactivate_person(
                session,
                actor=web.actor(),
                person_id=person_id,
                on=None if at_once else form.on.data,
                reason=form.reason.data or "",
                now=web.now(),
            ),
            then=url_for("directory.person", person_id=person_id),
            message=_("Access has ended.") if at_once else _("The last day is set."),
        )

    return answer(
        form,
        act,
        lambda: render_template("directory/deactivate.html", form=form, person=person),
    )


@blueprint.post("/people/<int:person_id>/reactivate")
@requires(Permission.MANAGE_PEOPLE)
def reactivate(person_id: int) -> Response:
    """Give a person access again."""
    return web.submit(
        lambda session: operations.reactivate_person(
            session, actor=web.actor(), person_id=person_id, now=web.now()
        ),
        then=url_for("directory.person", person_id=person_id),
        message=_("Access is open again."),
    )


@blueprint.post("/people/<int:person_id>/invite")
@requires(Permission.MANAGE_PEOPLE)
def send_invitation(person_id: int) -> Response:
    """Mail an invitation; it takes the place of an earlier one."""
    return web.submit(
        lambda session: invite(session, actor=web.actor(), person_id=person_id, now=web.now()),
        then=url_for("directory.person", person_id=person_id),
        message=_("An invitation is on its way."),
    )


@blueprint.post("/people/<int:person_id>/end-sessions")
@requires(Permission.MANAGE_PEOPLE)
def end_sessions(person_id: int) -> Response:
    """Sign a person out everywhere."""
    return web.submit(
        lambda session: operations.end_sessions(
            session, actor=web.actor(), person_id=person_id, now=web.now()
        ),
        then=url_for("directory.person", person_id=person_id),
        message=lambda ended: ngettext(
            "Signed out of %(num)s browser.", "Signed out of %(num)s browsers.", ended
        ),
    )


@blueprint.route("/people/<int:person_id>/shifts", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def shifts(person_id: int) -> Response | str | tuple[str, int]:
    """Set when a person works."""
    person = _stored(person_id)
    form = ShiftsForm(data=_shift_rows(person_id))

    def save() -> Response:
        return web.submit(
            lambda session: operations.set_shifts(
                session,
                actor=web.actor(),
                person_id=person_id,
                plan=form.plan(),
                now=web.now(),
            ),
            then=url_for("directory.person", person_id=person_id),
            message=_("The shifts are saved."),
        )

    return answer(
        form,
        save,
        lambda: render_template(
            "directory/shifts.html", form=form, person=person, weekdays=weekday_names()
        ),
    )


def _shift_rows(person_id: int) -> dict[str, Any]:
    """Return the stored shifts, a row for each weekday at least, and empty rows to add dates."""
    stored = queries.shifts(web.session(), person_id=person_id)
    weekly: list[dict[str, Any]] = []
    for day in range(7):
        rows = [
            {"weekday": str(day), "starts_at": row.starts_at, "ends_at": row.ends_at}
            for row in stored
            if row.weekday == day
        ]
        weekly += rows or [{"weekday": str(day)}]
    differing: list[dict[str, Any]] = [
        {"on_date": row.on_date, "starts_at": row.starts_at, "ends_at": row.ends_at}
        for row in stored
        if row.on_date is not None
    ]
    return {"weekly": weekly, "differing": [*differing, *({} for _spare in range(SPARE_DATES))]}


def _stored(person_id: int) -> Stored:
    found = records.load(web.session(), now=web.now(), only=[person_id]).get(person_id)
    if found is None:
        raise NotFound
    return found


def _person_form(person: Stored | None, lookups: Lookups, *, data: dict[str, Any]) -> PersonForm:
    form = PersonForm(data=data)
    form.demo = web.belay().config.demo or queries.is_demo_company(web.session())
    form.kept_email = person.email if person else ""
    profile = person.profile if person else None
    named = [*profile.coaches, *([profile.manager] if profile.manager else [])] if profile else []
    form.offer(lookups, queries.others(web.session(), named=named))
    return form


def _edit_page(
    form: PersonForm,
    person: Stored | None,
    *,
    changed_meanwhile: list[tuple[Any, str]] | None = None,
) -> str:
    return render_template(
        "directory/edit.html",
        form=form,
        person=person,
        zones=zone_names(),
        changed_meanwhile=changed_meanwhile,
    )
