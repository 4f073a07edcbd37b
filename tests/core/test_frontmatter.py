"""Front matter is read strictly, with the line of every key."""

import pytest

from lms.core.frontmatter import MAX_HEADER, BadDocument, parse

WRONG = {
    "no front matter": ("title: x\n", 1, "must begin"),
    "no end": ("---\ntitle: x\n", 1, "no closing"),
    "not YAML": ("---\na: 1\nb: [1\n---\n", 3, "not valid YAML"),
    "a tab": ("---\na: 1\n\tb: 2\n---\n", 3, "a tab"),
    "a key twice": ("---\na: 1\nb: 2\na: 3\n---\n", 4, "given twice"),
    "a key twice inside": ("---\na:\n  b: 1\n  b: 2\n---\n", 4, "given twice"),
    "a list": ("---\n- a\n---\n", 2, "key: value"),
    "a number as key": ("---\n1: a\n---\n", 2, "a key must be text"),
    "a list as key": ("---\n? [a]\n: 1\n---\n", 2, "a key must be text"),
    "an anchor": ("---\na: &x 1\nb: 2\n---\n", 2, "anchors"),
    "an alias of nothing": ("---\na: *x\n---\n", 2, "alias"),
    "a Python object": ("---\na: !!python/object:os.system x\n---\n", 2, "constructor"),
    "a merge": ("---\n<<: {a: 1}\n---\n", 2, "constructor"),
    "a date that is none": ("---\na: 2020-13-45\n---\n", 2, "month"),
    "a control character": ('---\na: 1\nb: "\x01"\n---\n', 3, "control character"),
    "depth": ("---\na: " + "[" * 5000 + "\n---\n", 2, "nested too deeply"),
    "length": ("---\na: " + "x" * MAX_HEADER + "\n---\n", 2, "longer than"),
    "nothing at all": ("", 1, "must begin"),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_front_matter_is_refused_with_its_line(name: str) -> None:
    source, line, message = WRONG[name]
    with pytest.raises(BadDocument, match=message) as refused:
        parse(source)
    assert refused.value.line == line


def test_keys_and_entries_know_their_lines() -> None:
    document = parse(
        '---\ntitle: "A: b"\nweeks:\n  - title: x\n    goal: y\nlist: [a]\n---\nBody\n'
    )
    assert document.meta == {
        "title": "A: b",
        "weeks": [{"title": "x", "goal": "y"}],
        "list": ["a"],
    }
    assert document.line_of("title") == 2
    assert document.line_of("weeks.0.goal") == 5
    assert document.line_of("weeks.0.theme") == 4
    assert document.line_of("list.0") == 6
    assert document.line_of("absent") == 1
    assert (document.body, document.body_line) == ("Body\n", 8)


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    plain = parse("---\ntitle: x\nday: 1\n---\nOne\n\nTwo\n")
    assert parse("\ufeff---\r\ntitle: x\r\nday: 1\r\n---\r\nOne\r\n\r\nTwo\r\n") == plain


def test_front_matter_may_be_empty_and_a_body_may_have_rules() -> None:
    document = parse("---\n---\nOne\n\n---\n\nTwo")
    assert document.meta == {}
    assert document.body == "One\n\n---\n\nTwo"
