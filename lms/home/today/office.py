"""What an administrator looks at: intakes and who is in, imports, health, what is missing."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask_babel import format_timedelta

from lms.core import web
from lms.core.backups import last_backup
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.core.models import ALIVE_FOR
from lms.home import words
from lms.home.today.asked import Asked
from lms.home.today.queries import House, house, intakes_in

MAIL_WAITS = timedelta(minutes=10)
"""Something that has waited longer for the worker is worth a word."""
BACKUP_LASTS = timedelta(days=7)
"""A backup older than this is worth a word."""


@dataclass(frozen=True)
class Sign:
    """One thing about the running of the place: fine, or what to do about it."""

    text: str
    tone: str
    icon: str
    url: str = ""


def office(asked: Asked) -> dict[str, Any]:
    """Return an administrator's cards. Two statements, one small file."""
    found = house(asked.session, now=asked.now)
    return {
        "intakes": [
            (one, _start(one.starts_on, asked))
            for one in intakes_in(asked.session, now=asked.now, today=asked.today)
        ],
        "signs": [*_health(found, asked), *_missing(found)],
        "imported": _imported(found, asked),
        "dead_rows": found.dead_rows,
        "worker_alive": _worker_alive(found),
    }


def _start(on: date, asked: Asked) -> str:
    day = words.day(on)
    return _("starts on %(day)s", day=day) if on > asked.today else _("since %(day)s", day=day)


def _worker_alive(found: House) -> bool:
    # The machine's own time, by which workers beat: a demo's clock may be set on another day.
    beat = found.worker_beat_at
    return beat is not None and datetime.now(UTC) - beat < ALIVE_FOR


def _health(found: House, asked: Asked) -> list[Sign]:
    signs = []
    if _worker_alive(found):
        signs.append(Sign(_("The background worker is alive."), "good", "circle-check"))
    else:
        text = _("The background worker has not been heard of: mail waits. See: lms doctor")
        signs.append(Sign(text, "bad", "alert-circle"))
    if found.dead_rows:
        text = ngettext(
            "%(num)s thing could not be delivered.",
            "%(num)s things could not be delivered.",
            found.dead_rows,
        )
        signs.append(Sign(text, "bad", "alert-circle", "/settings/mail"))
    else:
        signs.append(Sign(_("Nothing is stuck on its way out."), "good", "circle-check"))
    oldest = found.oldest_waiting_at
    if oldest is not None and asked.now - oldest > MAIL_WAITS:
        waited = format_timedelta(asked.now - oldest, granularity="minute")
        text = _("The oldest waiting mail or job is %(time)s overdue.", time=waited)
        signs.append(Sign(text, "due", "clock"))
    signs.append(_backup(asked))
    return signs


def _backup(asked: Asked) -> Sign:
    made_at = last_backup(web.belay().config.data_dir)
    if made_at is None:
        return Sign(_("No backup has been made yet. See: lms backup"), "due", "clock")
    when = words.day_and_clock(made_at, asked.zone, asked.today)
    text = _("Last backup: %(when)s.", when=when)
    if asked.now - made_at > BACKUP_LASTS:
        return Sign(text, "due", "clock")
    return Sign(text, "good", "circle-check")


def _missing(found: House) -> list[Sign]:
    if found.without_site or found.without_coach:
        return [
            Sign(text, "due", icon, "/people")
            for count, text, icon in (
                (found.without_site, _sites(found.without_site), "building-store"),
                (found.without_coach, _coaches(found.without_coach), "users"),
            )
            if count
        ]
    return [Sign(_("Everybody has a site, and every trainee a coach."), "good", "circle-check")]


def _sites(count: int) -> str:
    return ngettext(
        "%(num)s person has no site, so no working days.",
        "%(num)s people have no site, so no working days.",
        count,
    )


def _coaches(count: int) -> str:
    return ngettext(
        "%(num)s person on a track has no coach.",
        "%(num)s people on a track have no coach.",
        count,
    )


def _imported(found: House, asked: Asked) -> str:
    if found.imported_at is None or found.imported is None:
        return ""
    totals = found.imported.get("totals", {})
    return _(
        "Last import, %(when)s: %(new)s new, %(changed)s changed, %(refused)s refused.",
        when=words.day_and_clock(found.imported_at, asked.zone, asked.today),
        new=totals.get("new", 0),
        changed=totals.get("changed", 0),
        refused=totals.get("refused", 0),
    )
