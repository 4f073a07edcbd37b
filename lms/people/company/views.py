"""Settings: the company and its logo, the labels of people, mail. Places: `place_views`."""

from typing import Any

from flask import Response, abort, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from lms.core import files, refusals, web
from lms.core.errors import NotFound, Refused
from lms.core.forms import answer, blame
from lms.core.permissions import Permission, requires
from lms.people.account.words import SEASON_NAMES
from lms.people.company import operations, place_views, queries
from lms.people.company.blueprint import blueprint
from lms.people.company.forms import CategoryForm, CompanyForm, LabelForm, LogoForm, zone_names
from lms.people.company.words import REFUSALS, WORK_NAMES

refusals.add(REFUSALS)

LOGO_SIDE = 400
KINDS = {"departments": "department", "categories": "category"}
"""Labels by the word in their address."""


@blueprint.route("/settings", methods=["GET", "POST"])
@requires(Permission.MANAGE_COMPANY)
def index() -> Response | str | tuple[str, int]:
    """Show and change the company."""
    company = queries.company(web.session())
    form = CompanyForm(data=_values(company))

    def save() -> Response:
        try:
            return web.submit(
                lambda session: operations.save_company(
                    session,
                    actor=web.actor(),
                    plan=form.plan(),
                    seen=form.seen.data or "",
                    now=web.now(),
                ),
                then=url_for("settings.index"),
                message=_("Saved."),
            )
        except Refused as error:
            if error.code == "settings_changed":
                raise form.changed_meanwhile(error, company.stamp) from error
            raise

    return answer(form, save, lambda: _company_page(form, LogoForm(), company))


@blueprint.post("/settings/logo")
@requires(Permission.MANAGE_COMPANY)
def change_logo() -> Response | tuple[str, int]:
    """Take a new logo, re-encoded."""
    form = LogoForm()
    try:
        content = files.read_upload(form.logo.data)
        picture = files.decode_picture(content, longest_side=LOGO_SIDE)
        digest = files.write_content(web.belay().config.files_dir, picture.content)
    except Refused as error:
        blame(form, Refused(error.code, field="logo", **error.values))
        company = queries.company(web.session())
        return _company_page(CompanyForm(formdata=None, data=_values(company)), form, company), 422

    def keep(session: Any) -> None:
        row = files.keep(
            session,
            digest=digest,
            media_type=picture.media_type,
            size=len(picture.content),
            width=picture.width,
            height=picture.height,
            now=web.now(),
        )
        operations.set_logo(session, actor=web.actor(), file_id=row.id, now=web.now())

    return web.submit(keep, then=url_for("settings.index"), message=_("The logo is changed."))


@blueprint.post("/settings/logo/remove")
@requires(Permission.MANAGE_COMPANY)
def remove_logo() -> Response:
    """Show no logo any more."""
    return web.submit(
        lambda session: operations.remove_logo(session, actor=web.actor(), now=web.now()),
        then=url_for("settings.index"),
        message=_("The logo is gone."),
    )


@blueprint.get("/logo")
@requires(Permission.PUBLIC)
def logo() -> Response:
    """Send the company's logo, which anybody may see; browsers ask again after five minutes."""
    found = queries.logo(web.session())
    path = files.path_of(web.belay().config.files_dir, found.sha256) if found else None
    if found is None or path is None or not path.exists():
        abort(404)
    response = Response(path.read_bytes(), mimetype=found.media_type)
    response.set_etag(found.sha256)
    response.make_conditional(request)
    response.headers["Cache-Control"] = "public, max-age=300"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.route("/settings/<any(departments, categories):kind>", methods=["GET", "POST"])
@requires(Permission.MANAGE_COMPANY)
def labels(kind: str) -> Response | str | tuple[str, int]:
    """List departments or gear categories and add one."""
    form = _label_form(kind)

    def add() -> Response:
        return web.submit(
            lambda session: operations.add_label(
                session, actor=web.actor(), kind=KINDS[kind], now=web.now(), **_typed(form)
            ),
            then=url_for("settings.labels", kind=kind),
            message=_("Added: %(name)s", name=form.name.data),
        )

    def page() -> str:
        return render_template(
            "settings/labels.html",
            kind=kind,
            form=form,
            labels=queries.labels(web.session(), KINDS[kind]),
            seasons=SEASON_NAMES,
        )

    return answer(form, add, page)


@blueprint.route(
    "/settings/<any(departments, categories):kind>/<int:label_id>", methods=["GET", "POST"]
)
@requires(Permission.MANAGE_COMPANY)
def label(kind: str, label_id: int) -> Response | str | tuple[str, int]:
    """Rename a department or gear category."""
    found = queries.label(web.session(), KINDS[kind], label_id)
    if found is None:
        raise NotFound
    form = _label_form(kind, name=found.name, slug=found.slug, season=found.season)

    def save() -> Response:
        return web.submit(
            lambda session: operations.change_label(
                session,
                actor=web.actor(),
                kind=KINDS[kind],
                label_id=label_id,
                now=web.now(),
                **_typed(form),
            ),
            then=url_for("settings.labels", kind=kind),
            message=_("Saved."),
        )

    return answer(
        form,
        save,
        lambda: render_template("settings/label.html", kind=kind, form=form, label=found),
    )


@blueprint.post("/settings/<any(departments, categories):kind>/<int:label_id>/delete")
@requires(Permission.MANAGE_COMPANY)
def delete_label(kind: str, label_id: int) -> Response:
    """Delete a department or gear category that nobody has."""
    return web.submit(
        lambda session: operations.delete_label(
            session, actor=web.actor(), kind=KINDS[kind], label_id=label_id, now=web.now()
        ),
        then=url_for("settings.labels", kind=kind),
        message=_("Deleted."),
    )


@blueprint.get("/settings/mail")
@requires(Permission.MANAGE_COMPANY)
def mail() -> str:
    """Show whether mail goes out, what died, and how the last test mails went."""
    session, now = web.session(), web.now()
    return render_template(
        "settings/mail.html",
        configured=web.belay().config.mail_url is not None,
        sender=web.belay().config.mail_from,
        health=queries.outbox_health(session, now=now),
        dead=queries.dead_rows(session),
        tests=queries.own_test_mails(session, person_id=web.actor().person_id or 0),
        names=WORK_NAMES,
    )


@blueprint.post("/settings/mail/test")
@requires(Permission.MANAGE_COMPANY)
def send_test_mail() -> Response:
    """Have a test mail sent to oneself."""
    return web.submit(
        lambda session: operations.send_test_mail(session, actor=web.actor(), now=web.now()),
        then=url_for("settings.mail"),
        message=_("A test mail to you is on its way. Reload this page to see how it went."),
    )


@blueprint.post("/settings/mail/retry")
@requires(Permission.MANAGE_COMPANY)
def retry_mail() -> Response:
    """Let the worker try one dead thing again, or all."""
    text = request.form.get("row", "")
    row_id = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
    if text and row_id is None:
        raise NotFound
    return web.submit(
        lambda session: operations.retry_dead(
            session, actor=web.actor(), row_id=row_id, now=web.now()
        ),
        then=url_for("settings.mail"),
        message=lambda count: ngettext(
            "%(num)s thing is tried again.", "%(num)s things are tried again.", count
        ),
    )


def _values(company: queries.CompanyView) -> dict[str, object]:
    return {
        "name": company.name,
        "language": company.language,
        "time_zone": company.time_zone,
        "digest_hour": company.settings.digest_hour,
        "invitation_days": company.settings.invitation_days,
        "seen": company.stamp,
    }


def _company_page(form: CompanyForm, logo_form: LogoForm, company: queries.CompanyView) -> str:
    return render_template(
        "settings/company.html",
        form=form,
        logo_form=logo_form,
        company=company,
        zones=zone_names(),
    )


def _label_form(kind: str, **values: str | None) -> LabelForm:
    form = CategoryForm if kind == "categories" else LabelForm
    return form(data=values) if values else form()


def _typed(form: LabelForm) -> dict[str, str]:
    typed = {"name": form.name.data or "", "slug": form.slug.data or ""}
    return typed | ({"season": form.season.data} if isinstance(form, CategoryForm) else {})


__all__ = ["blueprint", "place_views"]
