"""The catalogues of the product's languages."""

from lms.translations.__main__ import problems, source_strings


def test_nothing_is_missing_wrong_or_left_over_in_any_language() -> None:
    assert list(problems()) == []


def test_the_strings_of_templates_and_code_are_found() -> None:
    found = {
        message.id if isinstance(message.id, str) else message.id[0] for message in source_strings()
    }
    assert {"Today", "The mail address or the password is not right."} <= found
