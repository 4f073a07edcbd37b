"""A trainee's whole day without a mouse: every stop of the focus can be seen."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from lms.courses.models import EffortScore, StepEvent
from lms.demo.seed import PASSWORD
from tests.journeys.addresses import account
from tests.journeys.chromium import DESK, PHONE, expect
from tests.journeys.conftest import Open
from tests.journeys.serving import Served

pytestmark = pytest.mark.browser

FARTHEST = 60
"""So many presses of Tab are the most that anything of a trainee's day may be away."""
WHERE = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const drawn = (style) => style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const label = here.closest("label");
  const seen = drawn(getComputedStyle(here)) || drawn(getComputedStyle(here, "::after"))
    || (label !== null && drawn(getComputedStyle(label)));
  const box = here.getClientRects()[0];
  const points = box ? [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]] : [];
  const free = points.some(([x, y]) => {
    const top = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    return top !== null && (here.contains(top) || top.contains(here));
  });
  return {
    name: here.getAttribute("aria-label") || here.labels?.[0]?.innerText || here.innerText || "",
    tag: here.tagName.toLowerCase(), main: here.id === "main", seen, free,
  };
}"""


class Keys:
    """Somebody with a keyboard and no mouse. Remembers each stop that could not be seen."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.unseen: list[str] = []

    def press(self, key: str) -> None:
        """Press a key."""
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(text)

    def here(self) -> dict[str, Any]:
        """Return what has the focus, and whether one can see that."""
        found = self.page.evaluate(WHERE)
        return found or {"name": "", "tag": "body", "main": False, "seen": True, "free": True}

    def tab(self, key: str = "Tab") -> dict[str, Any]:
        """Go one stop on."""
        self.press(key)
        here = self.here()
        if not (here["seen"] and here["free"]):
            self.unseen.append(f"{self.page.url}: {here}")
        return here

    def go_to(self, name: str, key: str = "Tab") -> None:
        """Go on until something of this name has the focus."""
        passed = []
        for _ in range(FARTHEST):
            here = self.tab(key)
            if name.lower() in " ".join(here["name"].lower().split()):
                return
            passed.append(here["name"][:40])
        raise AssertionError(f"{name!r} is out of reach on {self.page.url}: {passed}")

    def follow(self, name: str) -> None:
        """Go to a link or button and press Enter; wait for the page that comes."""
        self.go_to(name)
        with self.page.expect_navigation():
            self.press("Enter")

    def skip_to_content(self) -> None:
        """Take the first stop of every page: the link that leads past the menus."""
        assert self.tab()["name"] == "Skip to the content"
        expect(self.page.locator(".skip")).to_be_in_viewport()
        self.press("Enter")
        assert self.here()["main"], "the focus is at the content"


def sign_in(keys: Keys) -> None:
    """Sign in as the demo's first trainee."""
    keys.page.goto("/login")
    keys.skip_to_content()
    keys.go_to("E-mail")
    keys.write(account("trainee"))
    keys.go_to("Password")
    keys.write(PASSWORD)
    with keys.page.expect_navigation():
        keys.press("Enter")
    expect(keys.page.locator(".hero")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_trainees_day_works_by_keyboard_alone(
    fresh_demo: Served, windows: Open, viewport: dict[str, int]
) -> None:
    keys = Keys(windows(fresh_demo, viewport=viewport).page)
    sign_in(keys)
    claim_again(keys)
    read_a_lesson(keys)
    search_and_turn_pages(keys)
    sign_out(keys)
    assert keys.unseen == []
    with fresh_demo.database.reading() as session:
        me = fresh_demo.person(account("trainee"))
        last = session.scalars(
            select(StepEvent.kind).where(StepEvent.actor_id == me).order_by(StepEvent.id.desc())
        )
        assert list(last)[:2] == ["done", "claimed"]
        comment = select(EffortScore.score, EffortScore.comment).where(EffortScore.person_id == me)
        newest = session.execute(comment.order_by(EffortScore.at.desc())).first()
        assert newest == (4, "The dialogue showed it at once.")


def claim_again(keys: Keys) -> None:
    """The one next step is what came back: claim it again with a note."""
    keys.skip_to_content()
    keys.follow("Try again:")
    keys.skip_to_content()
    keys.go_to("What did you do")
    keys.write("The note is written now; Ravi can read it on the order.")
    keys.follow("Claim")
    expect(keys.page.get_by_role("status").first).to_contain_text("Claimed.")


def read_a_lesson(keys: Keys) -> None:
    """Back to Today, on to the next lesson, read it, and say how it was."""
    keys.follow("Today")
    keys.skip_to_content()
    keys.follow("Continue:")
    keys.skip_to_content()
    keys.follow("I have read this")
    expect(keys.page.get_by_role("status").first).to_contain_text("Done:")
    keys.skip_to_content()
    keys.go_to("Say more, if you like")
    keys.press("Enter")
    keys.go_to("What made it so?")
    keys.write("The dialogue showed it at once.")
    keys.go_to("Very easy", key="Shift+Tab")
    keys.tab("Shift+Tab")
    with keys.page.expect_navigation():
        keys.press("Space")
    expect(keys.page.get_by_role("status").first).to_contain_text("Thank you")


def search_and_turn_pages(keys: Keys) -> None:
    """Search for something and turn the pages of lessons with the arrow keys."""
    keys.follow("Search")
    assert keys.here()["tag"] == "input", "one can type at once"
    keys.write("order")
    with keys.page.expect_navigation():
        keys.press("Enter")
    keys.follow("Find and read an order")
    with keys.page.expect_navigation():
        keys.press("ArrowRight")
    expect(keys.page.get_by_role("heading", level=1)).to_contain_text("Change, cancel")
    with keys.page.expect_navigation():
        keys.press("ArrowLeft")
    expect(keys.page.get_by_role("heading", level=1)).to_contain_text("Find and read")


def sign_out(keys: Keys) -> None:
    """Escape closes the menu and gives the focus back; opened again, it signs out."""
    keys.go_to("Your menu")
    menu = keys.page.locator(".top-tools details.menu")
    keys.press("Enter")
    expect(menu).to_have_attribute("open", "")
    keys.tab()
    keys.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    assert keys.here()["name"] == "Your menu"
    keys.press("Enter")
    keys.follow("Sign out")
    expect(keys.page).to_have_url(f"{keys.page.url.split('/login')[0]}/login")


def test_a_menu_closes_when_the_focus_leaves_it(demo: Served, windows: Open) -> None:
    keys = Keys(windows(demo, demo.person(account("trainer"))).page)
    keys.page.goto("/")
    keys.go_to("More")
    more = keys.page.locator(".nav details.menu")
    keys.press("Enter")
    expect(more).to_have_attribute("open", "")
    keys.go_to("Search")
    expect(more).not_to_have_attribute("open", "")
    assert keys.unseen == []


def test_a_refused_form_takes_the_focus_to_what_is_wrong(demo: Served, windows: Open) -> None:
    keys = Keys(windows(demo, demo.person(account("admin"))).page)
    keys.page.goto("/people/new")
    keys.skip_to_content()
    keys.go_to("E-mail")
    keys.write("not an address")
    with keys.page.expect_navigation():
        keys.press("Enter")
    summary = keys.page.locator(".summary")
    expect(summary).to_be_focused()
    keys.tab()
    keys.press("Enter")
    assert keys.here()["tag"] == "input", "a link of the summary leads into its field"
    assert keys.unseen == []


def test_escape_closes_a_question_and_nothing_has_happened(demo: Served, windows: Open) -> None:
    trainee = demo.person(account("trainee3"))
    hers = windows(demo, trainee).page
    keys = Keys(windows(demo, demo.person(account("admin"))).page)
    keys.page.goto(f"/people/{trainee}")
    keys.go_to("End sessions")
    keys.press("Enter")
    question = keys.page.get_by_role("dialog", name="Sign this person out everywhere?")
    expect(question).to_be_visible()
    keys.press("Escape")
    expect(question).to_be_hidden()
    assert keys.here()["name"].strip() == "End sessions", "the focus is back where it was"
    hers.goto("/track")
    expect(hers).to_have_url(f"{demo.url}/track")

    keys.press("Enter")
    keys.follow("End sessions")
    hers.goto("/track")
    expect(hers).to_have_url(re.compile(r"/login\?next=.*track$"))
    assert keys.unseen == []
