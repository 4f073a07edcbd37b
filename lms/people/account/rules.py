"""Rules of accounts: how many tries, how long links live, what a secret address is made of."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
"""Failures older than this are forgotten."""
PER_PAIR = 10
"""Failures for one mail address from one network address."""
PER_EMAIL = 50
"""Failures for one mail address from anywhere."""
PER_ADDRESS = 1000
"""Failures from one network address: a shop of 200 behind one address must all get in."""

RESET_LASTS = timedelta(hours=2)
"""How long a link to a new password works; invitations: see the company's settings."""
INVITATIONS = ("invite", "slip")
RESETS = ("reset",)

DEMO_PASSWORD = "northfold-demo"  # noqa: S105 - printed on the demo's sign-in page
"""The password of every listed account of a demo; no other company has it."""
PHOTO_SIDES = (512, 384, 288, 192)
LARGEST_PHOTO = 30_000
"""A photo is shown small and often: the largest of these sides that stays below so many bytes."""

SELF_CHECK = (
    "passion",
    "best_category",
    "great_service",
    "tested_patience",
    "last_trip",
    "favourite_gear",
    "too_expensive",
)
"""The questions of day one, in order; their texts are in `words`."""
LONGEST_ANSWER = 6000


def too_many(*, for_pair: int, for_email: int, for_address: int) -> bool:
    """Whether so many failures within the window forbid another try."""
    return for_pair >= PER_PAIR or for_email >= PER_EMAIL or for_address >= PER_ADDRESS


def attempt_key(secret: str, act: str, email: str) -> str:
    """Return what is kept of a mail address that was typed: nobody can read it back.

    `act` keeps signing in, asking for a reset and confirming apart from each other.
    """
    return _mac(secret, f"attempt:{act}:{email.strip().lower()}").hex()


def normal_email(email: str) -> str:
    """Return the form of a mail address that people are kept under."""
    return email.strip().lower()


def link_state(
    *,
    used_at: datetime | None,
    revoked_at: datetime | None,
    expires_at: datetime,
    now: datetime,
) -> str:
    """Return `used`, `revoked`, `expired` or `open`."""
    if used_at is not None:
        return "used"
    if revoked_at is not None:
        return "revoked"
    return "expired" if expires_at <= now else "open"


def calendar_token(secret: str, person_id: int, epoch: int) -> str:
    """Return the secret part of a person's calendar address. Another epoch, another address."""
    mac = _mac(secret, f"calendar:{person_id}:{epoch}")[:24]
    return f"{person_id}-{base64.urlsafe_b64encode(mac).decode()}"


def person_of_calendar_token(token: str) -> int | None:
    """Return whose address this claims to be, or None when it has not the shape of one."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})-[A-Za-z0-9_-]{32}", token)
    return int(found[1]) if found else None


def is_calendar_token(secret: str, token: str, *, person_id: int, epoch: int) -> bool:
    """Whether this is the person's present address; there is none at an epoch below one."""
    right = calendar_token(secret, person_id, epoch)
    return hmac.compare_digest(token.encode(), right.encode()) and epoch > 0


def next_epoch(epoch: int) -> int:
    """Return the epoch of a new calendar address, whose every forerunner is dead."""
    return abs(epoch) + 1


def revoked_epoch(epoch: int) -> int:
    """Return the epoch that means: no address, and the earlier ones never come back."""
    return -abs(epoch)


def _mac(secret: str, text: str) -> bytes:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()


@dataclass(frozen=True)
class Device:
    """What a browser says of itself, as names; empty where it does not say."""

    browser: str
    system: str


_BROWSERS = (
    (r"Edg(?:e|A|iOS)?/", "Edge"),
    (r"OPR/|Opera", "Opera"),
    (r"SamsungBrowser/", "Samsung Internet"),
    (r"MicroMessenger/", "WeChat"),
    (r"YaBrowser/", "Yandex Browser"),
    (r"Firefox/|FxiOS/", "Firefox"),
    (r"Chrome/|CriOS/|Chromium/", "Chrome"),
    (r"Safari/", "Safari"),
)
_SYSTEMS = (
    (r"iPhone", "iPhone"),
    (r"iPad", "iPad"),
    (r"Android", "Android"),
    (r"Windows", "Windows"),
    (r"CrOS", "ChromeOS"),
    (r"Macintosh|Mac OS X", "Mac"),
    (r"Linux", "Linux"),
)


def device(agent: str) -> Device:
    """Return the browser and system that a user-agent line names."""
    return Device(_first(_BROWSERS, agent), _first(_SYSTEMS, agent))


def _first(names: tuple[tuple[str, str], ...], agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, agent)), "")
