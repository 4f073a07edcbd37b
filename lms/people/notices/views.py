"""The page of notices."""

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms.core import web
from lms.core.permissions import Permission, requires
from lms.people.notices import operations, queries
from lms.people.notices.sentences import sentence

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/notifications")
@requires(Permission.MEMBER)
def index() -> str:
    """List one's own notices, unread ones first."""
    found = queries.notices(
        web.session(), person_id=current_user.id, page=web.page_arguments(page=1)["page"]
    )
    shown = [
        {
            "id": row.id,
            "text": sentence(row.kind, row.values, current_user.time_zone),
            "url": row.url,
            "created_at": row.created_at,
            "urgent": row.urgent,
            "unread": row.read_at is None,
        }
        for row in found.rows
    ]
    return render_template("notices/index.html", notices=shown, found=found)


@blueprint.post("/notifications/<int:notice_id>/open")
@requires(Permission.MEMBER)
def open_notice(notice_id: int) -> Response:
    """Mark one's own notice as read and go where it leads."""
    actor = web.actor()
    return web.submit(
        lambda session: operations.mark_read(
            session, actor=actor, notice_id=notice_id, now=web.now()
        ),
        then=lambda url: url,
    )


@blueprint.post("/notifications/read")
@requires(Permission.MEMBER)
def read_all() -> Response:
    """Mark all of one's own notices as read."""
    actor = web.actor()
    return web.submit(
        lambda session: operations.mark_all_read(session, actor=actor, now=web.now()),
        then=url_for("notifications.index"),
        message=_("All read."),
    )
