"""Brings a course's folder in as new immutable versions. Nobody's assignment is touched."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.core import audit, files
from lms.core.errors import Refused
from lms.core.permissions import Actor, Permission, require
from lms.courses.material.planning import (
    TRACK,
    Item,
    Known,
    Result,
    compare,
    known,
    text_changed,
)
from lms.courses.material.source import CourseSource, FrameTranslation, StepSource, StepTranslation
from lms.courses.models import (
    Course,
    CourseText,
    CourseVersion,
    Step,
    StepText,
    StepVersion,
    VersionMedium,
    VersionStep,
)


@dataclass(frozen=True)
class ImportResult:
    """What an import did. With a conflict it did nothing and `course_id` may be None."""

    items: tuple[Item, ...]
    course_id: int | None
    version_id: int | None
    """The newest version, made now or before."""
    version_made: bool
    texts_made: int

    @property
    def conflicts(self) -> tuple[Item, ...]:
        """Return the files that stand in the way."""
        return tuple(item for item in self.items if item.result is Result.CONFLICT)

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return self.version_made or self.texts_made > 0


def store_media(source: CourseSource, files_dir: Path) -> None:
    """Write the course's pictures and videos into the files folder, those that are not there.

    Slow: call it before the transaction. Raises Refused `medium_changed` when a file is no
    longer what was read, and `disk_full`.
    """
    for medium in source.media:
        if files.path_of(files_dir, medium.sha256).exists():
            continue
        if files.write_content(files_dir, medium.file.read_bytes()) != medium.sha256:
            raise Refused("medium_changed", path=medium.path)


def import_course(
    session: Session, *, actor: Actor, source: CourseSource, files_dir: Path, now: datetime
) -> ImportResult:
    """Make a new version of the course where its folder differs from the newest one.

    A step's version is reused while its file and pictures are the same; a translation is added
    when its file changed and counts for the step's version of this moment. Nothing is written
    when nothing changed. On a conflict (a step that changes its kind) nothing is written either,
    and the result says so. Needs the right to run intakes. Import only sources without problems.
    """
    require(actor, Permission.RUN_INTAKES)
    store_media(source, files_dir)
    _hold(session, source.slug)
    have = known(session, source.slug)
    items = tuple(compare(source, have))
    if any(item.result is Result.CONFLICT for item in items):
        course_id = have.course.id if have.course else None
        version_id = have.version.id if have.version else None
        return ImportResult(items, course_id, version_id, version_made=False, texts_made=0)
    return _Import(session, source, have, now).run(actor, items)


def _hold(session: Session, slug: str) -> None:
    """Lock the course's row, so that two imports of it follow each other."""
    session.execute(
        select(Course.id).where(Course.kind == TRACK, Course.slug == slug).with_for_update()
    )


class _Import:
    """One import in one transaction; keeps what it has made so far."""

    def __init__(self, session: Session, source: CourseSource, have: Known, now: datetime) -> None:
        self._session = session
        self._source = source
        self._have = have
        self._now = now
        self._texts = 0

    def run(self, actor: Actor, items: tuple[Item, ...]) -> ImportResult:
        course = self._have.course or self._new_course()
        version = self._have.version
        made = version is None or version.digest != self._source.digest
        if version is None or made:
            version = self._new_version(course, actor)
            step_versions = self._step_versions(course)
            self._place(version, step_versions)
            self._keep_media(version)
        else:
            step_versions = {slug: placed.version for slug, placed in self._have.steps.items()}
        self._frame_texts(course, version)
        self._step_texts(step_versions)
        if self._texts:
            course.texts_number += 1
        if made or self._texts:
            self._record(actor, course, version, items)
        self._session.flush()
        return ImportResult(items, course.id, version.id, made, self._texts)

    def _new_course(self) -> Course:
        course = Course(kind=TRACK, slug=self._source.slug, texts_number=0, created_at=self._now)
        try:
            with self._session.begin_nested():
                self._session.add(course)
        except IntegrityError as error:
            # Somebody imported the same new course just now: what was compared is out of date.
            raise Refused("course_imported_meanwhile", slug=self._source.slug) from error
        return course

    def _new_version(self, course: Course, actor: Actor) -> CourseVersion:
        source = self._source
        last = self._have.version
        version = CourseVersion(
            course_id=course.id,
            number=last.number + 1 if last else 1,
            digest=source.digest,
            source=source.source,
            title=source.title,
            summary=source.summary,
            html=source.html,
            days_per_week=source.days_per_week,
            weeks=[asdict(week) for week in source.weeks],
            made_at=self._now,
            made_by=actor.person_id,
        )
        self._session.add(version)
        self._session.flush()
        return version

    def _step_versions(self, course: Course) -> dict[str, StepVersion]:
        """Return each step's version: one that was made before of the same file, or a new one."""
        ids = self._step_ids(course)
        before = self._versions_by_digest(ids)
        numbers = self._last_numbers(ids)
        found: dict[str, StepVersion] = {}
        for step in self._source.steps:
            step_id = ids[step.slug]
            version = before.get((step_id, step.digest))
            if version is None:
                version = self._new_step_version(step, step_id, numbers.get(step_id, 0) + 1)
            found[step.slug] = version
        self._session.flush()
        return found

    def _step_ids(self, course: Course) -> dict[str, int]:
        ids = {slug: step_id for slug, (step_id, _) in self._have.all_steps.items()}
        new = [
            Step(course_id=course.id, slug=step.slug)
            for step in self._source.steps
            if step.slug not in ids
        ]
        self._session.add_all(new)
        self._session.flush()
        return ids | {step.slug: step.id for step in new}

    def _versions_by_digest(self, ids: Mapping[str, int]) -> dict[tuple[int, str], StepVersion]:
        digests = [step.digest for step in self._source.steps]
        versions = self._session.scalars(
            select(StepVersion)
            .where(StepVersion.step_id.in_(ids.values()), StepVersion.digest.in_(digests))
            .order_by(StepVersion.number)
        )
        return {(version.step_id, version.digest): version for version in versions}

    def _last_numbers(self, ids: Mapping[str, int]) -> dict[int, int]:
        rows = self._session.execute(
            select(StepVersion.step_id, func.max(StepVersion.number))
            .where(StepVersion.step_id.in_(ids.values()))
            .group_by(StepVersion.step_id)
        )
        return dict(rows.all())

    def _new_step_version(self, step: StepSource, step_id: int, number: int) -> StepVersion:
        version = StepVersion(
            step_id=step_id,
            number=number,
            digest=step.digest,
            source=step.source,
            kind=step.kind,
            ref=step.ref,
            title=step.title,
            summary=step.summary,
            html=step.html,
            minutes=step.minutes,
            required=step.required,
            options=dict(step.options),
            due=dict(step.due),
            made_at=self._now,
        )
        self._session.add(version)
        return version

    def _place(self, version: CourseVersion, step_versions: Mapping[str, StepVersion]) -> None:
        self._session.add_all(
            VersionStep(
                course_version_id=version.id,
                step_version_id=step_versions[step.slug].id,
                position=position,
                week=step.week,
                day=step.day,
                path=step.path,
            )
            for position, step in enumerate(self._source.steps)
        )

    def _keep_media(self, version: CourseVersion) -> None:
        for medium in self._source.media:
            row = files.keep(
                self._session,
                digest=medium.sha256,
                media_type=medium.media_type,
                size=medium.size,
                now=self._now,
                width=medium.width,
                height=medium.height,
            )
            self._session.add(
                VersionMedium(course_version_id=version.id, path=medium.path, file_id=row.id)
            )

    def _frame_texts(self, course: Course, version: CourseVersion) -> None:
        given = {text.language: text for text in self._source.translations}
        for language in sorted(given.keys() | self._have.frame_texts.keys()):
            text = given.get(language)
            last = self._have.frame_texts.get(language)
            if _is_new(text, last):
                self._add_frame_text(course, version, language, text, last)

    def _add_frame_text(
        self,
        course: Course,
        version: CourseVersion,
        language: str,
        text: FrameTranslation | None,
        last: CourseText | None,
    ) -> None:
        self._texts += 1
        self._session.add(
            CourseText(
                course_id=course.id,
                course_version_id=version.id,
                language=language,
                number=last.number + 1 if last else 1,
                source=text.source if text else "",
                title=text.title if text else "",
                summary=text.summary if text else "",
                html=text.html if text else "",
                weeks=[asdict(week) for week in text.weeks] if text else [],
                made_at=self._now,
            )
        )

    def _step_texts(self, step_versions: Mapping[str, StepVersion]) -> None:
        for step in self._source.steps:
            given = {text.language: text for text in step.translations}
            had = {lang for slug, lang in self._have.step_texts if slug == step.slug}
            for language in sorted(given.keys() | had):
                text = given.get(language)
                last = self._have.step_texts.get((step.slug, language))
                if _is_new(text, last):
                    self._add_step_text(step, step_versions[step.slug], language, text, last)

    def _add_step_text(
        self,
        step: StepSource,
        version: StepVersion,
        language: str,
        text: StepTranslation | None,
        last: StepText | None,
    ) -> None:
        pinned = version.id
        if text and last and text.source == last.source and not self._is_fresh(step, last):
            # Only a picture changed in the translation: its words are still of the older source.
            pinned = last.step_version_id
        self._texts += 1
        self._session.add(
            StepText(
                step_id=version.step_id,
                step_version_id=pinned,
                language=language,
                number=last.number + 1 if last else 1,
                source=text.source if text else "",
                title=text.title if text else "",
                summary=text.summary if text else "",
                html=text.html if text else "",
                options=dict(text.options) if text else {},
                made_at=self._now,
            )
        )

    def _is_fresh(self, step: StepSource, last: StepText) -> bool:
        """Whether a translation was of the newest words, and the words are still the same."""
        placed = self._have.steps.get(step.slug)
        return (
            placed is not None
            and placed.version.id == last.step_version_id
            and placed.version.source == step.source
        )

    def _record(
        self, actor: Actor, course: Course, version: CourseVersion, items: tuple[Item, ...]
    ) -> None:
        audit.record(
            self._session,
            actor=actor,
            verb="import_course",
            subject_type="course",
            subject_id=course.id,
            now=self._now,
            slug=course.slug,
            version=version.number,
            files={r.value: sum(item.result is r for item in items) for r in Result},
        )


def _is_new(
    text: FrameTranslation | StepTranslation | None, last: CourseText | StepText | None
) -> bool:
    """Whether there is something to add: a first or changed translation, or its withdrawal.

    A withdrawn translation is a row with an empty source: the page falls back to the original.
    """
    if text is None:
        return last is not None and bool(last.source)
    return last is None or text_changed(text, last)
