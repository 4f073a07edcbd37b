"""The starter curriculum is complete, correct and long enough to be worth three weeks."""

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from lms.core.frontmatter import parse
from lms.core.markdown import plain_text
from lms.courses.material.folder import TRANSLATIONS
from lms.courses.material.reading import read_course, read_courses
from lms.courses.material.source import CourseSource, StepSource

COURSES = Path(__file__).parents[2] / "courses"
WEEKS = (1, 2, 3)
WORDS_OF_A_LESSON = range(400, 901)


@cache
def onboarding() -> CourseSource:
    """Return the track."""
    source, problems = read_course(COURSES / "onboarding")
    assert problems == []
    return source


def steps_of(week: int, kind: str | None = None) -> list[StepSource]:
    """Return a week's steps, of one kind if asked."""
    return [s for s in onboarding().steps if s.week == week and kind in (None, s.kind)]


def test_the_courses_have_no_problems() -> None:
    sources, problems = read_courses(COURSES)
    assert problems == []
    assert "onboarding" in [source.slug for source in sources]


def test_it_lasts_three_weeks_of_five_days() -> None:
    assert len(onboarding().weeks) == 3
    assert onboarding().days_per_week == 5
    days = {(step.week, step.day) for step in onboarding().steps}
    assert days == {(week, day) for week in WEEKS for day in range(1, 6)}


@pytest.mark.parametrize("week", WEEKS)
def test_each_week_has_lessons_tasks_and_a_meeting(week: int) -> None:
    kinds = Counter(step.kind for step in steps_of(week))
    assert kinds["read"] >= 6
    assert kinds["do"] >= 2
    assert kinds["meet"] >= 1


@pytest.mark.parametrize("week", WEEKS)
def test_no_day_asks_for_more_than_a_working_day(week: int) -> None:
    minutes: Counter[int] = Counter()
    for step in steps_of(week):
        minutes[step.day] += step.minutes
    assert all(20 <= total <= 8 * 60 for total in minutes.values()), minutes


def test_every_lesson_is_worth_its_time() -> None:
    lengths = {
        step.path: len(re.findall(r"\S+", plain_text(step.html)))
        for step in onboarding().steps
        if step.kind == "read"
    }
    wrong = {path: n for path, n in lengths.items() if n not in WORDS_OF_A_LESSON}
    assert wrong == {}


def test_every_lesson_has_an_example_and_something_to_check() -> None:
    for step in onboarding().steps:
        if step.kind == "read":
            assert "<blockquote" in step.html or "<h2" in step.html, step.path
            assert 'class="task-list"' in step.html, step.path


def test_every_text_renders_and_titles_are_unique() -> None:
    for step in onboarding().steps:
        assert plain_text(step.html), step.path
        assert step.summary, step.path
        for text in step.translations:
            assert plain_text(text.html), text.path
    titles = Counter(step.title for step in onboarding().steps)
    assert max(titles.values()) == 1
    assert len({step.slug for step in onboarding().steps}) == len(onboarding().steps)


def test_the_first_week_is_complete_in_all_languages() -> None:
    assert {text.language for text in onboarding().translations} == set(TRANSLATIONS)
    for step in steps_of(1):
        assert {text.language for text in step.translations} == set(TRANSLATIONS), step.path


def test_translations_are_in_their_language() -> None:
    letters = {"zh": r"[\u4e00-\u9fff]", "ru": r"[а-яё]", "he": r"[\u05d0-\u05ea]"}
    for step in steps_of(1):
        for text in step.translations:
            words = parse(text.source)
            assert re.search(letters[text.language], words.meta["title"], re.I), text.path
            found = len(re.findall(letters[text.language], words.body, re.I))
            assert found > len(re.findall(r"[a-z]", words.body, re.I)), text.path


def test_translations_have_the_structure_of_their_source() -> None:
    for step in steps_of(1):
        for text in step.translations:
            for tag in ("<h2", "<table", "<blockquote", "<tr", "task-list-item", 'class="callout '):
                assert text.html.count(tag) == step.html.count(tag), (text.path, tag)


def test_critical_tasks_and_the_hand_over_are_there() -> None:
    assert any(step.options.get("critical") for step in steps_of(3, "do"))
    assert any(step.options.get("hosted_by") == "manager" for step in steps_of(3, "meet"))
