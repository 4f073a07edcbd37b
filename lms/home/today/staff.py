"""The morning of whoever looks after others: one page, put together from their roles."""

from collections.abc import Sequence
from typing import Any

from flask import url_for

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.pages import Card
from lms.core.permissions import Permission, Role, may
from lms.courses.claims.queries import WaitingClaim, waiting_claims
from lms.courses.standing import STUCK_AFTER_WORKING_DAYS
from lms.home.today import rules, team
from lms.home.today.asked import Asked
from lms.home.today.office import office
from lms.home.today.queries import beside, hard_lessons, news
from lms.home.today.team import Charge
from lms.home.today.trainee import greeting
from lms.people.notices.sentences import sentence

CLAIMS = 5
HELPED = 5
WEEK = 7
NEWS = 4
LOOKS_AFTER = (Role.COACH, Role.MANAGER, Role.TRAINER)


def card(asked: Asked, charges: Sequence[Charge], *, greets: bool) -> Card:
    """Return the section of everybody who is more than a trainee.

    `greets` says whether it opens the page, so that a reader is greeted once.
    """
    claims = _claims(asked)
    shown: dict[str, Any] = {
        "claims": claims[:CLAIMS],
        "more_claims": len(claims) > CLAIMS,
        "confirms": may(asked.actor, Permission.CONFIRM_TASKS),
        "coach": _coach(asked, charges),
        "manager": _manager(asked, charges),
        "trainer": _trainer(asked, charges),
        "office": office(asked) if asked.has(Role.ADMIN) else None,
        "sessions": None,
        "news": None,
        "people": None,
    }
    if asked.has(*LOOKS_AFTER):
        days = WEEK if asked.has(Role.TRAINER) else 1
        shown["sessions"] = team.sessions(charges, asked, days=days)[:HELPED]
        shown["sessions_days"] = days
    elif not asked.has(Role.ADMIN):
        shown["news"] = _news(asked)
        shown["people"] = beside(asked.session, person_id=asked.viewer.id, host_id=None)
    if greets:
        shown["hello"] = greeting(asked)
        shown["where"] = _where(asked, charges, claims)
        shown["action"] = _action(charges, claims, shown["office"])
    return Card("home/today/_staff.html", shown)


def _claims(asked: Asked) -> list[WaitingClaim]:
    if not may(asked.actor, Permission.CONFIRM_TASKS):
        return []
    return waiting_claims(
        asked.session,
        actor=asked.actor,
        now=asked.now,
        language=asked.language,
        limit=CLAIMS + 1,
    )


def _coach(asked: Asked, charges: Sequence[Charge]) -> dict[str, Any] | None:
    if not asked.has(Role.COACH):
        return None
    return _people([charge for charge in charges if charge.followed.coached], asked)


def _manager(asked: Asked, charges: Sequence[Charge]) -> dict[str, Any] | None:
    """Return the team in onboarding; who is coached too stands with the trainees."""
    if not asked.has(Role.MANAGER):
        return None
    managed = [charge for charge in charges if charge.followed.managed]
    soon = [charge for charge in managed if charge.is_handed_over_soon]
    return {
        **_people([charge for charge in managed if not charge.followed.coached], asked),
        "soon": [team.line(charge, asked) for charge in soon[: team.LISTED]],
        "people": len(managed),
    }


def _trainer(asked: Asked, charges: Sequence[Charge]) -> dict[str, Any] | None:
    if not asked.has(Role.TRAINER):
        return None
    behind = [charge for charge in charges if charge.standing.late_days]
    return {
        "intakes": team.intake_lines(charges),
        "behind": [team.line(charge, asked) for charge in behind[:HELPED]],
        "hard": hard_lessons(asked.session, now=asked.now),
    }


def _people(found: Sequence[Charge], asked: Asked) -> dict[str, Any]:
    return {
        "lines": [team.line(charge, asked) for charge in found[: team.LISTED]],
        "left_off": max(0, len(found) - team.LISTED),
    }


def _news(asked: Asked) -> list[dict[str, Any]]:
    rows = news(asked.session, person_id=asked.viewer.id, most=NEWS)
    return [{"text": sentence(row.kind, row.values, asked.zone), "url": row.url} for row in rows]


def _stuck(charges: Sequence[Charge]) -> list[Charge]:
    return [c for c in charges if c.standing.late_days >= STUCK_AFTER_WORKING_DAYS]


def _where(asked: Asked, charges: Sequence[Charge], claims: Sequence[WaitingClaim]) -> str:
    """Return in one line how things are."""
    parts = []
    if charges:
        parts.append(
            ngettext("%(num)s person on the way", "%(num)s people on the way", len(charges))
        )
    stuck = len(_stuck(charges))
    if stuck:
        parts.append(ngettext("%(num)s is stuck", "%(num)s are stuck", stuck))
    elif charges:
        parts.append(_("nobody is stuck"))
    if len(claims) > CLAIMS:
        parts.append(_("more than %(num)s claims wait for your word", num=CLAIMS))
    elif claims:
        parts.append(
            ngettext(
                "%(num)s claim waits for your word",
                "%(num)s claims wait for your word",
                len(claims),
            )
        )
    if parts:
        return " · ".join(parts)
    if asked.has(*LOOKS_AFTER):
        return _("Nobody is in onboarding with you just now.")
    return _("Here is what concerns you.")


def _action(
    charges: Sequence[Charge], claims: Sequence[WaitingClaim], house: dict[str, Any] | None
) -> dict[str, str] | None:
    """Return the one thing that should not wait, or None when all can."""
    if house is not None and house["troubled"]:
        return {"url": "/settings/mail", "label": _("See what is stuck")}
    if claims:
        first = claims[0]
        url = url_for("claims.decide", assignment_id=first.assignment_id, step_id=first.step_id)
        name = rules.first_name(first.person.name)
        return {"url": url, "label": _("Look at what %(name)s has done", name=name)}
    stuck = _stuck(charges)
    if stuck:
        name = rules.first_name(stuck[0].row.face.name)
        label = _("See how %(name)s is doing", name=name)
        return {"url": team.track_url(stuck[0]), "label": label}
    if charges:
        return {"url": url_for("board.index"), "label": _("Open the board")}
    return None
