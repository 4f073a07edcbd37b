"""Reads a course's folder and checks everything that the format demands. No database, no web."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from lms.core.frontmatter import Problem
from lms.courses import kinds
from lms.courses.material import values as front
from lms.courses.material.due import check_due
from lms.courses.material.folder import MEDIA, Findings, Layout, TextFile, scan
from lms.courses.material.links import Targets, render
from lms.courses.material.media import read_medium
from lms.courses.material.source import (
    CourseSource,
    FrameTranslation,
    StepSource,
    StepTranslation,
    Week,
)
from lms.courses.material.values import Values

MODULES = "modules"
"""A folder beside the tracks that holds something else."""
_ANY_KIND = kinds.StepKind("any")


class Unreadable(Exception):
    """The path is no folder, or cannot be looked into."""


def course_folders(path: Path) -> list[Path]:
    """Return the track folders at a path: itself, or those inside a folder of courses.

    Raises Unreadable when the path is not a folder that can be read.
    """
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    tracks = [
        folder
        for folder in inside
        if folder.is_dir() and folder.name != MODULES and not folder.name.startswith(".")
    ]
    is_track = any(entry.name == "track.md" for entry in inside)
    looks_like_track = any(_is_part(folder.name) for folder in tracks)
    return [path] if is_track or looks_like_track or not tracks else tracks


def read_courses(path: Path) -> tuple[list[CourseSource], list[Problem]]:
    """Return every track at a path and what is wrong with them. Raises Unreadable."""
    sources: list[CourseSource] = []
    problems: list[Problem] = []
    for folder in course_folders(path):
        if folder != path and folder.is_symlink():
            problems.append(Problem(folder.as_posix(), 1, "symbolic links are refused"))
            continue
        source, found = read_course(folder)
        sources.append(source)
        problems += found
    return sources, problems


def read_course(folder: Path) -> tuple[CourseSource, list[Problem]]:
    """Return a track as its folder says it, and the problems, by file and line.

    With problems the source is what could be read, and must not be imported.
    """
    findings = Findings(folder)
    slug = folder.resolve().name
    if kinds.slug(slug):
        findings.add("", 1, f"the folder's name {kinds.slug(slug)}")
    layout = scan(folder, findings)
    return _Reader(slug, layout, findings).read(), findings.problems


class _Reader:
    def __init__(self, slug: str, layout: Layout, findings: Findings) -> None:
        self._slug = slug
        self._layout = layout
        self._findings = findings
        found = (read_medium(path, file, findings) for path, file in layout.media)
        media = {medium.path: medium for medium in found if medium is not None}
        steps = {text.path: text.slug for text in self._sources()}
        self._targets = Targets(slug, steps, media)
        self._translated: dict[tuple[int, str], list[TextFile]] = {}
        for text in layout.texts:
            if text.language is not None:
                self._translated.setdefault((text.week, text.name), []).append(text)

    def read(self) -> CourseSource:
        frame = self._frame()
        days = frame.days_per_week
        steps = [self._step(text, days) for text in self._sources()]
        steps.sort(key=lambda step: (step.week, step.day, step.number))
        self._check_names(steps)
        self._check_weeks(len(frame.weeks))
        self._check_translations_have_sources()
        check_due(steps, self._findings, self._lines_of("due.anchor"))
        self._check_media()
        media = tuple(self._targets.media[path] for path in sorted(self._targets.media))
        return replace(frame, steps=tuple(steps), media=media, files=self._layout.files)

    def _sources(self) -> list[TextFile]:
        return [text for text in self._layout.texts if text.week and text.language is None]

    def _translations(self, week: int, name: str) -> list[TextFile]:
        return self._translated.get((week, name), [])

    def _frame(self) -> CourseSource:
        empty = CourseSource(self._slug, "", "", "", 5, (), "", (), (), (), (), 0)
        text = next((t for t in self._layout.texts if not t.week and t.language is None), None)
        if text is None:
            if (0, "track", None) not in self._layout.named:
                self._findings.add("track.md", 1, "track.md is missing: this is no track")
            return empty
        values = Values(text, self._findings)
        front.check_frame_keys(values)
        weeks = front.weeks(values)
        rendered = render(text, self._targets, self._findings)
        translations = tuple(
            self._frame_translation(translation, len(weeks))
            for translation in self._translations(0, "track")
        )
        return replace(
            empty,
            source=text.source,
            title=values.title(),
            summary=values.summary(required=True),
            days_per_week=values.get("days_per_week", kinds.whole(1, 7), 5),
            weeks=weeks,
            html=rendered.html,
            frame_media=rendered.media,
            translations=translations,
        )

    def _frame_translation(self, text: TextFile, count: int) -> FrameTranslation:
        values = Values(text, self._findings)
        front.check_frame_translation_keys(values)
        weeks: tuple[Week, ...] = front.weeks(values)
        if weeks and count and len(weeks) != count:
            values.wrong("weeks", f"weeks has {len(weeks)} entries, track.md {count}")
        rendered = render(text, self._targets, self._findings)
        return FrameTranslation(
            language=text.language or "",
            path=text.path,
            source=text.source,
            title=values.title(),
            summary=values.summary(required=True),
            weeks=weeks,
            html=rendered.html,
            media=rendered.media,
        )

    def _step(self, text: TextFile, days_per_week: int) -> StepSource:
        values = Values(text, self._findings)
        kind_name = values.get("kind", kinds.one_of(*kinds.names()), "", required=True)
        kind = kinds.find(kind_name) or _ANY_KIND
        if kind is not _ANY_KIND:
            front.check_step_keys(values, kind)
        options = front.options(values, kind)
        ref = values.get("ref", kind.check_ref, required=True) if kind.check_ref else None
        self._note_medium(values, ref)
        rendered = render(text, self._targets, self._findings)
        return StepSource(
            slug=text.slug,
            path=text.path,
            source=text.source,
            week=text.week,
            number=text.number,
            day=values.get("day", kinds.whole(1, days_per_week), 0, required=True),
            kind=kind_name,
            ref=ref,
            title=values.title(),
            summary=values.summary(required=False),
            minutes=values.get("minutes", kinds.whole(1, 480), 0, required=True),
            required=values.get("required", kinds.flag, True),
            options=options,
            due=front.due(values),
            html=rendered.html,
            media=rendered.media,
            translations=tuple(
                self._step_translation(translation, kind, options)
                for translation in self._translations(text.week, text.name)
            ),
        )

    def _step_translation(
        self, text: TextFile, kind: kinds.StepKind, of_source: Mapping[str, object]
    ) -> StepTranslation:
        values = Values(text, self._findings)
        front.check_translation_keys(values, kind)
        rendered = render(text, self._targets, self._findings)
        return StepTranslation(
            language=text.language or "",
            path=text.path,
            source=text.source,
            title=values.title(),
            summary=values.summary(required=False),
            options=front.translated_options(values, kind, of_source),
            html=rendered.html,
            media=rendered.media,
        )

    def _note_medium(self, values: Values, ref: str | None) -> None:
        if ref is None or not ref.startswith(f"{MEDIA}/"):
            return
        if ref in self._targets.media:
            self._targets.used.add(ref)
        else:
            values.wrong("ref", f"{ref} is not there")

    def _check_names(self, steps: list[StepSource]) -> None:
        slugs: dict[str, str] = {}
        numbers: dict[tuple[int, int], str] = {}
        for step in sorted(steps, key=lambda step: step.path):
            if kinds.slug(step.slug):
                self._findings.add(step.path, 1, f"a name is at most {kinds.MAX_SLUG} characters")
            first = slugs.setdefault(step.slug, step.path)
            if first != step.path:
                self._findings.add(step.path, 1, f"the name {step.slug} is already used by {first}")
            first = numbers.setdefault((step.week, step.number), step.path)
            if first != step.path:
                self._findings.add(step.path, 1, f"the number is already used by {first}")

    def _check_weeks(self, count: int) -> None:
        """Note weeks that have no folder, no step, or are not in the frame."""
        there = self._layout.weeks
        for week in range(1, max([count, *there]) + 1):
            path = f"week-{week}"
            if week not in there:
                self._findings.add(path, 1, "the folder is missing")
            elif count and week > count:
                self._findings.add(path, 1, f"track.md has {count} weeks")
            elif not any(w == week and language is None for w, _, language in self._layout.named):
                self._findings.add(path, 1, "a week without steps")

    def _check_translations_have_sources(self) -> None:
        for text in self._layout.texts:
            if text.language and (text.week, text.name, None) not in self._layout.named:
                folder = f"week-{text.week}/" if text.week else ""
                self._findings.add(
                    text.path, 1, f"a translation without its source {folder}{text.name}.md"
                )

    def _check_media(self) -> None:
        for path in self._targets.media:
            if path not in self._targets.used:
                self._findings.add(path, 1, "no text shows this file")

    def _lines_of(self, key: str) -> Mapping[str, int]:
        return {text.path: text.document.line_of(key) for text in self._sources()}


def _is_part(name: str) -> bool:
    return name == MEDIA or name.startswith("week-")
