"""Impatient fingers and bad networks: pressed twice is done once, and no words are lost."""

import re
from typing import Any

import pytest
from sqlalchemy import func, select

from lms.core.models import OutboxRow
from lms.courses.models import Assignment, Step, StepEvent
from lms.demo.seed import PASSWORD
from lms.people.models import Intake
from tests.journeys.addresses import account
from tests.journeys.chromium import expect
from tests.journeys.conftest import Open
from tests.journeys.serving import Served

pytestmark = pytest.mark.browser

LESSON = "/steps/onboarding/returns-and-exchanges"
TASK = "/steps/onboarding/look-after-one-customer"
WORDS = "The reply is written and her fitting room has five items."
with_and_without = pytest.mark.parametrize(
    "scripts", [True, False], ids=["with-javascript", "without-javascript"]
)


def events(company: Served, address: str, role: str = "trainee") -> list[str]:
    """Return what happened about a step of a demo trainee, in order."""
    with company.database.reading() as session:
        query = (
            select(StepEvent.kind)
            .join(Step, Step.id == StepEvent.step_id)
            .join(Assignment, Assignment.id == StepEvent.assignment_id)
            .where(
                Step.slug == address.rpartition("/")[2],
                Assignment.person_id == company.person(account(role)),
            )
            .order_by(StepEvent.id)
        )
        return list(session.scalars(query))


def claim_of(company: Served, address: str) -> str:
    """Return where a coach decides on the first trainee's claim."""
    with company.database.reading() as session:
        step_id = session.scalars(
            select(Step.id).where(Step.slug == address.rpartition("/")[2])
        ).one()
        assignment_id = session.scalars(
            select(Assignment.id).where(Assignment.person_id == company.person(account("trainee")))
        ).one()
    return f"/claims/{assignment_id}/{step_id}"


def open_page(windows: Open, company: Served, role: str, **options: Any) -> Any:
    """Open a window as a role's demo account; return its page."""
    return windows(company, company.person(account(role)), **options).page


def claim(page: Any, words: str = WORDS) -> None:
    """Claim the task with a note."""
    page.goto(TASK)
    page.get_by_label("What did you do").fill(words)
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")


@with_and_without
def test_two_presses_finish_a_lesson_once(fresh_demo: Served, windows: Open, scripts: bool) -> None:
    page = open_page(windows, fresh_demo, "trainee", java_script_enabled=scripts)
    page.goto(LESSON)
    page.get_by_role("button", name="I have read this").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("Done: ")
    assert events(fresh_demo, LESSON) == ["done"]


@with_and_without
def test_two_presses_claim_a_task_once(fresh_demo: Served, windows: Open, scripts: bool) -> None:
    page = open_page(windows, fresh_demo, "trainee", java_script_enabled=scripts)
    page.goto(TASK)
    page.get_by_label("What did you do").fill(WORDS)
    page.get_by_role("button", name="Claim").dblclick()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")
    assert events(fresh_demo, TASK) == ["claimed"]


@with_and_without
def test_two_presses_invite_once(fresh_demo: Served, windows: Open, scripts: bool) -> None:
    with fresh_demo.database.reading() as session:
        intake_id = session.scalars(select(Intake.id).where(Intake.slug == "next")).one()
    page = open_page(windows, fresh_demo, "admin", java_script_enabled=scripts)
    page.goto(f"/intakes/{intake_id}?state=not_invited")
    boxes = page.locator("tbody input[name=person]")
    waiting = boxes.count()
    assert waiting == 2
    for box in boxes.all():
        box.check()
    page.get_by_role("button", name="Invite, or invite again").dblclick()
    said = page.get_by_role("status").first
    expect(said).to_contain_text("2 invitations are on their way.")
    with fresh_demo.database.reading() as session:
        count = select(func.count()).where(
            OutboxRow.kind == "invitation", OutboxRow.done_at.is_(None)
        )
        assert session.scalar(count) == waiting
    fresh_demo.work()
    assert len(list(fresh_demo.mails.glob("*.eml"))) == waiting


def test_a_lost_reply_is_made_good_by_pressing_again(fresh_demo: Served, windows: Open) -> None:
    window = windows(fresh_demo, fresh_demo.person(account("trainee")), java_script_enabled=False)
    page = window.page
    page.goto(TASK)
    page.get_by_label("What did you do").fill(WORDS)
    lost = []

    def lose_the_reply(route: Any) -> None:
        lost.append(route.fetch(max_redirects=0).status)
        route.abort("aborted")

    page.route("**/claim", lose_the_reply, times=1)
    page.get_by_role("button", name="Claim").click()
    page.wait_for_timeout(200)
    assert lost == [303], "the server had done it, and nobody heard"
    assert events(fresh_demo, TASK) == ["claimed"]

    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")
    assert events(fresh_demo, TASK) == ["claimed"]


def test_a_form_sent_again_by_reloading_gives_the_first_answer(
    fresh_demo: Served, windows: Open
) -> None:
    page = open_page(windows, fresh_demo, "trainee")
    page.goto(LESSON)
    form = page.locator("form[action$='/done']")
    fields = {box.get_attribute("name"): box.input_value() for box in form.locator("input").all()}
    first, second = (
        page.request.post(f"{LESSON}/done", form=fields, max_redirects=0) for _ in range(2)
    )
    assert (first.status, second.status) == (303, 303)
    assert first.headers["location"] == second.headers["location"]
    assert events(fresh_demo, LESSON) == ["done"]


def test_the_second_of_two_colleagues_is_told_what_changed_and_keeps_the_words(
    fresh_demo: Served, windows: Open
) -> None:
    claim(open_page(windows, fresh_demo, "trainee"))
    coach, trainer = (open_page(windows, fresh_demo, role) for role in ("coach", "trainer"))
    for page in (coach, trainer):
        page.goto(claim_of(fresh_demo, TASK))
    coach.get_by_role("button", name="Confirm").click()
    expect(coach.get_by_role("status").first).to_contain_text("Confirmed.")

    back = trainer.locator("#not-yet")
    back.get_by_label("Not yet, because").fill("Her follow-up lacks a date.")
    back.get_by_role("button", name="Not yet").click()
    expect(trainer.get_by_text("Something changed meanwhile")).to_be_visible()
    expect(trainer.get_by_text("Her follow-up lacks a date.")).to_be_visible()
    assert events(fresh_demo, TASK) == ["claimed", "confirmed"]


def test_a_second_tab_that_claims_too_keeps_its_words(fresh_demo: Served, windows: Open) -> None:
    window = windows(fresh_demo, fresh_demo.person(account("trainee")))
    other = window.context.new_page()
    other.goto(TASK)
    other.get_by_label("What did you do").fill("Written in the other tab.")
    claim(window.page)
    other.get_by_role("button", name="Claim").click()
    expect(other.get_by_text("Something changed meanwhile")).to_be_visible()
    expect(other.get_by_text("Written in the other tab.")).to_be_visible()
    assert events(fresh_demo, TASK) == ["claimed"]


def end_everywhere(windows: Open, company: Served) -> None:
    """The trainee signs out everywhere, from another device."""
    page = open_page(windows, company, "trainee")
    page.goto("/account/sessions")
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page).to_have_url(re.compile("/login"))


def sign_in(page: Any) -> None:
    """Sign in as the trainee on the page that asks for it."""
    page.get_by_label("E-mail").fill(account("trainee"))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_session_ended_elsewhere_asks_to_sign_in_and_comes_back_to_the_page(
    fresh_demo: Served, windows: Open
) -> None:
    page = open_page(windows, fresh_demo, "trainee")
    page.goto("/track")
    end_everywhere(windows, fresh_demo)
    page.goto(f"{LESSON}?from=track")
    expect(page).to_have_url(re.compile("/login"))
    sign_in(page)
    expect(page).to_have_url(f"{fresh_demo.url}{LESSON}?from=track")


def test_words_typed_into_a_form_of_an_ended_session_are_there_after_signing_in(
    fresh_demo: Served, windows: Open
) -> None:
    page = open_page(windows, fresh_demo, "trainee")
    page.goto(TASK)
    write_slowly(page, WORDS)
    end_everywhere(windows, fresh_demo)
    page.get_by_role("button", name="Claim").click()
    expect(page).to_have_url(re.compile("/login"))
    sign_in(page)
    expect(page.locator(".hero")).to_be_visible()
    page.goto(TASK)
    expect(page.get_by_label("What did you do")).to_have_value(WORDS)
    expect(page.get_by_text("We kept what you had typed here.")).to_be_visible()
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")
    assert events(fresh_demo, TASK) == ["claimed"]


def test_words_survive_a_lost_connection_and_are_forgotten_once_sent(
    fresh_demo: Served, windows: Open
) -> None:
    window = windows(fresh_demo, fresh_demo.person(account("trainee")))
    page = window.page
    page.goto(TASK)
    write_slowly(page, WORDS)
    window.context.set_offline(True)
    page.get_by_role("button", name="Claim").click()
    page.wait_for_url("chrome-error://**")
    window.context.set_offline(False)
    page.goto(TASK)
    note = page.get_by_label("What did you do")
    expect(note).to_have_value(WORDS)
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status").first).to_contain_text("Claimed.")
    page.get_by_role("button", name="Take the claim back").click()
    expect(note).to_have_value("")
    assert events(fresh_demo, TASK) == ["claimed", "withdrawn"]


def test_words_typed_by_one_person_are_not_shown_to_the_next(
    fresh_demo: Served, windows: Open
) -> None:
    window = windows(fresh_demo, fresh_demo.person(account("trainee")))
    page = window.page
    page.goto(TASK)
    write_slowly(page, WORDS)
    page.locator(".top-tools details.menu > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage)") == []


def write_slowly(page: Any, words: str) -> None:
    """Write a note and stop for a moment, as one does; a copy is kept then."""
    page.get_by_label("What did you do").fill(words)
    kept = "Object.keys(localStorage).some((key) => key.startsWith('belay:keep:'))"
    for _ in range(100):
        if page.evaluate(kept):
            return
        page.wait_for_timeout(50)
    raise AssertionError("no copy was kept of what was typed")
