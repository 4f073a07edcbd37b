"""The main job, in a browser: two hundred are hired by a file, one of them walks three weeks."""

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from lms.core.permissions import SYSTEM
from lms.courses.material.importing import import_course
from lms.courses.material.reading import read_course
from tests.cast import make_cast
from tests.conftest import MONDAY
from tests.journeys.chromium import expect
from tests.journeys.conftest import Open
from tests.journeys.serving import Served, served
from tests.journeys.story import (
    NEWCOMER,
    NOT_YET,
    SECOND_GO,
    START,
    Numbers,
    Story,
    mails_to,
    working_days,
    write_people_file,
)

COURSES = Path(__file__).parent.parent.parent / "courses"
HIRES = 200


@pytest.fixture
def company(sqlite_template: Path, tmp_path: Path) -> Iterator[Served]:
    """The cast's company with the starter curriculum, a week before the intake is planned."""
    shutil.copy(sqlite_template, tmp_path / "belay.db")
    source, problems = read_course(COURSES / "onboarding")
    assert problems == []
    with served(tmp_path, tmp_path / "belay.db", MONDAY) as company:
        with company.database.writing() as session:
            make_cast(session, MONDAY)
            import_course(
                session,
                actor=SYSTEM,
                source=source,
                files_dir=company.config.files_dir,
                now=MONDAY,
            )
        yield company


@pytest.mark.browser
@pytest.mark.slow
def test_a_newcomer_of_an_intake_of_200_walks_three_weeks_and_all_screens_agree(
    company: Served, windows: Open, tmp_path: Path
) -> None:
    story = Story(company, windows)
    _hire(story, tmp_path / "people.csv")
    _arrive(story)
    total = story.numbers().total
    assert story.numbers() == Numbers(0, total)

    days = working_days()
    _first_day(story, days[0], days[1])
    _second_day(story, days[1])
    for number, on in enumerate(days[2:], start=3):
        _usual_day(story, on, number)
        if number in (5, 8, 10):
            halfway = story.numbers()
            assert 0 < halfway.done < total

    _the_end(story, total)


def _hire(story: Story, people_file: Path) -> None:
    """Ada makes the intake, imports its people and invites them."""
    story.at(START - timedelta(days=7), 10)
    intake_id = story.make_intake()
    write_people_file(people_file, HIRES)

    page = story.look_at_file(people_file)
    expect(page.get_by_text("200 new, 0 changed, 0 the same.")).to_be_visible()
    expect(page.get_by_text("2 lines are refused and stay out")).to_be_visible()
    page.get_by_role("link", name="Refused").click()
    expect(page.get_by_role("row").filter(has_text="not-an-address")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="never-heard-of")).to_be_visible()
    page.get_by_role("button", name="Apply the good lines").click()
    expect(page.get_by_role("heading", name="What the import did")).to_be_visible()
    story.company.work()
    assert not story.company.mails.exists(), "an import by itself mails nobody"

    page = story.look_at_file(people_file)
    expect(page.get_by_text("0 new, 0 changed, 200 the same.")).to_be_visible()

    page.goto(f"/intakes/{intake_id}")
    expect(page.get_by_role("link", name="Not invited 200")).to_be_visible()
    page.get_by_label("Select all").check()
    page.get_by_role("button", name="Invite, or invite again").click()
    expect(page.get_by_role("status").first).to_contain_text("200 invitations are on their way.")
    story.company.work()
    assert len(list(story.company.mails.glob("*.eml"))) == HIRES
    page.reload()
    expect(page.get_by_role("link", name="Invited 200")).to_be_visible()


def _arrive(story: Story) -> None:
    """Hana comes in on the Friday before: nothing is asked of her yet."""
    story.at(START - timedelta(days=3), 16)
    story.come_in()
    page = story.page("hana")
    expect(page.get_by_text(re.compile("You start on .*16 March"))).to_be_visible()
    assert len(mails_to(story.company.mails, NEWCOMER)) == 1


def _first_day(story: Story, on: date, tomorrow: date) -> None:
    story.at(on, 9)
    story.sign_in_again()
    page = story.page("hana")
    expect(page.get_by_text("Day 1 of 15")).to_be_visible()
    story.walk_the_day(1, 1)
    before = story.numbers()
    assert before.done == 2, "a lesson and a session; the task waits for Ravi"
    assert story.has_rated

    story.at(on, 17, 30)
    story.say_not_yet(tomorrow)
    assert story.numbers() == before, "what came back is not done"


def _second_day(story: Story, on: date) -> None:
    """Hana sees at once what came back and why, claims it again, and Ravi confirms it."""
    story.at(on, 9)
    before = story.numbers()
    page = story.page("hana")
    page.goto("/")
    again = page.locator(".hero-action a")
    expect(again).to_contain_text("Try again:")
    expect(page.get_by_text("You read the screens aloud.").first).to_be_visible()
    again.click()
    expect(page.get_by_text(NOT_YET).first).to_be_visible()
    page.get_by_label("What did you do").fill(SECOND_GO)
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")
    story.walk_the_day(1, 2)

    story.at(on, 17, 30)
    lessons = story.numbers()
    assert lessons.done == before.done + 2
    assert story.confirm_what_waits("ravi") == 1
    assert story.numbers().done == lessons.done + 1


def _usual_day(story: Story, on: date, number: int) -> None:
    story.at(on, 9)
    story.walk_the_day((number - 1) // 5 + 1, (number - 1) % 5 + 1)
    story.at(on, 17, 45)
    for who in ("ravi", "mei", "noa"):
        story.confirm_what_waits(who)


def _the_end(story: Story, total: int) -> None:
    assert story.numbers() == Numbers(total, total)
    hers, ines, ravi = story.page("hana"), story.page("ines"), story.page("ravi")
    hers.goto("/")
    expect(hers.get_by_text("You have done everything on this track.")).to_be_visible()
    hers.goto("/track")
    expect(hers.get_by_text("100 %")).to_be_visible()
    expect(ravi.get_by_text("100 %")).to_be_visible()
    ines.goto("/board?name=Hana")
    expect(ines.get_by_role("row").filter(has_text="Hana Brook")).to_contain_text("Finished")
    ines.goto("/board?name=Hire 007")
    assert "Finished" not in ines.get_by_role("row").filter(has_text="Hire 007").inner_text()
