"""The intake board: a page, and the same rows as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, stream_with_context, url_for
from flask_babel import gettext as _

from lms.core import tables_out, web
from lms.core.permissions import Permission, requires
from lms.courses.board import queries, words
from lms.courses.board.queries import Filter
from lms.courses.board.rules import SORTS, USUAL_SORT, Pace, Row
from lms.courses.lessons import days
from lms.people.ties import Other

blueprint = Blueprint("board", __name__)

_MOST_WEEKS = 12
"""Week columns of a file; a longer track shows its first weeks and the whole."""


@blueprint.get("/board")
@requires(Permission.FOLLOW_TRAINEES)
def index() -> str:
    """Show the people whom one follows, by weeks."""
    chosen = _chosen()
    found = queries.board(
        web.session(),
        actor=web.actor(),
        chosen=chosen,
        page=web.page_arguments(page=1)["page"],
        language=days.page_language(),
        now=web.now(),
    )
    kept = _kept(chosen)
    return render_template(
        "board/index.html",
        board=found,
        chosen=chosen,
        filtered=chosen != Filter(sort=chosen.sort, earlier=chosen.earlier),
        states=words.STATES,
        words=words,
        days=days,
        sort_url=lambda key: url_for(".index", **{**kept, "sort": key}),
        page_url=lambda page: url_for(".index", **kept, page=page),
        earlier_url=url_for(".index", **{**kept, "earlier": 1}),
        csv_url=url_for(".export_csv", **kept),
        xlsx_url=url_for(".export_xlsx", **kept),
    )


@blueprint.get("/board/export.csv")
@requires(Permission.FOLLOW_TRAINEES)
def export_csv() -> Response:
    """Send the filtered board as a CSV file, a piece at a time."""
    return _file(tables_out.csv_chunks(_header(), _cells(_chosen())), tables_out.CSV_TYPE, "csv")


@blueprint.get("/board/export.xlsx")
@requires(Permission.FOLLOW_TRAINEES)
def export_xlsx() -> Response:
    """Send the filtered board as a spreadsheet."""
    chunks = tables_out.xlsx_chunks(_header(), _cells(_chosen()), title=_("Board"))
    return _file(chunks, tables_out.XLSX_TYPE, "xlsx")


def _file(chunks: Iterator[bytes], content_type: str, ending: str) -> Response:
    response = Response(stream_with_context(chunks), content_type=content_type)
    name = f"board-{web.now():%Y-%m-%d}.{ending}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chosen() -> Filter:
    """Return the filter of the address; values of the wrong shape are as good as none."""
    typed = web.page_arguments(
        name="", intake=0, site=0, coach=0, state="", earlier=0, sort=USUAL_SORT
    )
    return Filter(
        name=typed["name"].strip(),
        intake=typed["intake"],
        site=typed["site"],
        coach=typed["coach"],
        state=typed["state"] if typed["state"] in set(Pace) else "",
        earlier=bool(typed["earlier"]),
        sort=typed["sort"] if typed["sort"].removeprefix("-") in SORTS else USUAL_SORT,
    )


def _kept(chosen: Filter) -> dict[str, Any]:
    """Return the filter as arguments of an address, without what is usual."""
    sort = chosen.sort if chosen.sort != USUAL_SORT else ""
    found = {
        "name": chosen.name,
        "intake": chosen.intake,
        "site": chosen.site,
        "coach": chosen.coach,
        "state": chosen.state,
        "earlier": int(chosen.earlier),
        "sort": sort,
    }
    return {name: value for name, value in found.items() if value}


def _header() -> list[str]:
    return [
        _("Name"),
        _("E-mail"),
        _("Intake"),
        _("Track"),
        _("Started on"),
        _("Week"),
        _("Day"),
        _("State"),
        _("Working days late"),
        _("Claims waiting"),
        _("Required steps done"),
        _("Required steps"),
        _("Percent"),
        _("Next step"),
        _("Coaches"),
        *(
            _("Week %(number)s: %(what)s", number=number, what=what)
            for number in range(1, _weeks() + 1)
            for what in (_("done"), _("required"))
        ),
    ]


def _weeks() -> int:
    """Return how many weeks the longest track has, as far as columns go."""
    return min(queries.longest_track(web.session()), _MOST_WEEKS)


def _cells(chosen: Filter) -> Iterator[Sequence[tables_out.Cell]]:
    weeks = _weeks()
    found = queries.all_rows(
        web.session(),
        actor=web.actor(),
        chosen=chosen,
        language=days.page_language(),
        now=web.now(),
    )
    for row, coaches in found:
        yield _line(row, coaches, weeks)


def _line(row: Row, coaches: Sequence[Other], weeks: int) -> Sequence[tables_out.Cell]:
    standing = row.standing
    by_week: list[tables_out.Cell] = [n for week in row.weeks for n in (week.done, week.total)]
    label, _tone, _icon = words.PACES[row.pace]
    return [
        row.face.name,
        row.email,
        row.intake_name,
        standing.outline.title,
        row.starts_on,
        standing.week,
        standing.day,
        str(label),
        standing.late_days,
        row.waiting,
        row.progress.done,
        row.progress.total,
        row.progress.percent,
        row.next_step.step.title if row.next_step else None,
        ", ".join(coach.name for coach in coaches),
        *[*by_week, *([None] * 2 * weeks)][: 2 * weeks],
    ]
