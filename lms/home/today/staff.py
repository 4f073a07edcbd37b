"""The morning of whoever looks after others: one page, put together from their roles."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for

from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.pages import Card
from lms.core.permissions import Permission, Role, may
from lms.courses.claims.queries import WaitingClaim, waiting_claims
from lms.courses.standing import STUCK_AFTER_WORKING_DAYS
from lms.home import words
from lms.home.today import rules, team
from lms.home.today.asked import Asked
from lms.home.today.office import office
from lms.home.today.queries import beside, hard_lessons, news
from lms.home.today.team import Charge
from lms.home.today.trainee import greeting
from lms.people.notices.sentences import sentence

CLAIMS = 5
HELPED = 5
MEETS = 4
WEEK = 7
NEWS = 4
LOOKS_AFTER = (Role.COACH, Role.MANAGER, Role.TRAINER)


def card(asked: Asked, charges: Sequence[Charge], *, greets: bool, are_more: bool) -> Card:
    """Return the section of everybody who is more than a trainee.

    `greets` says whether it opens the page, so that a reader is greeted once; `are_more`
    whether the reader follows more people than were looked at.
    """
    claims = _claims(asked)
    shown: dict[str, Any] = {
        "are_more": are_more,
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
        shown["sessions"] = team.sessions(charges, asked, days=days)[:MEETS]
        shown["sessions_days"] = days
    elif not asked.has(Role.ADMIN):
        shown["news"] = _news(asked)
        shown["people"] = beside(asked.session, person_id=asked.viewer.id, host_id=None)
    if greets:
        shown["hello"] = greeting(asked)
        shown["where"] = _where(asked, charges, claims, shown["office"])
        shown["action"] = _action(asked, charges, claims, shown["office"])
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


def _where(
    asked: Asked,
    charges: Sequence[Charge],
    claims: Sequence[WaitingClaim],
    house: Mapping[str, Any] | None,
) -> str:
    """Return in one line how things are."""
    parts = [*_on_the_way(charges), *_waiting(claims)]
    if house and not house["worker_alive"]:
        parts.append(_("the background worker is silent"))
    uninvited = _uninvited(house)
    if uninvited:
        parts.append(
            ngettext(
                "%(num)s person has no open invitation",
                "%(num)s people have no open invitation",
                uninvited,
            )
        )
    if parts:
        return words.capital(" · ".join(parts))
    if asked.has(*LOOKS_AFTER):
        return _("Nobody is in onboarding with you just now.")
    return _("Nothing waits for you.")


def _on_the_way(charges: Sequence[Charge]) -> list[str]:
    if not charges:
        return []
    people = ngettext("%(num)s person on the way", "%(num)s people on the way", len(charges))
    stuck = len(_stuck(charges))
    if not stuck:
        return [people, _("nobody is stuck")]
    return [people, ngettext("%(num)s is stuck", "%(num)s are stuck", stuck)]


def _waiting(claims: Sequence[WaitingClaim]) -> list[str]:
    if len(claims) > CLAIMS:
        return [_("more than %(num)s claims wait for your word", num=CLAIMS)]
    if not claims:
        return []
    return [
        ngettext(
            "%(num)s claim waits for your word",
            "%(num)s claims wait for your word",
            len(claims),
        )
    ]


def _uninvited(house: Mapping[str, Any] | None) -> int:
    return sum(one.left for one, _day in house["intakes"]) if house else 0


def _action(
    asked: Asked,
    charges: Sequence[Charge],
    claims: Sequence[WaitingClaim],
    house: Mapping[str, Any] | None,
) -> dict[str, str]:
    """Return the one thing that should not wait; when all can, where one usually goes on."""
    if house and house["dead_rows"]:
        return {"url": "/settings/mail", "label": _("See what could not be delivered")}
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
    if house:
        waiting = next((one for one, _day in house["intakes"] if one.left), None)
        if waiting is not None:
            return {"url": f"/intakes/{waiting.id}", "label": _("Invite them")}
        return {"url": "/intakes", "label": _("Open the intakes")}
    if asked.has(*LOOKS_AFTER):
        return {"url": url_for("board.index"), "label": _("Open the board")}
    return {"url": "/people", "label": _("Look people up")}
