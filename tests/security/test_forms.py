"""Every form that the pages show: unasked, widened, sent twice, and filled with what hurts."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from lms.core.db import Base
from tests.security.conftest import World
from tests.security.forms import Form, Shown, forms_of, shown_forms
from tests.test_routes import address, fingerprint, give_back, keep, rules

WHO = ("ada", "ines", "ravi", "maya")
NOT_SHOWN = {
    "account.end_session",  # there is no other sign-in to end
    "account.invitation",  # behind a link of one's own
    "account.login",
    "account.new_password",
    "account.remove_photo",  # nobody has a photo
    "account.revoke_calendar",  # nobody has an address yet
    "assigning.assign_intake",  # the intake has its track
    "assigning.assign_person",
    "assigning.move_intake",  # there is no newer version
    "attendance.reopen",  # nobody has attended
    "claims.reopen",  # nothing is confirmed
    "dates.note_presence",  # nobody walks alone
    "dates.withdraw",  # there is no exception
    "directory.end_sessions",
    "directory.reactivate",
    "directory.send_invitation",
    "importing.preview",  # no file is waiting
    "lessons.claim",  # the task is claimed
    "lessons.effort",
    "settings.delete_site",
    "settings.remove_logo",
    "settings.retry_mail",
}
"""Endpoints without a form in the company that these tests walk; each has tests of its own."""


def found_forms(world: World) -> dict[str, Shown]:
    readers = {who: world.browser(who) for who in WHO}
    start = [address(world.app, rule, world.samples) for rule, m in rules(world.app) if m == "GET"]
    return shown_forms(world.app, readers, start)


_WALKED: dict[str, Shown] = {}
"""The forms of the company as every test of this file finds it; walking it takes seconds."""


@pytest.fixture
def shown(small_world: World) -> dict[str, Shown]:
    if not _WALKED:
        _WALKED.update(found_forms(small_world))
    return _WALKED


def keeping(world: World) -> Iterator[None]:
    """Give turns, each on the company as it was."""
    path = Path(world.database.url.database or "")
    kept = path.with_suffix(".kept")
    keep(world.database, path, kept)
    while True:
        yield
        give_back(world.database, path, kept)


def test_the_walk_meets_the_forms(small_world: World, shown: dict[str, Shown]) -> None:
    posts = {rule.endpoint for rule, method in rules(small_world.app) if method == "POST"}
    assert posts - set(shown) - NOT_SHOWN == set()


def test_a_form_from_another_page_changes_nothing(
    small_world: World, shown: dict[str, Shown]
) -> None:
    senders = {who: small_world.browser(who) for who in WHO}
    before = fingerprint(small_world.database)
    for endpoint, one in shown.items():
        values = one.form.values()
        for token in ([], ["x"], ["IjEi.x.y"]):
            answer = senders[one.who].post(one.form.action, data={**values, "csrf_token": token})
            assert answer.status_code == 400, endpoint
    for rule, method in rules(small_world.app):
        if method == "POST":
            answer = senders["ada"].post(address(small_world.app, rule, small_world.samples))
            assert answer.status_code in (400, 404), rule.rule
    assert fingerprint(small_world.database) == before


SECRETS = {"access_link", "sign_in", "sign_in_failure", "answered_request", "outbox"}
"""Tables with random tokens, hashes and keys in them."""


def all_columns() -> dict[str, str]:
    """Return a hostile value for every column of every table."""
    return {
        column.name: {"BOOLEAN": "1", "INTEGER": "1"}.get(str(column.type), "admin")
        for table in Base.metadata.sorted_tables
        for column in table.columns
    }


def test_columns_beside_the_fields_of_a_form_change_nothing_more(
    small_world: World, shown: dict[str, Shown]
) -> None:
    turns = keeping(small_world)
    for endpoint, one in shown.items():
        if endpoint == "account.password":
            continue  # salts its hash
        extra = {name: text for name, text in all_columns().items() if name not in READ}
        extra = {name: text for name, text in extra.items() if name not in one.form.names()}
        results = []
        for more in ({}, extra):
            next(turns)
            values = {**one.form.values(), **more, "_key": ["one"]}
            small_world.browser(one.who).submit(one.form.action, values)
            rows = fingerprint(small_world.database)
            results.append({name: rows[name] for name in rows if name not in SECRETS})
        assert results[0] == results[1], endpoint


READ = {"note", "reason", "person", "days", "comment", "present"}
"""Fields that some form has under a column's name and leaves out when nothing is ticked."""


def test_a_form_sent_twice_has_one_effect(small_world: World, shown: dict[str, Shown]) -> None:
    turns = keeping(small_world)
    for endpoint, one in shown.items():
        next(turns)
        if endpoint in ("account.logout", "account.end_all_sessions", "account.choose_language"):
            continue  # twice is once, by their nature
        sender = small_world.browser(one.who)
        values = one.form.values()
        with sender.submit(one.form.action, values) as first:
            if first.status_code != 303:
                continue
        after = fingerprint(small_world.database)
        with sender.submit(one.form.action, values) as second:
            assert (second.status_code, second.location) == (303, first.location), endpoint
        again = fingerprint(small_world.database)
        assert {n for n in after if after[n] != again[n]} - BY_ITSELF.get(endpoint, set()) == set()


BY_ITSELF = {"account.reset": {"sign_in_failure"}}
"""What counts tries on purpose."""

ODD = (
    b"a\x00b\x01\x1b[31m\x7f\xc2\x85 \xe2\x80\xae\xe2\x81\xa6 \xef\xbf\xbe\xef\xbf\xbf "
    b"\xf0\x9f\x98\x80 \xed\xa0\x80 \xff\xfe \xc0\x80 %s %(x)s {{7*7}} ${7*7} \\ ' \" ; --"
)
PAYLOAD = b"</textarea></title>\"'><script>zq(1)</script><img src=x onerror=zq(2)>&amp;{{7*7}}"
LONG = (b"((((((((((", b"a@a.a@a.a@", b"<!--<![CDA", b"          ", b"9999999999")


def send(world: World, one: Shown, hostile: dict[str, bytes]) -> tuple[int, str, float]:
    """Send a form with hostile bytes in some fields; return status, page and seconds of CPU."""
    client = world.browser(one.who)
    pairs = [
        (name, value)
        for name, values in one.form.values().items()
        for value in values
        if name not in hostile and name != "csrf_token"
    ]
    token = client.csrf_token("/account/password")
    body = urlencode([*pairs, *hostile.items(), ("csrf_token", token)])
    started = time.process_time()
    answer = client.post(
        one.form.action, data=body, content_type="application/x-www-form-urlencoded"
    )
    seconds = time.process_time() - started
    with answer:
        text = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
    return answer.status_code, text, seconds


def test_no_odd_text_in_a_typed_field_breaks_a_form(
    small_world: World, shown: dict[str, Shown]
) -> None:
    assert sent_into(small_world, shown, (ODD, PAYLOAD), typed_only=True) == []


@pytest.mark.slow
def test_no_text_of_any_length_in_any_field_breaks_a_form(
    small_world: World, shown: dict[str, Shown]
) -> None:
    assert sent_into(small_world, shown, (ODD, *LONG), typed_only=False) == []


def sent_into(
    world: World, shown: dict[str, Shown], texts: tuple[bytes, ...], *, typed_only: bool
) -> list[tuple[object, ...]]:
    """Send each text in each field alone; return what broke, took a second or came back alive."""
    turns = keeping(world)
    broken: list[tuple[object, ...]] = []
    for endpoint, one in shown.items():
        names = one.form.typed() if typed_only else sorted(one.form.names() - {"csrf_token"})
        for name in names:
            for text in texts:
                next(turns)
                hostile = text if text not in LONG else text * 10_000
                status, page, seconds = send(world, one, {name: hostile})
                if status >= 500 or seconds > 1 or "<script>zq" in page:
                    broken.append((endpoint, name, text[:10], status, round(seconds, 2)))
    return broken


def test_what_was_typed_into_a_wrong_form_is_kept(
    small_world: World, shown: dict[str, Shown]
) -> None:
    turns = keeping(small_world)
    lost, wrong = [], 0
    for endpoint, one in shown.items():
        for name in one.form.typed():
            kind = next(field.kind for field in one.form.fields if field.name == name)
            if kind == "password":
                continue
            next(turns)
            typed = PAYLOAD + b"\r\n and more" * 700 * (kind == "textarea")
            status, page, _seconds = send(small_world, one, {name: typed})
            wrong += status == 422
            if status == 422 and not is_kept(one.form, page, name, typed.decode()):
                lost.append((endpoint, name))
    assert lost == []
    assert wrong > 20


def is_kept(form: Form, page: str, name: str, typed: str) -> bool:
    values = [
        (field.value or "").replace("\r", "")
        for found in forms_of(form.action, page)
        for field in found.fields
        if field.name == name
    ]
    return typed.replace("\r", "") in values


def test_odd_letters_in_every_field_at_once_break_no_form(postgres_world: World) -> None:
    world = postgres_world
    broken = []
    ends_access = {"directory.deactivate", "intakes.member"}
    for endpoint, one in sorted(
        found_forms(world).items(), key=lambda pair: pair[0] in ends_access
    ):
        status, _page, _seconds = send(world, one, dict.fromkeys(one.form.typed(), ODD))
        if status >= 500:
            broken.append((endpoint, status))
    assert broken == []


CROWDED = {
    "many fields": b"&".join(b"a%d=b" % n for n in range(100_000)),
    "one name many times": b"a=b&" * 240_000,
    "nothing but separators": b"&" * 990_000,
    "percent signs": b"a=" + b"%" * 990_000,
    "too much text": b"a=" + b"x" * 3_000_000,
    "sixty megabytes of fields": b"a&" * 30_000_000,
    "too many fields": b"&".join(b"a%d=b" % n for n in range(400_000)),
}


def test_a_form_of_any_size_is_answered_within_a_second(small_world: World) -> None:
    client = small_world.browser()
    for case, body in CROWDED.items():
        started = time.process_time()
        with client.post(
            "/login", data=body, content_type="application/x-www-form-urlencoded"
        ) as answer:
            assert answer.status_code == (413 if len(body) > 1024 * 1024 else 400), case
        assert time.process_time() - started < 1, case


def test_a_form_of_many_parts_is_refused(small_world: World) -> None:
    body = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n" * 5000 + b"--x--"
    kind = "multipart/form-data; boundary=x"
    with small_world.browser().post("/login", data=body, content_type=kind) as answer:
        assert answer.status_code == 413
