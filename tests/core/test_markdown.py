"""Markdown becomes safe HTML, in time proportional to the text."""

import time
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lms.core.markdown import MAX_CHARACTERS, draft, plain_text, render

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.test/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'>",
    '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    "<svg onload=alert(1)>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><script href=data:,alert(1) />",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='&lt;script&gt;alert(1)&lt;/script&gt;'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><input type=submit></form>",
    "<button formaction=javascript:alert(1)>x</button>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>x</marquee>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<base href=//evil.test/>",
    "<link rel=stylesheet href=//evil.test/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<style>@import '//evil.test/x.css';</style>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<template><script>alert(1)</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<textarea><script>alert(1)</script></textarea>",
    "<title><img src=x onerror=alert(1)></title>",
    "<!--><script>alert(1)</script>-->",
    "<!-- --!><img src=x onerror=alert(1)> -->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<div onclick=alert(1)>\n\n**x**\n\n</div>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](javascript&#58;alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](java%0ascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x]( javascript:alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](vbscript:msgbox(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](file:///etc/passwd)",
    "[x](//evil.test/x)",
    "[x](\\\\evil.test\\x)",
    "[x](/\\evil.test)",
    "[x](http://[::1)",
    '[x](https://a.test "onmouseover=alert(1)")',
    '[x](https://a.test" onmouseover="alert(1))',
    "[x](https://a.test'onmouseover='alert(1))",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "[x][1]\n\n[1]: https://a.test '\"><script>alert(1)</script>'",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg onload=alert(1)>)",
    "![x](https://evil.test/pixel.png)",
    '![x" onerror="alert(1)](media/x.png)',
    "![<script>alert(1)</script>](media/x.png)",
    '![x](media/x.png "a\\" onerror=\\"alert(1)")',
    "![x][1]\n\n[1]: //evil.test/x.png",
    "<javascript:alert(1)>",
    "<javascript://%0aalert(1)>",
    '<https://a.test/"onclick=alert(1)>',
    "`<script>alert(1)</script>`",
    "```html\n<script>alert(1)</script>\n```",
    '``` {.x onclick="alert(1)"}\nx\n```',
    '``` { #x style="x" onload=alert(1) }\nx\n```',
    "# <script>alert(1)</script>",
    "## x {onclick=alert(1)}",
    "> [!TIP] <script>alert(1)</script>\n> x",
    "> [!TIP|onclick] x\n> x",
    '> [!x" onclick="alert(1)] x\n> x',
    "> [!NOTE]- <img src=x onerror=alert(1)>\n> x",
    "> **<script>alert(1)</script>:** x",
    "| <script>alert(1)</script> | b |\n|--|--|\n| <img src=x onerror=alert(1)> | c |",
    "- [ ] <input type=image src=x onerror=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\<script>alert(1)\\</script>",
    "\x02klzzwxh:0000\x03<script>alert(1)</script>",
    "\x02amp\x03lt;script\x02amp\x03gt;",
    "\ufdd0script\ufdd9alert(1)",
    "\ufdd8script\ufdd9alert(1)\ufdd8/script\ufdd9",
    "[" * 500 + "](javascript:alert(1))" * 500,
    "*" * 5000 + "<script>alert(1)</script>" + "<" * 5000,
    "<" * 10_000 + "img src=x onerror=alert(1)>" + "&" * 10_000,
]
TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h2", "h3", "h4", "h5", "h6", "hr",
    "img", "input", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table",
    "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


class _Look(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment survived: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration survived: {decl}")


def _assert_safe(html: str) -> None:
    for tag, attributes in _Look(html).elements:
        assert tag in TAGS, f"<{tag}> survived"
        for name, value in attributes.items():
            assert not name.startswith("on"), f"{name} survived"
            assert name not in ("style", "srcset", "formaction"), f"{name} survived"
            if name == "href":
                assert value
                assert value.startswith("#part-") or _is_web(value) or value == "/found"
            if name == "src":
                assert value == "/found"
            if name == "id":
                assert value
                assert value.startswith("part-")


def _is_web(address: str) -> bool:
    return urlsplit(address).scheme in ("http", "https", "mailto", "tel")


@pytest.mark.parametrize("payload", HOSTILE)
def test_nothing_hostile_survives(payload: str) -> None:
    _assert_safe(render(payload, resolve=lambda target: None))
    _assert_safe(render(f"text {payload} text\n\n- {payload}\n\n> {payload}"))


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(set(HOSTILE)) >= 60


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "<",
                ">",
                '"',
                "'",
                "`",
                "*",
                "_",
                "[",
                "]",
                "(",
                ")",
                "!",
                "#",
                "&",
                ";",
                ":",
                "/",
                "\\",
                "|",
                "~",
                "=",
                "-",
                "+",
                "\n",
                "\t",
                "script",
                "img",
                "onerror=",
                "javascript:",
                "href=",
                "src=",
                "x",
                "1",
                "<a",
                "<b>",
                "</",
                "-->",
                "```",
                "{.",
                "}",
                "[!",
                "&#x3c;",
                "\x02",
                "\x03",
                "\ufdd0",
                "\ufdd8",
            ]
        ),
        max_size=60,
    )
)
def test_no_mixture_of_markup_is_unsafe(parts: list[str]) -> None:
    _assert_safe(render("".join(parts)))


PATTERNS = {
    "open brackets": "[",
    "open pictures": "![",
    "links that do not end": "[a](",
    "links in quotes that do not end": "[a](b 'c)",
    "empty links": "[](",
    "references": "[a][",
    "targets in angles": "[a](<",
    "stars": "*",
    "star words": "a**",
    "star and underscore": "_*",
    "open emphasis": "*a ",
    "both emphases": "**a *b ",
    "underscores": "a_",
    "quotes": ">",
    "spaced quotes": "> ",
    "quote lines": "> a\n",
    "backticks": "`a``",
    "fences": "```\n",
    "fences in quotes": "> ```\n",
    "tildes": "~~a ",
    "less-than signs": "<",
    "ampersands": "&",
    "backslashes": "\\",
    "escaped stars": "\\*",
    "hashes": "#",
    "list items": "- a\n",
    "lists in lists": "1. ",
    "rules": "* * *\n",
    "underlined headings": "a\n===\n",
    "line breaks": "a  \n",
    "table cells": "|a",
    "spaces": " ",
    "empty lines": "\n",
    "one long word": "a",
    "brackets in short blocks": "[" * 900 + "\n\n",
    "marks in short blocks": "_*" * 450 + "\n\n",
}


@pytest.mark.parametrize("name", PATTERNS)
def test_a_hostile_text_takes_time_in_proportion(name: str) -> None:
    text = (PATTERNS[name] * 100_000)[:100_000]
    started = time.process_time()
    render(text)
    # Untamed, most of these take minutes; the limit leaves room for a slow machine.
    assert time.process_time() - started < 4


def test_deep_nesting_is_shown_and_not_refused() -> None:
    indented = "\n".join(" " * (4 * depth) + "- a" for depth in range(100))
    quoted = "\n".join("> " * depth + "a" for depth in range(100))
    html = render(indented + "\n\n" + quoted)
    assert html.count("<blockquote>") <= 8
    assert plain_text(html).count("a") == 200


def test_a_taming_keeps_every_character() -> None:
    html = render("word " * 1000 + "[" * 3000 + " & " + "<" * 3000)
    assert html.count("[") == 3000
    assert html.count("&lt;") == 3000
    assert " &amp; " in html


def test_a_long_honest_lesson_is_not_touched_by_the_limits() -> None:
    row = "| **name** | [a link](https://a.test/) | `code` and *words* |\n"
    html = render("| a | b | c |\n|---|---|---|\n" + row * 60)
    assert html.count("<strong>") == 60
    assert html.count("<a ") == 60
    assert html.count("<em>") == 60


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(ValueError, match="too long"):
        render("a" * (MAX_CHARACTERS + 1))


def test_a_dialogue_is_a_quote_that_begins_with_a_bold_name() -> None:
    for source in (
        "> **Tomas:** Hello.\n>\n> **Kim (first week):** Hi.",
        "> **Ines**: Hello.",
        "> **教练：** 你好。",
    ):
        assert '<blockquote class="dialogue">' in render(source)
    for source in ("> Somebody said so.", "> It is **very:** bold.", "> **Bold** alone."):
        assert "dialogue" not in render(source)


def test_callouts_are_named_in_the_language_of_the_text() -> None:
    html = render("> [!TIP]\n> Ask early.", language="ru")
    assert '<div class="callout callout-tip">' in html
    assert '<p class="callout-title">Совет</p>' in html
    assert "Careful" in render("> [!WARNING]\n> Hot.")
    assert "Before you start" in render("> [!NOTE] Before you start\n> Read.")


def test_table_cells_keep_their_alignment() -> None:
    html = render("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert '<td align="right">2</td>' in html
    assert 'scope="col"' in html
    assert "style" not in html


def test_task_lists_cannot_be_ticked() -> None:
    html = render("- [ ] one\n- [x] two")
    boxes = [attributes for tag, attributes in _Look(html).elements if tag == "input"]
    assert [("disabled" in box, "checked" in box) for box in boxes] == [(True, False), (True, True)]


def test_headings_begin_at_the_second_level_and_can_be_linked_to() -> None:
    html = render("# One\n\n## Two words\n\n## Two words\n\n## 今天做什么\n\n[up](#two-words)")
    assert "<h1" not in html
    assert '<h2 id="part-one">One</h2>' in html
    assert 'id="part-two-words"' in html
    assert 'id="part-two-words-2"' in html
    assert 'id="part-今天做什么"' in html
    assert 'href="#part-two-words"' in html


def test_relative_targets_are_resolved_and_unknown_ones_dropped() -> None:
    found = {"media/a.png": "/media/abc", "02-next.md": "/steps/x/next"}
    html = render(
        "![rope](media/a.png) ![gone](media/b.png) [next](02-next.md) [lost](03-lost.md)",
        resolve=found.get,
    )
    assert 'src="/media/abc"' in html
    assert 'loading="lazy"' in html
    assert 'href="/steps/x/next"' in html
    assert "lost.md" not in html
    assert "b.png" not in html


def test_links_to_elsewhere_tell_that_place_nothing() -> None:
    assert 'rel="noopener noreferrer"' in render("[x](https://a.test/)")


def test_a_tilde_means_about() -> None:
    assert render("~20 and ~30 km") == "<p>~20 and ~30 km</p>"


def test_a_draft_tells_what_the_text_points_to() -> None:
    found = draft("# Top\n\n[a](x.md) ![](media/p.png)\n\n<b>raw</b> `<i>`\n\n> [!BOO]\n> x")
    assert found.links == ("x.md",)
    assert [(p.target, p.alternative) for p in found.pictures] == [("media/p.png", "")]
    assert found.first_level == ("Top",)
    assert found.raw_html == ("<b>", "</b>")
    assert found.unknown_callouts == ("boo",)
    assert "top" in found.anchors


def test_plain_text_is_words_alone() -> None:
    assert plain_text(render("## A\n\n*b* &amp; [c](https://d.test)")) == "A b &amp; c"
