"""Acts on one's own profile: what colleagues see, pictures, self-check, language, calendar."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms.core import audit, files
from lms.core.errors import NotFound, Refused
from lms.core.permissions import Actor
from lms.people.account import queries, rules
from lms.people.models import Category, Person, PersonCategory, SelfCheckAnswer, WorkingLanguage
from lms.people.rules import clean_name, clean_zone


def edit_profile(
    session: Session,
    *,
    actor: Actor,
    name: str,
    language: str | None,
    time_zone: str | None,
    working_languages: Sequence[str],
    category_ids: Sequence[int],
    about: str,
    digest: bool,
    now: datetime,
) -> None:
    """Change one's own profile. Language and zone None mean the company's and the site's.

    Raises Refused `categories_same`, or what `clean_name` and `clean_zone` refuse.
    """
    person = _self(session, actor)
    if len(set(category_ids)) < len(category_ids):
        raise Refused("categories_same", field="second_category")
    person.name = clean_name(name)
    person.language = language
    person.time_zone = clean_zone(time_zone) if time_zone else None
    person.about = about or None
    person.digest = digest
    _replace_languages(session, person.id, working_languages)
    _replace_categories(session, person.id, category_ids)
    audit.record(
        session,
        actor=actor,
        verb="edit_profile",
        subject_type="person",
        subject_id=person.id,
        now=now,
    )


def _replace_languages(session: Session, person_id: int, codes: Sequence[str]) -> None:
    session.execute(delete(WorkingLanguage).where(WorkingLanguage.person_id == person_id))
    session.add_all(
        WorkingLanguage(person_id=person_id, language=code) for code in dict.fromkeys(codes)
    )


def _replace_categories(session: Session, person_id: int, ids: Sequence[int]) -> None:
    for category_id in ids:
        if session.get(Category, category_id) is None:
            raise NotFound
    session.execute(delete(PersonCategory).where(PersonCategory.person_id == person_id))
    session.add_all(
        PersonCategory(person_id=person_id, category_id=category_id, position=position)
        for position, category_id in enumerate(ids, 1)
    )


def set_photo(
    session: Session, *, actor: Actor, digest: str, picture: files.Picture, now: datetime
) -> None:
    """Show this picture, whose content has been written, as one's own; an earlier one goes."""
    person = _self(session, actor)
    stored = files.keep(
        session,
        digest=digest,
        media_type=picture.media_type,
        size=len(picture.content),
        width=picture.width,
        height=picture.height,
        now=now,
    )
    person.photo_file_id = stored.id


def remove_photo(session: Session, *, actor: Actor) -> None:
    """Show no picture of oneself any more."""
    _self(session, actor).photo_file_id = None


def answer_self_check(
    session: Session, *, actor: Actor, answers: Mapping[str, str], now: datetime
) -> int:
    """Add the answers that differ from the latest ones; return how many did."""
    person = _self(session, actor)
    latest = queries.self_check(session, person_id=person.id)
    changed = 0
    for question in rules.SELF_CHECK:
        answer = answers.get(question, "").strip()
        before = latest[question].answer if question in latest else ""
        if answer != before:
            session.add(
                SelfCheckAnswer(
                    person_id=person.id, question=question, answer=answer, answered_at=now
                )
            )
            changed += 1
    return changed


def choose_language(session: Session, *, actor: Actor, language: str) -> None:
    """Read Belay in this language from now on."""
    _self(session, actor).language = language


def make_calendar_address(session: Session, *, actor: Actor) -> None:
    """Make a calendar address; one that there was stops working."""
    person = _self(session, actor)
    person.feed_epoch = rules.next_epoch(person.feed_epoch)


def revoke_calendar_address(session: Session, *, actor: Actor) -> None:
    """Have no calendar address any more."""
    person = _self(session, actor)
    person.feed_epoch = rules.revoked_epoch(person.feed_epoch)


def _self(session: Session, actor: Actor) -> Person:
    person = session.get(Person, actor.person_id, with_for_update=True)
    if person is None:
        raise NotFound
    return person
