"""The words of a course version without its markup, kept in the process for searching.

A version never changes, so neither do its words; a new translation raises the course's
`texts_number`, which is part of the key.
"""

from collections.abc import Mapping
from html.parser import HTMLParser

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from lms.core.shelf import Shelf
from lms.courses.models import StepText, StepVersion, VersionStep

_texts: Shelf[Mapping[int, str]] = Shelf(24)


def bodies(
    session: Session, version_id: int, language: str, texts_number: int
) -> Mapping[int, str]:
    """Return the plain text of each step by its id, in a language or else in the source's.

    No statements when warm, at most two when cold.
    """
    return _texts.read(
        session,
        (version_id, language, texts_number),
        lambda: _load(session, version_id, language),
    )


def _load(session: Session, version_id: int, language: str) -> Mapping[int, str]:
    sources = session.execute(
        select(StepVersion.step_id, StepVersion.html)
        .join(VersionStep, VersionStep.step_version_id == StepVersion.id)
        .where(VersionStep.course_version_id == version_id)
    )
    html = {row.step_id: row.html for row in sources}
    if language != "en":
        translated = _translated(session, version_id, language)
        html.update({step_id: text for step_id, text in translated.items() if text})
    return {step_id: plain(text) for step_id, text in html.items()}


def _translated(session: Session, version_id: int, language: str) -> dict[int, str]:
    """Return each step's newest translation written against its version or an earlier one."""
    against = aliased(StepVersion)
    rows = session.execute(
        select(StepText.step_id, StepText.html)
        .join(against, against.id == StepText.step_version_id)
        .join(StepVersion, StepVersion.step_id == StepText.step_id)
        .join(VersionStep, VersionStep.step_version_id == StepVersion.id)
        .where(
            VersionStep.course_version_id == version_id,
            StepText.language == language,
            against.number <= StepVersion.number,
        )
        .order_by(StepText.number)
    )
    return {row.step_id: row.html for row in rows}


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("em", "strong", "a", "code", "span"):
            self.found.append(" ")


def plain(html: str) -> str:
    """Return the words of sanitised HTML on one line."""
    parser = _Words()
    parser.feed(html)
    parser.close()
    return " ".join("".join(parser.found).split())
