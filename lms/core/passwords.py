"""Passwords: argon2id, and which ones are refused. Slow on purpose: never inside a transaction."""

import re
import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from lms.core.errors import Refused

SHORTEST = 8
LONGEST = 256
_DECOY = (
    "$argon2id$v=19$m=19456,t=2,p=1$MZzPLK1AdDwI36jRaGVfGQ$"
    "F7az0CbVMbxO5NQzcIY+lLRRBt/1Ty08KSlm+5AHVA4"
)
"""The hash of a random string that nobody kept, with the costs of every other hash."""
_PRODUCT_WORDS = ("belay", "northfold", "password", "onboarding")
_KEYBOARD_ROWS = (
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
)
_LOOKS_LIKE = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "@": "a", "$": "s"})
_ENDS = re.compile(r"^[\W\d_]+|[\W\d_]+$")


@cache
def _hasher() -> PasswordHasher:
    # 19 MiB, two passes, one lane: OWASP's argon2id figures; 200 hires sign in at once.
    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Return an argon2id hash (about 40 ms)."""
    return _hasher().hash(_same_everywhere(password))


def verify_password(stored: str | None, password: str) -> bool:
    """Whether the password is right. Takes the same time when there is nothing to compare with."""
    try:
        _hasher().verify(stored or _DECOY, _same_everywhere(password))
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return stored is not None


def check_password(password: str, *, email: str, name: str = "", company: str = "") -> None:
    """Raise Refused unless a new password is long enough and not easily guessed.

    A common word with figures around it or in place of letters counts as that word. Runs along
    the keyboard, repetitions and the person's own words do not count towards the length.
    """
    if len(password) < SHORTEST:
        raise Refused("password_short", field="password", least=SHORTEST)
    if len(password) > LONGEST:
        raise Refused("password_long", field="password", most=LONGEST)
    folded = _same_everywhere(password).casefold()
    if _is_common(folded):
        raise Refused("password_common", field="password")
    own = [*re.split(r"[\W_]+", f"{email.split('@')[0]} {name} {company}"), *_PRODUCT_WORDS]
    rest = folded
    for word in own:
        if len(word) >= 3:
            rest = rest.replace(word.casefold(), "")
    if len(rest) < 5:
        raise Refused("password_personal", field="password")


def _same_everywhere(password: str) -> str:
    """Return one form of what different keyboards may send for the same characters."""
    return unicodedata.normalize("NFKC", password)


def _is_common(folded: str) -> bool:
    bare = _ENDS.sub("", folded)
    spelled_out = _ENDS.sub("", folded.translate(_LOOKS_LIKE))
    return bool(
        {folded, bare, spelled_out} & _common() or _is_run(folded) or _is_repetition(folded)
    )


def _is_run(folded: str) -> bool:
    """Whether nearly every character lies next to the one before it on a keyboard."""
    neighbours = sum(_are_neighbours(a, b) for a, b in pairwise(folded))
    return neighbours >= len(folded) - 2


def _are_neighbours(a: str, b: str) -> bool:
    return any(
        a in row and b in row and abs(row.index(a) - row.index(b)) <= 1 for row in _KEYBOARD_ROWS
    )


def _is_repetition(folded: str) -> bool:
    """Whether the whole is a part of at most four characters said again and again."""
    return any(
        (folded[:size] * (len(folded) // size + 1))[: len(folded)] == folded for size in range(1, 5)
    )


@cache
def _common() -> frozenset[str]:
    path = Path(__file__).with_name("common-passwords.txt")
    return frozenset(path.read_text(encoding="utf-8").split())
