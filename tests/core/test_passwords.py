"""Passwords: hashing, comparing, and which ones are refused."""

import pytest
from argon2 import extract_parameters

from lms.core import passwords, refusals
from lms.core.errors import Refused


def check(password: str) -> None:
    """Ask whether Maya may have this password."""
    passwords.check_password(
        password, email="maya.winter@northfold.test", name="Maya Winter", company="Harbour Ltd"
    )


def test_a_hash_is_salted_and_compares() -> None:
    first, second = (
        passwords.hash_password("a rope of 60 m"),
        passwords.hash_password("a rope of 60 m"),
    )
    assert first != second
    assert passwords.verify_password(first, "a rope of 60 m")
    assert not passwords.verify_password(first, "a rope of 61 m")


def test_keyboards_that_compose_letters_differently_send_the_same_password() -> None:
    stored = passwords.hash_password("caf\u00e9 und h\u00f6hle")
    assert passwords.verify_password(stored, "cafe\u0301 und ho\u0308hle")


def test_nothing_stored_is_never_right_and_costs_as_much() -> None:
    assert not passwords.verify_password(None, "nobody has this password")
    decoy, real = (
        extract_parameters(passwords._DECOY),
        extract_parameters(passwords.hash_password("x" * 9)),
    )
    assert decoy == real


def test_a_damaged_hash_is_not_an_accident() -> None:
    assert not passwords.verify_password("not a hash", "whatever it is")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_short"),
        ("x" * 257, "password_long"),
        ("Password1!", "password_common"),
        ("P4$$w0rd", "password_common"),
        ("Sunshine2026", "password_common"),
        ("12345678", "password_common"),
        ("987654321", "password_common"),
        ("qwertyuiop", "password_common"),
        ("aaaaaaaaaa", "password_common"),
        ("abcabcabcabc", "password_common"),
        ("Пароль123", "password_common"),
        ("йцукенгш", "password_common"),
        ("סיסמה1234", "password_common"),
        ("mayawinter1", "password_personal"),
        ("Winter.Maya7", "password_personal"),
        ("harbour1!", "password_personal"),
        ("northfold99", "password_personal"),
    ],
)
def test_what_is_easily_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        check(password)
    assert (refused.value.code, refused.value.field) == (code, "password")
    assert code in refusals.codes()


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "три карабина и верёвка",
        "kletterschuh im Regen",
        "t9#Lq2vX",
        "爬山的人喜欢早起八点",
    ],
)
def test_what_takes_thought_is_taken(password: str) -> None:
    check(password)
