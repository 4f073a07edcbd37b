"""The list of people, one person's page, and exports."""

from dataclasses import asdict
from typing import Any

from flask import Response, render_template, url_for
from flask_babel import ngettext

from lms.core import i18n, web
from lms.core.permissions import Permission, Role, requires
from lms.core.tables_out import CSV_TYPE, XLSX_TYPE, csv_chunks, xlsx_chunks
from lms.people import policy, sign_in
from lms.people.account.queries import self_check
from lms.people.account.words import ROLE_NAMES, SEASON_NAMES, SELF_CHECK_QUESTIONS
from lms.people.company.words import weekday_names
from lms.people.directory import listing, queries, records
from lms.people.directory.exporting import COLUMNS, export_rows
from lms.people.directory.listing import PAGE, Filters
from lms.people.directory.rules import Lookups
from lms.people.directory.views.room import blueprint
from lms.people.directory.words import STATES
from lms.people.ties import Other, ties

MOST_NAMED = 5_000


@blueprint.get("/people")
@requires(Permission.MEMBER)
def index() -> str:
    """List colleagues; for administrators everyone, with mail addresses and states."""
    lookups = records.lookups(web.session())
    filters = _filters()
    page = max(1, web.page_arguments(page=1)["page"])
    found, total = listing.entries(
        web.session(),
        actor=web.actor(),
        filters=filters,
        sites=lookups.sites.all,
        now=web.now(),
        page=page,
    )
    return render_template(
        "directory/index.html",
        people=found,
        total=ngettext("%(num)s person", "%(num)s people", total),
        page=page,
        pages=max(1, -(-total // PAGE)),
        filters=filters,
        narrowed=any(asdict(filters).values()),
        choices=_choices(lookups),
        address=lambda number: url_for(".index", **_chosen(filters), page=number),
        export=lambda kind: url_for(".export", kind=kind, **_chosen(filters)),
        may_edit=policy.may_edit_people(web.actor()),
        role_names=ROLE_NAMES,
        states=STATES,
    )


def _filters() -> Filters:
    typed = web.page_arguments(q="", role="", site=0, department=0, intake=0, state="")
    return Filters(
        text=typed["q"],
        role=typed["role"] if typed["role"] in set(Role) else "",
        site=typed["site"],
        department=typed["department"],
        intake=typed["intake"],
        state=typed["state"] if typed["state"] in STATES else "",
    )


def _chosen(filters: Filters) -> dict[str, Any]:
    """Return the filters that are set, as they stand in an address."""
    names = {"text": "q"}
    return {names.get(key, key): value for key, value in asdict(filters).items() if value}


def _choices(lookups: Lookups) -> dict[str, list[tuple[int, str]]]:
    return {
        "site": [(word.id, word.name) for word in lookups.sites.all],
        "department": [(word.id, word.name) for word in lookups.departments.all],
        "intake": [(word.id, word.name) for word in lookups.intakes.all],
    }


@blueprint.get("/people/export.<any(csv, xlsx):kind>")
@requires(Permission.MANAGE_PEOPLE)
def export(kind: str) -> Response:
    """Send the filtered list with the columns of an import, so that it can come back as one."""
    session = web.session()
    lookups = records.lookups(session)
    states = listing.matching(
        session,
        actor=web.actor(),
        filters=_filters(),
        sites=lookups.sites.all,
        now=web.now(),
    )
    # So many names at once would be more than a statement can hold; then everyone is quicker.
    only = list(states) if len(states) <= MOST_NAMED else None
    rows = export_rows(records.load(session, now=web.now(), only=only), states, lookups)
    name = f"people-{web.now():%Y-%m-%d}.{kind}"
    if kind == "xlsx":
        response = Response(xlsx_chunks(COLUMNS, rows, title="People"), mimetype=XLSX_TYPE)
    else:
        response = Response(csv_chunks(COLUMNS, rows), mimetype=CSV_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/people/<int:person_id>")
@requires(Permission.MEMBER)
def person(person_id: int) -> str:
    """Show a person: a short card to colleagues, everything to those who follow them."""
    session, now = web.session(), web.now()
    card = queries.card(session, actor=web.actor(), person_id=person_id, now=now)
    context: dict[str, Any] = {
        "card": card,
        "may_edit": policy.may_edit_people(web.actor()),
        "role_names": ROLE_NAMES,
        "season_names": SEASON_NAMES,
        "language_names": {entry.code: entry.name for entry in i18n.LANGUAGES.values()},
        "states": STATES,
    }
    if card.followed:
        beside = ties(session, [person_id])[person_id]
        context["coaches"] = [_drawn(coach) for coach in beside.coaches]
        context["manager"] = _drawn(beside.manager) if beside.manager else None
        context["shifts"] = queries.shifts(session, person_id=person_id)
        context["weekdays"] = weekday_names()
        context["answers"] = self_check(session, person_id=person_id)
        context["questions"] = SELF_CHECK_QUESTIONS
        context["pages"] = [
            page for page in web.belay().registry.person_pages if page.role in card.roles
        ]
    return render_template("directory/person.html", **context)


def _drawn(other: Other) -> dict[str, Any]:
    """Return what a person's line needs of somebody at the other end of a tie."""
    return {"id": other.id, "name": other.name, "initials": sign_in.initials(other.name)}
