"""What the people of the three-week story do on their pages, each in words of their own."""

import csv
import email
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from email.message import Message
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.cast import PASSWORD
from tests.journeys.chromium import DESK, PHONE, Window, expect
from tests.journeys.serving import Served

BERLIN = ZoneInfo("Europe/Berlin")
START = date(2026, 3, 16)
"""A Monday. The clocks change between the second and the third week."""
NEWCOMER = "hana.brook@example.com"
NAME = "Hana Brook"
HER_PASSWORD = "seven quiet ridges before noon"
NOT_YET = "You read the screens aloud. Tell me what Edda needs, then we are there."
SECOND_GO = "I started from what Edda wants this time and marked my two guesses."
_DAY = re.compile(r"Week (\d), day (\d)")
_COUNT = re.compile(r"(\d+) of (\d+)")


def berlin(on: date, hour: int, minute: int = 0) -> datetime:
    """Return a moment by the wall clock of the intake's site."""
    return datetime.combine(on, time(hour, minute), BERLIN)


def working_days() -> list[date]:
    """Return the fifteen days of the three weeks."""
    return [START + timedelta(days=7 * week + day) for week in range(3) for day in range(5)]


def write_people_file(path: Path, count: int) -> None:
    """Write so many good rows, Hana first, and two that must be refused."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "email", "intake", "site", "coach_emails", "manager_email"])
        shared = ["march", "harbour", "ravi@northfold.test", "noa@northfold.test"]
        rows.writerow([NAME, NEWCOMER, *shared])
        for number in range(2, count + 1):
            rows.writerow([f"Hire {number:03}", f"hire{number:03}@example.com", *shared])
        rows.writerow(["No Address", "not-an-address", *shared])
        rows.writerow(["Lost Intake", "lost@example.com", "never-heard-of", *shared[1:]])


def mails_to(folder: Path, address: str) -> list[Message]:
    """Return the mails that lie in a folder for somebody."""
    found = [email.message_from_bytes(path.read_bytes()) for path in folder.glob("*.eml")]
    return [mail for mail in found if mail["To"] and address in mail["To"]]


def text_of(mail: Message) -> str:
    """Return a mail's plain text."""
    part = next(p for p in mail.walk() if p.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


@dataclass(frozen=True)
class Numbers:
    """How far somebody is, as one screen says it."""

    done: int
    total: int


def numbers_in(text: str) -> Numbers:
    """Return the first "x of y" of a text."""
    found = _COUNT.search(text)
    assert found, text
    return Numbers(int(found[1]), int(found[2]))


@dataclass
class Story:
    """The company, everybody's windows, and the clock on the wall."""

    company: Served
    open_window: Callable[..., Window]
    windows: dict[str, Window] = field(default_factory=dict)
    has_rated: bool = False

    def at(self, on: date, hour: int, minute: int = 0) -> None:
        """Move the clock."""
        self.company.clock.moment = berlin(on, hour, minute)

    def page(self, who: str) -> Any:
        """Return a colleague's page; the first time they sign in by the page, and stay."""
        if who not in self.windows:
            window = self.open_window(self.company, viewport=DESK)
            self.windows[who] = window
            page = window.page
            page.goto("/")
            page.get_by_label("E-mail").fill(f"{who}@northfold.test")
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_label("Keep me signed in on this device").check()
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("heading", level=1)).to_be_visible()
        return self.windows[who].page

    # ---- the administrator

    def make_intake(self) -> int:
        """Ada makes the intake and sets its track; return its id."""
        page = self.page("ada")
        page.goto("/intakes/new")
        page.get_by_label("Name", exact=False).first.fill("March")
        page.get_by_label("Short name").fill("march")
        page.get_by_label("Start").fill(START.isoformat())
        page.get_by_label("Site").select_option(label="Harbour Street")
        page.get_by_role("button", name="Make the intake").click()
        page.get_by_role("button", name="Set this track").click()
        expect(page.get_by_role("heading", name="Track")).to_be_visible()
        return int(page.url.split("/intakes/")[1].split("?")[0].split("#")[0])

    def look_at_file(self, path: Path) -> Any:
        """Ada chooses a people file and sees what it would do."""
        page = self.page("ada")
        page.goto("/people/import")
        page.get_by_label("CSV file").set_input_files(path)
        page.get_by_role("button", name="Look at it first").click()
        expect(page.get_by_role("heading", name="What the file would do")).to_be_visible()
        return page

    # ---- the newcomer

    def come_in(self) -> None:
        """Hana opens the link of her invitation on her phone and chooses a password."""
        mail = mails_to(self.company.mails, NEWCOMER)[0]
        link = re.search(r"http://\S+/invitation/\S+", text_of(mail))
        assert link
        window = self.windows["hana"] = self.open_window(self.company, viewport=PHONE)
        window.page.goto(link[0])
        expect(window.page.get_by_role("heading", name=f"Welcome, {NAME}")).to_be_visible()
        window.page.get_by_label("Password").fill(HER_PASSWORD)
        window.page.get_by_role("button", name="Save and come in").click()
        expect(window.page.get_by_role("heading", level=1)).to_contain_text("Hana")

    def sign_in_again(self) -> None:
        """Hana's sign-in ran out over the weekend: she signs in and stays."""
        page = self.page("hana")
        page.goto("/")
        page.get_by_label("E-mail").fill(NEWCOMER.upper())
        page.get_by_label("Password").fill(HER_PASSWORD)
        page.get_by_label("Keep me signed in on this device").check()
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator(".hero")).to_be_visible()

    def walk_the_day(self, week: int, day: int) -> None:
        """Hana follows the one next step until it belongs to another day."""
        page = self.page("hana")
        for _ in range(20):
            page.goto("/")
            step = page.locator(".hero-action a")
            if not str(step.get_attribute("href")).startswith("/steps/"):
                return
            step.click()
            found = _DAY.search(page.locator(".lesson-head .eyebrow").inner_text())
            assert found
            if (int(found[1]), int(found[2])) > (week, day):
                return
            self._do_step(page)
        raise AssertionError(f"week {week}, day {day} has no end: {page.url}")

    def _do_step(self, page: Any) -> None:
        title = page.locator(".lesson-head h1").inner_text()
        if (button := page.get_by_role("button", name="I have read this")).count():
            button.click()
            expect(page.get_by_role("status").first).to_contain_text(f"Done: {title}")
            if page.get_by_text(f"You finished “{title}”").count() and not self.has_rated:
                self._rate(page, "Easy")
        elif page.get_by_role("heading", name="The session").count():
            self._attend(page, title)
        else:
            page.get_by_label("What did you do").fill(f"{title}: done, and I can explain it.")
            page.get_by_role("button", name="Claim").click()
            expect(page.get_by_role("status").first).to_contain_text("Claimed.")

    def _attend(self, page: Any, title: str) -> None:
        """Hana goes to the session; the trainer notes who is there while it goes on."""
        starts_at = datetime.fromisoformat(
            page.locator(".lesson .facts time").first.get_attribute("datetime")
        )
        self.company.clock.moment = starts_at + timedelta(minutes=10)
        trainer = self.page("ines")
        trainer.goto("/")
        trainer.get_by_role("link", name=title).first.click()
        trainer.get_by_role("button", name="Save, the rest were present").click()
        expect(trainer.get_by_role("status").first).to_contain_text("Noted for 200 people.")
        page.reload()
        expect(page.get_by_text("You were there")).to_be_visible()

    def _rate(self, page: Any, word: str) -> None:
        """Hana says with one tap how easy the lesson before was."""
        self.has_rated = True
        page.get_by_role("button", name=word, exact=True).click()
        expect(page.get_by_role("status").first).to_contain_text("Thank you")

    # ---- those beside her

    def confirm_what_waits(self, who: str) -> int:
        """A colleague confirms every claim that waits; return how many."""
        page = self.page(who)
        confirmed = 0
        page.goto("/claims")
        while page.get_by_role("link", name="Look at it").count():
            page.get_by_role("link", name="Look at it").first.click()
            expect(page.get_by_text(NAME).first).to_be_visible()
            page.get_by_role("button", name="Confirm").click()
            expect(page.get_by_role("status").first).to_contain_text("Confirmed.")
            confirmed += 1
        return confirmed

    def say_not_yet(self, follow_up_on: date) -> None:
        """Ravi sends the one claim back, with the reason and a day."""
        page = self.page("ravi")
        page.goto("/claims")
        page.get_by_role("link", name="Look at it").click()
        back = page.locator("#not-yet")
        back.get_by_label("Not yet, because").fill(NOT_YET)
        back.locator("input[type=date]").fill(follow_up_on.isoformat())
        back.get_by_role("button", name="Not yet").click()
        expect(page.get_by_role("status").first).to_contain_text("Sent back.")

    # ---- the same numbers everywhere

    def numbers(self) -> Numbers:
        """Return how far Hana is; fails unless all screens say the same."""
        found = dict(self._screens())
        assert len(set(found.values())) == 1, found
        return found["her Today"]

    def _screens(self) -> Iterator[tuple[str, Numbers]]:
        hers, ravi, ines = self.page("hana"), self.page("ravi"), self.page("ines")
        hers.goto("/")
        weeks = hers.locator("section[aria-labelledby=weeks-title]")
        yield "her Today", numbers_in(weeks.inner_text())
        yield "her weeks on Today, added up", _added_up(hers.locator(".path progress"))
        if hers.locator(".hero-fact").count():
            yield "her Today's facts", numbers_in(hers.locator(".hero-fact").first.inner_text())
        hers.goto("/track")
        head = hers.locator(".progress-text").first.inner_text()
        yield "her track", numbers_in(head)
        here = numbers_in(head)
        assert f"{here.done * 100 // here.total} %" in head
        hers.goto("/track/why")
        yield "why not done", numbers_in(hers.locator(".progress-text").first.inner_text())
        ines.goto("/board")
        ines.get_by_label("Name").fill("Hana")
        ines.get_by_role("button", name="Show").click()
        row = ines.get_by_role("row").filter(has_text=NAME)
        yield "the trainer's board", numbers_in(row.locator("a[href$='/track/why']").inner_text())
        ines.get_by_role("link", name=NAME).click()
        yield "her trainer's page", numbers_in(ines.locator(".progress-text").first.inner_text())
        ravi.goto(ines.url)
        yield "her coach's page", numbers_in(ravi.locator(".progress-text").first.inner_text())


def _added_up(weeks: Any) -> Numbers:
    # By their text, since a phone does not draw the bars of weeks that are still to come.
    found = [numbers_in(text) for text in weeks.all_text_contents()]
    assert len(found) == 3, found
    return Numbers(sum(week.done for week in found), sum(week.total for week in found))
