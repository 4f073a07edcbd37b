"""Importing people on the web: upload, preview, apply, report."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import web
from lms.core.errors import NotFound, Refused
from lms.core.files import read_upload
from lms.core.forms import answer
from lms.core.permissions import Permission, requires
from lms.core.tables_in import DEFAULT_LIMITS, Table, read_table
from lms.core.tables_out import CSV_TYPE, Cell, csv_chunks
from lms.people.directory.queries import is_demo_company
from lms.people.importing import operations, queries, staging, words
from lms.people.importing.forms import ConfirmForm, UploadForm
from lms.people.importing.operations import Batch
from lms.people.importing.planning import Result, plan
from lms.people.importing.reports import Report, ReportRow, from_bytes, report_on, to_bytes
from lms.people.importing.rules import COLUMNS, REQUIRED, Sheet, read_sheet
from lms.people.importing.running import invite_in_steps

blueprint = Blueprint("importing", __name__)

ROWS = 100
"""Rows of a report on one page."""


@blueprint.route("/people/import", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def upload() -> Response | str | tuple[str, int]:
    """Take a people file and lead to its preview; nothing changes yet."""
    form = UploadForm()

    def take() -> Response:
        content = read_upload(form.file.data, DEFAULT_LIMITS.megabytes * 1024 * 1024)
        try:
            if not content and not form.file.data:
                raise Refused("import_no_file")
            _sheet(read_table(content))
            name = staging.put(web.belay().config.files_dir, content)
        except Refused as refusal:
            refusal.field = "file"
            raise
        admin = 1 if form.allow_admin.data else None
        return web.see_other(url_for("importing.preview", name=name, admin=admin))

    def page() -> str:
        return render_template(
            "importing/upload.html", form=form, columns=COLUMNS, required=REQUIRED
        )

    return answer(form, take, page)


@blueprint.route("/people/import/<name>", methods=["GET", "POST"])
@requires(Permission.MANAGE_PEOPLE)
def preview(name: str) -> Response | str | tuple[str, int]:
    """Show what a file would do, and apply its good rows when that is confirmed."""
    try:
        sheet = _sheet(read_table(staging.get(web.belay().config.files_dir, name)))
    except NotFound:
        flash(_("That file is not here any more. Choose it again."), "warning")
        return web.see_other(url_for("importing.upload"))
    allow_admin = bool(request.args.get("admin"))
    form = ConfirmForm()

    def page() -> str:
        known = queries.known(web.session(), now=web.now())
        plans = plan(sheet, known, allow_admin=allow_admin, actor_id=web.actor().person_id)
        return render_template(
            "importing/preview.html",
            form=form,
            allow_admin=allow_admin,
            action=url_for("importing.preview", name=name, admin=request.args.get("admin")),
            **_shown(report_on(sheet, plans), "importing.preview", name=name),
        )

    return answer(form, lambda: _apply(form, sheet, allow_admin), page)


def _apply(form: ConfirmForm, sheet: Sheet, allow_admin: bool) -> Response:
    on = form.invite_on.data if form.invite.data == "on" else None
    operations.check_invite_date(on, web.now().date())
    actor, files_dir = web.actor(), web.belay().config.files_dir

    def then(batch: Batch) -> str:
        # A small local file, written before the commit: a result page must never be missing.
        kept = staging.put(files_dir, to_bytes(report_on(sheet, batch.rows)))
        return url_for("importing.done", name=kept)

    response = web.submit(
        lambda session: operations.import_people(
            session, actor=actor, sheet=sheet, allow_admin=allow_admin, now=web.now()
        ),
        then=then,
        message=lambda batch: _made(batch.totals),
    )
    if form.invite.data != "no":
        # After the import is safe, and again when the same form comes again: nobody twice.
        report = _report(response.location.rpartition("/")[2])
        invited = invite_in_steps(
            web.belay().database, actor=actor, emails=report.good_emails, on=on, now=web.now()
        )
        flash(
            ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.",
                     invited),
            "good",
        )  # fmt: skip
    return response


def _made(totals: dict[str, int]) -> str:
    return str(
        _(
            "Applied: %(new)s new, %(changed)s changed, %(same)s the same, %(refused)s refused.",
            **totals,
        )
    )


@blueprint.get("/people/import/done/<name>")
@requires(Permission.MANAGE_PEOPLE)
def done(name: str) -> str:
    """Show what an import did, line by line."""
    return render_template(
        "importing/done.html",
        name=name,
        **_shown(_report(name), "importing.done", name=name),
    )


@blueprint.get("/people/import/done/<name>/rows.csv")
@requires(Permission.MANAGE_PEOPLE)
def rows(name: str) -> Response:
    """Send what an import did as a table."""
    response = Response(
        csv_chunks(("line", "email", "result", "reason"), _table_rows(_report(name))),
        mimetype=CSV_TYPE,
    )
    response.headers["Content-Disposition"] = 'attachment; filename="import-report.csv"'
    return response


def _table_rows(report: Report) -> Iterator[Sequence[Cell]]:
    # Spoken while the request still knows its language.
    return iter([(row.line, row.email, row.result.value, words.reason(row)) for row in report.rows])


def _sheet(table: Table) -> Sheet:
    demo = web.belay().config.demo or is_demo_company(web.session())
    return read_sheet(table, demo=demo)


def _report(name: str) -> Report:
    try:
        return from_bytes(staging.get(web.belay().config.files_dir, name))
    except ValueError as error:
        raise NotFound from error


def _shown(report: Report, endpoint: str, *, name: str) -> dict[str, Any]:
    """Return what the tables of a report need: one page of rows, filtered by result."""
    wanted = request.args.get("show", "")
    found = [row for row in report.rows if wanted not in set(Result) or row.result == wanted]
    pages = max(1, -(-len(found) // ROWS))
    page = min(max(1, web.page_arguments(page=1)["page"]), pages)
    carried: dict[str, Any] = {"name": name, "admin": request.args.get("admin")}

    def address(number: int) -> str:
        return url_for(endpoint, show=wanted or None, page=number, **carried)

    tabs = [
        {
            "url": url_for(endpoint, show=result, **carried),
            "label": label,
            "count": report.totals[result] if result else len(report.rows),
            "current": (result or "") == wanted,
        }
        for result, label in [(None, _("All lines")), *words.RESULTS.items()]
    ]
    return {
        "report": report,
        "rows": [_row(row) for row in found[(page - 1) * ROWS : page * ROWS]],
        "tabs_of_results": tabs,
        "page": page,
        "pages": pages,
        "address": address,
        "delimiter": words.DELIMITERS.get(report.delimiter, report.delimiter),
        "good": report.totals[Result.NEW] + report.totals[Result.CHANGED],
    }


def _row(row: ReportRow) -> dict[str, Any]:
    tones = {
        Result.NEW: ("good", "user-plus"),
        Result.CHANGED: ("info", "edit"),
        Result.SAME: ("neutral", "check"),
        Result.REFUSED: ("late", "ban"),
    }
    tone, icon = tones[row.result]
    return {
        "line": row.line,
        "email": row.email,
        "label": words.RESULTS[row.result],
        "tone": tone,
        "icon": icon,
        "reasons": words.reasons(row),
    }
