"""Passwords: argon2id, and which ones are refused. Slow on purpose: never inside a transaction."""

from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from lms.core.errors import Refused

SHORTEST = 8
LONGEST = 256
_PRODUCT_WORDS = ("belay", "northfold", "password", "onboarding")


@cache
def _hasher() -> PasswordHasher:
    # 19 MiB, two passes, one lane: OWASP's argon2id figures; 200 hires sign in at once.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return an argon2id hash (about 40 ms)."""
    return _hasher().hash(password)


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right. Takes the same time when there is nothing to compare with."""
    try:
        _hasher().verify(stored or _decoy(), password)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return stored is not None


def check_password(password: str, *, email: str, name: str = "", company: str = "") -> None:
    """Raise Refused unless a new password is long enough and not easily guessed."""
    if len(password) < SHORTEST:
        raise Refused("password_short", field="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("password_long", field="password", most=LONGEST)
    folded = password.casefold()
    if folded in _common() or len(set(folded)) < 3:
        raise Refused("password_common", field="password")
    own = [email.split("@")[0], *name.split(), *company.split(), *_PRODUCT_WORDS]
    rest = folded
    for word in own:
        if len(word) >= 3:
            rest = rest.replace(word.casefold(), "")
    if len(rest) < 5:
        raise Refused("password_personal", field="password")


@cache
def _decoy() -> str:
    return hash_password("nobody has this password")


@cache
def _common() -> frozenset[str]:
    path = Path(__file__).with_name("common-passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())
