"""The audit trail: a page to filter it and a file to keep it."""

import json
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Response, render_template, stream_with_context, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms.core import tables_out, web
from lms.core.permissions import Permission, requires
from lms.core.worktime import moment
from lms.people import written
from lms.people.audit import queries, readable, verbs
from lms.people.audit.queries import Entry, Filters

blueprint = Blueprint("audit", __name__)
blueprint.context_processor(written.in_templates)

_HEADER = (
    "at",
    "actor_id",
    "actor",
    "verb",
    "act",
    "subject_type",
    "subject_id",
    "subject",
    "reason",
    "detail",
)


@blueprint.get("/audit")
@requires(Permission.READ_AUDIT)
def index() -> str:
    """Show a page of the trail."""
    session = web.session()
    filters, typed, wrong = _filters()
    found = web.page_arguments(below=0, above=0)
    page = queries.page(
        session, filters, below=found["below"] or None, above=found["above"] or None
    )
    person_id = filters.person_id
    return render_template(
        "audit/index.html",
        page=page,
        typed=typed,
        wrong=wrong,
        person=queries.person_name(session, person_id) if person_id is not None else None,
        verb_choices=[("", _("Everything")), *_verb_choices(queries.verbs_used(session), filters)],
        filtered=any(typed.values()),
        words=verbs.words,
        subject_name=readable.subject_name,
        lines=readable.lines,
        address=lambda **more: url_for("audit.index", **{**_kept(typed), **more}),
        export_url=url_for("audit.export", **_kept(typed)),
    )


@blueprint.get("/audit/export.csv")
@requires(Permission.READ_AUDIT)
def export() -> Response:
    """Send the filtered trail as a CSV file, a piece at a time."""
    filters, _typed, _wrong = _filters()
    # Ends the request's own read, so that the file is one snapshot and one connection.
    database = web.belay().database
    web.session().close()

    def rows() -> Iterator[tuple[tables_out.Cell, ...]]:
        with database.reading() as session:
            for entry in queries.everything(session, filters):
                yield _row(entry)

    chunks = tables_out.csv_chunks(_HEADER, rows())
    response = Response(stream_with_context(chunks), content_type=tables_out.CSV_TYPE)
    name = f"belay-audit-{web.now():%Y-%m-%d}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _row(entry: Entry) -> tuple[tables_out.Cell, ...]:
    return (
        entry.at,
        entry.actor_id,
        entry.actor,
        entry.verb,
        verbs.words(entry.verb),
        entry.subject_type,
        entry.subject_id,
        entry.subject,
        entry.reason,
        json.dumps(entry.detail, ensure_ascii=False) if entry.detail else None,
    )


def _filters() -> tuple[Filters, dict[str, Any], dict[str, str]]:
    """Return the filters asked for, what was typed, and what of it is wrong."""
    typed = web.page_arguments(person=0, who="", verb="", since="", until="")
    wrong: dict[str, str] = {}
    days: dict[str, date | None] = {}
    for name in ("since", "until"):
        days[name] = None
        if typed[name]:
            try:
                days[name] = date.fromisoformat(typed[name])
            except ValueError:
                wrong[name] = _("This is not a date.")
    first, last = days["since"], days["until"]
    filters = Filters(
        person_id=typed["person"] or None,
        who=typed["who"].strip(),
        verb=typed["verb"],
        since=_midnight(first) if first else None,
        before=_midnight(last + timedelta(days=1)) if last and last < date.max else None,
    )
    return filters, typed, wrong


def _midnight(day: date) -> datetime | None:
    try:
        return moment(day, time(0), current_user.time_zone)
    except OverflowError:
        return None


def _verb_choices(used: Any, filters: Filters) -> list[tuple[str, str]]:
    chosen = {*used, filters.verb} - {""}
    return sorted(((verb, verbs.words(verb)) for verb in chosen), key=lambda choice: choice[1])


def _kept(typed: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if value}
