"""The blueprint of the intake pages, and the page of one intake that several acts answer with."""

from math import ceil
from typing import Any

from flask import Blueprint, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from lms.core import web
from lms.core.errors import NotFound
from lms.core.pages import Card
from lms.core.worktime import local_date
from lms.people import ties, written
from lms.people.calendars import site_calendar
from lms.people.intakes import policy, queries, rules
from lms.people.intakes.queries import MEMBERS_SHOWN, IntakeView
from lms.people.intakes.rules import Access
from lms.people.intakes.words import PHASES, STATES, TONES

blueprint = Blueprint("intakes", __name__)
blueprint.context_processor(written.in_templates)


@blueprint.context_processor
def _words() -> dict[str, Any]:
    """Give every intake page the words of members' states."""
    return {"state_words": STATES, "state_tones": TONES}


def load(intake_id: int) -> IntakeView:
    """Return an intake; raise NotFound when there is none. One statement."""
    found = queries.intake(web.session(), intake_id)
    if found is None:
        raise NotFound
    return found


def intake_page(intake: IntakeView, problem: str | None = None) -> str:
    """Return the page of an intake, with what went wrong when something did."""
    session, now, actor = web.session(), web.now(), web.actor()
    wanted = web.page_arguments(q="", state="", page=1)
    state = Access(wanted["state"]) if wanted["state"] in set(Access) else None
    counts = queries.access_counts(session, intake_ids=[intake.id], now=now)[intake.id]
    page = max(1, wanted["page"])
    members = queries.members(
        session, intake_id=intake.id, search=wanted["q"], state=state, page=page, now=now
    )
    calendar = site_calendar(session, intake.site_id, current_user.company_version)
    kept = {"q": wanted["q"] or None, "state": state.value if state else None}

    def address(**more: Any) -> str:
        return url_for("intakes.show", intake_id=intake.id, **{**kept, **more})

    return render_template(
        "intakes/show.html",
        intake=intake,
        problem=problem,
        phase=PHASES[rules.phase(intake.starts_on, local_date(now, intake.site_zone), calendar)],
        first_day=rules.first_day(intake.starts_on, calendar),
        last_day=rules.last_day(intake.starts_on, calendar),
        counts=counts,
        total=counts.total(),
        members=members,
        beside=ties.ties(session, [row.id for row in members.rows]),
        tabs=_state_tabs(address, counts, state),
        kept=kept,
        search=wanted["q"],
        page=page,
        pages=max(1, ceil(members.total / MEMBERS_SHOWN)),
        address=address,
        may_let_in=policy.may_let_in(actor),
        panels=panels(intake.id),
    )


def panels(intake_id: int) -> list[Card]:
    """Return what other parts show on the page of this intake, in their order."""
    sources = web.belay().registry.intake_panels
    cards = [source(web.session(), web.actor(), intake_id, web.now()) for source in sources]
    return [card for card in cards if card is not None]


def _state_tabs(address: Any, counts: Any, state: Access | None) -> list[dict[str, Any]]:
    tabs = [
        {
            "url": address(state=None, page=None),
            "label": _("All"),
            "count": counts.total(),
            "current": state is None,
        }
    ]
    for access, label in STATES.items():
        if access is Access.CLOSED and not counts[access]:
            continue
        tabs.append(
            {
                "url": address(state=access.value, page=None),
                "label": label,
                "count": counts[access],
                "current": state is access,
            }
        )
    return tabs
