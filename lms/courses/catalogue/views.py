"""The catalogue of tracks: which there are, and one of them by weeks."""

from flask import Blueprint, render_template

from lms.core import i18n, web
from lms.core.permissions import Permission, may, requires
from lms.courses.catalogue import queries
from lms.courses.lessons import days

blueprint = Blueprint("catalogue", __name__)


@blueprint.get("/courses")
@requires(Permission.FOLLOW_TRAINEES)
def index() -> str:
    """List the tracks with their versions, languages and how many walk them."""
    found = queries.catalogue(web.session(), language=days.page_language())
    return render_template(
        "catalogue/index.html", entries=found, languages_by_code=i18n.LANGUAGES, days=days
    )


@blueprint.get("/courses/<slug>")
@requires(Permission.FOLLOW_TRAINEES)
def show(slug: str) -> str:
    """Show one track by weeks, with links to its steps, its versions and languages."""
    found = queries.track_page(web.session(), slug=slug, language=days.page_language())
    return render_template(
        "catalogue/show.html",
        page=found,
        outline=found.entry.outline,
        languages_by_code=i18n.LANGUAGES,
        may_read_feedback=may(web.actor(), Permission.READ_FEEDBACK),
        days=days,
    )
