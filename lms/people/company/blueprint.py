"""The blueprint of the settings pages and the row of their sections."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _

from lms.people import written

blueprint = Blueprint("settings", __name__)
blueprint.context_processor(written.in_templates)


@blueprint.context_processor
def _sections() -> dict[str, Any]:
    """Give every settings page the row of its sections."""
    here = request.endpoint or ""
    kind = (request.view_args or {}).get("kind")
    sections = [
        (url_for("settings.index"), _("Company"), "building-store", here == "settings.index"),
        (url_for("settings.sites"), _("Sites"), "map-pin", "site" in here),
        (url_for("settings.holidays"), _("Holidays"), "calendar", "holiday" in here),
        (
            url_for("settings.labels", kind="departments"),
            _("Departments"),
            "users-group",
            kind == "departments",
        ),
        (
            url_for("settings.labels", kind="categories"),
            _("Gear categories"),
            "backpack",
            kind == "categories",
        ),
        (url_for("settings.mail"), _("Mail"), "mail", "mail" in here),
    ]
    return {
        "sections": [
            {"url": url, "label": label, "icon": icon, "current": current}
            for url, label, icon, current in sections
        ]
    }
