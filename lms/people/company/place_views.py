"""Settings of places: sites with their weeks, and holidays."""

from typing import Any

from flask import Response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import web
from lms.core.errors import NotFound, Refused
from lms.core.forms import answer
from lms.core.permissions import Permission, requires
from lms.core.worktime import local_date
from lms.people import rules as people_rules
from lms.people.company import places, queries
from lms.people.company.blueprint import blueprint
from lms.people.company.forms import HolidayForm, HolidayListForm, SiteForm, zone_names
from lms.people.company.rules import holiday_range, read_holidays
from lms.people.company.words import weekday_list


@blueprint.get("/settings/sites")
@requires(Permission.MANAGE_COMPANY)
def sites() -> str:
    """List the sites."""
    return render_template(
        "settings/sites.html", sites=queries.sites(web.session()), weekday_list=weekday_list
    )


@blueprint.route("/settings/sites/new", methods=["GET", "POST"])
@requires(Permission.MANAGE_COMPANY)
def new_site() -> Response | str | tuple[str, int]:
    """Make a site."""
    form = SiteForm(data={"week_starts_on": 0, "working_weekdays": [0, 1, 2, 3, 4]})

    def add() -> Response:
        return web.submit(
            lambda session: places.add_site(
                session, actor=web.actor(), plan=form.plan(), now=web.now()
            ),
            then=url_for("settings.sites"),
            message=_("Added: %(name)s", name=form.name.data),
        )

    return answer(form, add, lambda: _site_page(form, None))


@blueprint.route("/settings/sites/<int:site_id>", methods=["GET", "POST"])
@requires(Permission.MANAGE_COMPANY)
def site(site_id: int) -> Response | str | tuple[str, int]:
    """Change a site; ask first when dates of people would move."""
    found = _load(site_id)
    form = SiteForm(
        data={
            "name": found.name,
            "slug": found.slug,
            "time_zone": found.time_zone,
            "week_starts_on": found.week_starts_on,
            "working_weekdays": list(found.working_weekdays),
            "seen": found.stamp,
        }
    )

    def save() -> Response:
        try:
            return web.submit(
                lambda session: places.change_site(
                    session,
                    actor=web.actor(),
                    site_id=site_id,
                    plan=form.plan(),
                    seen=form.seen.data or "",
                    now=web.now(),
                ),
                then=url_for("settings.sites"),
                message=_("Saved."),
            )
        except Refused as error:
            if error.code == "settings_changed":
                raise form.changed_meanwhile(error, found.stamp) from error
            raise

    if form.is_submitted() and form.validate() and "confirmed" not in request.form:
        reach = queries.calendar_reach(web.session(), site_id=site_id)
        moves = _moves(form, found)
        if moves and reach.people:
            return render_template(
                "settings/site_confirm.html", form=form, site=found, moves=moves, reach=reach
            )
    return answer(form, save, lambda: _site_page(form, found))


@blueprint.post("/settings/sites/<int:site_id>/delete")
@requires(Permission.MANAGE_COMPANY)
def delete_site(site_id: int) -> Response:
    """Delete a site that nobody uses."""
    return web.submit(
        lambda session: places.delete_site(
            session, actor=web.actor(), site_id=site_id, now=web.now()
        ),
        then=url_for("settings.sites"),
        message=_("Deleted."),
    )


@blueprint.get("/settings/holidays")
@requires(Permission.MANAGE_COMPANY)
def holidays() -> str:
    """Show a year's days off."""
    return _holidays_page(
        HolidayForm(formdata=None), HolidayListForm(formdata=None, prefix="list-")
    )


@blueprint.post("/settings/holidays")
@requires(Permission.MANAGE_COMPANY)
def add_holiday() -> Response | str | tuple[str, int]:
    """Add one day off or a range."""
    form = HolidayForm()
    form.offer(_site_choices())

    def add() -> Response:
        assert form.on_date.data is not None  # asked for by the form
        days = holiday_range(form.on_date.data, form.until.data, form.name.data or "")
        return _write_holidays(days, form.site_id())

    return answer(
        form, add, lambda: _holidays_page(form, HolidayListForm(formdata=None, prefix="list-"))
    )


@blueprint.post("/settings/holidays/list")
@requires(Permission.MANAGE_COMPANY)
def add_holiday_list() -> Response | str | tuple[str, int]:
    """Add pasted days off, all or none."""
    form = HolidayListForm(prefix="list-")
    form.offer(_site_choices())

    def add() -> Response:
        return _write_holidays(read_holidays(form.lines.data or ""), form.site_id())

    return answer(form, add, lambda: _holidays_page(HolidayForm(formdata=None), form))


@blueprint.post("/settings/holidays/<int:holiday_id>/delete")
@requires(Permission.MANAGE_COMPANY)
def delete_holiday(holiday_id: int) -> Response:
    """Make a day off a working day again."""
    year = request.form.get("year", "")
    return web.submit(
        lambda session: places.remove_holiday(
            session, actor=web.actor(), holiday_id=holiday_id, now=web.now()
        ),
        then=url_for("settings.holidays", year=year if year.isdigit() else None),
        message=_("Deleted. Dates count that day again."),
    )


def _write_holidays(days: list[tuple[Any, str]], site_id: int | None) -> Response:
    return web.submit(
        lambda session: places.add_holidays(
            session, actor=web.actor(), site_id=site_id, days=days, now=web.now()
        ),
        then=url_for("settings.holidays", year=days[0][0].year),
        message=_written,
    )


def _written(result: places.Written) -> str:
    parts = [
        ngettext("%(num)s day off added.", "%(num)s days off added.", result.added)
        if result.added or not result.renamed
        else "",
        ngettext("%(num)s renamed.", "%(num)s renamed.", result.renamed) if result.renamed else "",
        ngettext("%(num)s was there already.", "%(num)s were there already.", result.same)
        if result.same
        else "",
    ]
    return " ".join(part for part in parts if part)


def _holidays_page(form: HolidayForm, list_form: HolidayListForm) -> str:
    session = web.session()
    choices = _site_choices()
    form.offer(choices)
    list_form.offer(choices)
    this_year = local_date(web.now(), "UTC").year
    found = web.page_arguments(year=this_year, site=0)
    year = found["year"] if 1 <= found["year"] <= 9999 else this_year
    site_id = found["site"] if found["site"] in dict(choices) else None
    return render_template(
        "settings/holidays.html",
        form=form,
        list_form=list_form,
        year=year,
        years=[
            (n, str(n))
            for n in sorted({*queries.holiday_years(session), this_year, this_year + 1, year})
        ],
        site_id=site_id,
        sites=choices,
        holidays=queries.holidays(session, year=year, site_id=site_id),
    )


def _site_choices() -> list[tuple[int, str]]:
    return [(row.id, row.name) for row in queries.sites(web.session())]


def _site_page(form: SiteForm, found: queries.SiteView | None) -> str:
    return render_template("settings/site.html", form=form, site=found, zones=zone_names())


def _load(site_id: int) -> queries.SiteView:
    found = queries.site(web.session(), site_id)
    if found is None:
        raise NotFound
    return found


def _moves(form: SiteForm, site: queries.SiteView) -> list[tuple[str, str, str]]:
    """Return what would move dates: its label, how it is and how it would be."""
    plan = form.plan()
    try:
        zone = people_rules.clean_zone(plan.time_zone)
    except Refused:
        return []
    days = tuple(sorted(set(plan.working_weekdays)))
    if not days:
        return []
    moves = []
    if zone != site.time_zone:
        moves.append((str(form.time_zone.label.text), site.time_zone, zone))
    if days != site.working_weekdays:
        before = weekday_list(site.working_weekdays, site.week_starts_on)
        after = weekday_list(days, plan.week_starts_on)
        moves.append((str(form.working_weekdays.label.text), before, after))
    return moves
