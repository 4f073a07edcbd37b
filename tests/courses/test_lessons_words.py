"""Notices about steps: each kind that an act sends has a sentence, filled with its values."""

import pytest
from flask import Flask
from flask_babel import force_locale

from lms.courses.lessons.words import NOTICES
from lms.people.notices import sentences

TITLES = {"en": "First case", "ru": "Первое дело"}
VALUES = {"person": "Maya Winter", "step": TITLES, "due_on": "2026-03-03"}


@pytest.mark.parametrize("kind", sorted(NOTICES))
def test_a_notice_names_its_step_and_leaves_no_place_empty(app: Flask, kind: str) -> None:
    with app.test_request_context():
        text = sentences.sentence(kind, VALUES, "Europe/Berlin")
    assert "First case" in text
    assert "%(" not in text


def test_every_kind_that_acts_and_jobs_send_has_a_sentence(app: Flask) -> None:
    sent = {
        "task_claimed",
        "task_confirmed",
        "task_returned",
        "step_reopened",
        "step_late",
        "trainee_stuck",
        "trainee_behind",
    }
    assert sent <= sentences.kinds()


def test_a_missed_date_is_written_as_readers_write_dates(app: Flask) -> None:
    with app.test_request_context():
        text = sentences.sentence("step_late", VALUES, "Europe/Berlin")
    assert "3 Mar 2026" in text


@pytest.mark.parametrize(("locale", "title"), [("ru_RU", "Первое дело"), ("he_IL", "First case")])
def test_a_step_is_named_in_the_readers_language_where_it_has_a_title_there(
    app: Flask, locale: str, title: str
) -> None:
    with app.test_request_context(), force_locale(locale):
        text = sentences.sentence("task_confirmed", VALUES, "Europe/Berlin")
    assert title in text
