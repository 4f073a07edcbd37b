"""The way in: where it leads, what its cookies say, and what headers from outside can change."""

import re
from dataclasses import replace
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from lms.core import outbox
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.core.models import OutboxRow
from lms.core.web import EXTENSION, own_path
from lms.ops import jobs
from lms.people.account import rules
from lms.people.models import Person, SignIn, SignInFailure
from tests.cast import PASSWORD
from tests.conftest import MONDAY
from tests.security.conftest import World, make_world

ELSEWHERE = (
    "https://evil.example",
    "http://evil.example/",
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/\x00/evil.example",
    "\x00//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "HTTPS://evil.example",
    "javascript:zq(1)",
    "java\nscript:zq(1)",
    "data:text/html,x",
    "//evil.example/%2f..",
    "//evil%E3%80%82example",
    "//evil\u3002example",
    "http://127.0.0.1:8000@evil.example",
    "//localhost@evil.example",
    "https://localhost.evil.example",
    "?next=//evil.example",
    "evil.example",
    ".evil.example",
    "@evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/%09/evil.example",
    "/%5cevil.example",
    "/%2f/evil.example",
    "%2f%2fevil.example",
    "/\u2044/evil.example",
    "/\uff0f/evil.example",
    "/\u2028/evil.example",
    "//[::1]",
    "//[evil",
    "/" * 5000 + "evil.example",
)


def leads_away(location: str) -> bool:
    """Whether a browser would leave: it folds backslashes, and drops tabs and line breaks."""
    folded = re.sub(r"[\t\r\n]", "", location.strip("\x00 ")).replace("\\", "/")
    if folded.startswith("http://localhost/"):
        folded = folded.removeprefix("http://localhost")
    return folded.startswith("//") or not folded.startswith("/")


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_target_leads_elsewhere(target: str) -> None:
    assert not leads_away(own_path(target))


def test_signing_in_and_the_return_addresses_lead_nowhere_else(small_world: World) -> None:
    client, ines = small_world.browser(), small_world.browser("ines")
    signed_in = small_world.browser("maya")
    for target in ELSEWHERE:
        signed = signed_in.get("/login", query_string={"next": target})
        assert not leads_away(signed.location), target
        page = client.get("/login", query_string={"next": target}).text
        kept = re.search(r'name="next"[^>]*value="([^"]*)"', page)
        assert kept is None or not leads_away(kept[1]), target
        referrer = {"Referer": target.encode("utf-8", "replace").decode("latin-1")}
        if not re.search(r"[\r\n\x00]", target):
            changed = client.submit("/language", {"language": "en"}, headers=referrer)
            assert not leads_away(changed.location), target
        # The withdrawn exception does not exist: the refusal must not lead away either.
        gone = ines.submit("/dates/1/withdraw", {"back": target})
        assert gone.status_code in (303, 404)


def test_a_password_and_a_target_lead_to_our_own_page(small_world: World) -> None:
    client = small_world.browser()
    form = {"email": "maya@northfold.test", "password": PASSWORD, "next": "//evil.example"}
    assert client.submit("/login", form).location == "/"


HOSTS = ("evil.example", "evil.example:80", "127.0.0.1:8000@evil.example", "a" * 3000, "x y", "")


def test_the_host_that_a_request_names_is_in_no_answer(small_world: World) -> None:
    client = small_world.browser()
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}
    for host in HOSTS:
        for path in ("/login", "/reset", "/people", "/nothing"):
            answer = client.get(path, headers={"Host": host, **forwarded})
            assert answer.status_code < 500, host[:40]
            assert "evil.example" not in answer.text
            assert "evil.example" not in (answer.location or "")


def test_a_reset_mail_names_our_own_address(small_world: World) -> None:
    client = small_world.browser()
    answer = client.submit(
        "/reset",
        {"email": "maya@northfold.test"},
        headers={"X-Forwarded-Host": "evil.example", "X-Host": "evil.example"},
    )
    assert answer.status_code == 303
    with small_world.database.reading() as session:
        payloads = session.scalars(
            select(OutboxRow.payload).where(OutboxRow.kind == "password_reset")
        ).all()
    assert len(payloads) == 1
    assert "evil" not in str(payloads)


ODD_HEADERS = (
    ("Cookie", "belay=x; belay-stay=y; language=../../etc; theme=<script>"),
    ("Cookie", "belay=" + "A" * 6000),
    ("Cookie", 'language="\\000"; theme="\\000'),
    ("Accept-Language", "x" * 5000),
    ("Accept-Language", ",".join(["en;q=0.1"] * 1000)),
    ("Accept-Language", "../../he, \xff;q=nan, *;q=-1"),
    ("User-Agent", "<script>zq(1)</script>" * 100),
    ("User-Agent", "\xff\xfe\x80"),
    ("If-None-Match", '"' * 5000),
    ("If-Modified-Since", "Mon, 99 Foo 99999 99:99:99 GMT"),
    ("Content-Type", "multipart/form-data; boundary="),
    ("Content-Type", "application/json"),
    ("Content-Length", "-1"),
    ("X-Forwarded-For", "' OR 1=1 --"),
    ("Referer", "http://[::1"),
    ("Range", "bytes=0-"),
    ("HX-Request", "true"),
)


def test_no_header_breaks_a_page(small_world: World) -> None:
    readers = [small_world.browser(), small_world.browser("maya")]
    for name, value in ODD_HEADERS:
        for reader in readers:
            for path in ("/", "/login", "/search?q=a", "/account/sessions", "/logo"):
                with reader.get(path, headers={name: value}) as answer:
                    assert answer.status_code < 500, (name, value[:20])
                    assert "<script>zq" not in answer.get_data(as_text=True)
            posted = reader.post("/language", headers={name: value}, data=b"x")
            assert posted.status_code < 500, (name, value[:20])


def tried(world: World, **headers: str) -> int:
    """Sign in wrongly until it is stopped, from another claimed address each time."""
    for number in range(rules.PER_PAIR + 5):
        claimed = {
            "X-Forwarded-For": f"10.0.0.{number}, 10.1.0.{number}",
            "X-Real-IP": f"10.0.0.{number}",
            "Forwarded": f"for=10.0.0.{number}",
        }
        answer = world.browser().submit(
            "/login",
            {"email": "maya@northfold.test", "password": "not this one"},
            headers={**claimed, **headers},
        )
        if answer.status_code == 429:
            return number
    return -1


def test_a_claimed_address_does_not_get_more_tries(small_world: World) -> None:
    assert tried(small_world) == rules.PER_PAIR
    with small_world.database.reading() as session:
        assert session.scalars(select(SignInFailure.address).distinct()).all() == ["127.0.0.1"]


def test_behind_one_proxy_only_what_the_proxy_says_counts(
    sqlite_database: Database, config: Config, clock: FixedClock
) -> None:
    world = make_world(sqlite_database, replace(config, trusted_proxies=1), clock)
    for number in range(3):
        world.browser().submit(
            "/login",
            {"email": "maya@northfold.test", "password": "not this one"},
            headers={"X-Forwarded-For": f"6.6.6.{number}, 198.51.100.7"},
        )
    with world.database.reading() as session:
        assert session.scalars(select(SignInFailure.address).distinct()).all() == ["198.51.100.7"]


@pytest.fixture
def secure_world(sqlite_database: Database, config: Config, clock: FixedClock) -> World:
    """The company at an https address."""
    return make_world(sqlite_database, replace(config, base_url="https://belay.example"), clock)


def test_over_https_every_cookie_is_secure_and_bound_to_the_host(secure_world: World) -> None:
    client = secure_world.browser()
    base = {"base_url": "https://belay.example"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login", **base).text)
    assert token
    form = {"email": "maya@northfold.test", "password": PASSWORD, "remember": "y"}
    answer = client.post(
        "/login",
        data={"csrf_token": token[1], **form},
        headers={"Referer": "https://belay.example/login"},
        **base,
    )
    assert answer.status_code == 303
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {"__Host-belay", "__Host-belay-stay"}
    for cookie in cookies:
        parts = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
        assert not any(part.startswith("domain") for part in parts)
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_over_https_a_form_from_another_site_is_refused(secure_world: World) -> None:
    client = secure_world.browser()
    base = {"base_url": "https://belay.example"}
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/login", **base).text)
    assert token
    for referrer in ({}, {"Referer": "https://evil.example/"}):
        data = {"csrf_token": token[1], "language": "he"}
        answer = client.post("/language", data=data, headers=referrer, **base)
        assert answer.status_code == 400


def test_a_cookie_from_before_does_not_carry_over_a_sign_in(small_world: World) -> None:
    client = small_world.browser()
    client.get("/login")
    with client.session_transaction() as cookie:
        cookie["planted"] = "by somebody else"
        cookie["_user_id"] = "a token that the attacker knows"
    client.submit("/login", {"email": "maya@northfold.test", "password": PASSWORD})
    with client.session_transaction() as cookie:
        assert "planted" not in cookie
        assert cookie["_user_id"] != "a token that the attacker knows"


def test_a_copied_cookie_ends_with_the_sign_out(small_world: World) -> None:
    client = small_world.browser()
    form = {"email": "maya@northfold.test", "password": PASSWORD, "remember": "y"}
    client.submit("/login", form)
    copies = {name: client.get_cookie(name) for name in ("belay", "belay-stay")}
    assert client.get("/track").status_code == 200
    client.submit("/logout")
    for name, copy in copies.items():
        assert copy is not None
        thief = small_world.browser()
        thief.set_cookie(name, copy.value)
        assert thief.get("/track").status_code == 303
    with small_world.database.reading() as session:
        assert not session.scalars(select(SignIn.id).where(SignIn.ended_at.is_(None))).all()


def test_the_secret_key_signs_what_the_cookie_holds(small_world: World) -> None:
    from flask.sessions import SecureCookieSessionInterface

    victim = small_world.browser("ada")
    with victim.session_transaction() as cookie:
        token = cookie["_user_id"]
    small_world.app.secret_key, right = (
        "another key, as a thief would guess",
        (small_world.app.secret_key),
    )
    forged = SecureCookieSessionInterface().get_signing_serializer(small_world.app)
    small_world.app.secret_key = right
    assert forged is not None
    thief = small_world.browser()
    thief.set_cookie("belay", forged.dumps({"_user_id": token}))
    thief.set_cookie("belay-stay", f"{token}|{'0' * 128}")
    assert thief.get("/settings").status_code == 303


MAILS = (
    ("New.Person@Northfold.COM", "new.person@northfold.com"),
    ("new+tag@northfold.com", "new+tag@northfold.com"),
    ("new@bücher.example.com", "new@bücher.example.com"),
    ("новый@northfold.com", None),
    ("new@northfold.com\r\nBcc: a@b.com", None),
    ("new@northfold.com, other@northfold.com", None),
    ('"a b"@northfold.com', None),
    ("new@[127.0.0.1]", None),
    ("new@localhost", None),
    ("<new@northfold.com>", None),
    ("a" * 250 + "@northfold.com", None),
    ("new@" + "a." * 130 + "com", None),
    ("ne\u200bw@northfold.com", None),
    ("\uff4eew@northfold.com", None),
    ("=cmd@northfold.com", None),
)


def test_one_form_of_each_mail_address_is_kept_or_none(small_world: World) -> None:
    ada = small_world.browser("ada")
    for number, (typed, kept) in enumerate(MAILS):
        name = f"Nia {'abcdefghijklmnopqrstuvwxyz'[number]}"
        answer = ada.submit("/people/new", {**NEW, "name": name, "email": typed})
        assert answer.status_code == (303 if kept else 422), typed
        with small_world.database.reading() as session:
            found = session.scalars(select(Person.email).where(Person.name == name)).all()
        assert found == ([kept] if kept else [])
        if kept:
            again = ada.submit("/people/new", {**NEW, "email": typed.swapcase()})
            assert again.status_code == 422


NEW = {
    "name": "Nia Olsen",
    "roles": "trainee",
    **dict.fromkeys(("intake_id", "site_id", "department_id"), "0"),
    **dict.fromkeys(("first_category", "second_category"), "0"),
    "manager": "",
    "language": "",
}


def test_a_company_with_a_line_break_in_its_name_sends_no_header(small_world: World) -> None:
    ada = small_world.browser("ada")
    company = {
        "name": "North\r\nBcc: everybody@evil.example",
        "language": "en",
        "time_zone": "UTC",
        "digest_hour": "7",
        "invitation_days": "14",
        "seen": "",
    }
    ada.submit("/settings", company)
    ada.submit("/settings/mail/test")
    mails = drained(small_world)
    assert mails
    for mail in mails:
        assert not message_from_bytes(mail).get_all("Bcc")


def drained(world: World) -> list[bytes]:
    """Let the background worker send what waits, and return the mails."""
    outbox.drain(world.database, jobs.handlers(world.app), worker="test", now=lambda: MONDAY)
    config = world.app.extensions[EXTENSION].config
    return [path.read_bytes() for path in (config.data_dir / "mail").glob("*.eml")]


def test_people_by_the_thousand_are_not_guessed_from_pages(small_world: World) -> None:
    maya = small_world.browser("maya")
    with small_world.database.reading() as session:
        most = session.scalar(select(func.max(Person.id))) or 0
    seen = [maya.get(f"/people/{n}").text for n in range(1, most + 1)]
    mails = {mail for page in seen for mail in re.findall(r"\w+@northfold\.test", page)}
    assert mails <= {"maya@northfold.test", "ravi@northfold.test", "noa@northfold.test"}
