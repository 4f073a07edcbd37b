"""Front matter of track and step files: which keys, of which shape. Findings get what is wrong."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from lms.courses import kinds
from lms.courses.kinds import Check, StepKind
from lms.courses.material.folder import Findings, TextFile
from lms.courses.material.source import Week

MAX_WEEKS = 52
_TITLE = kinds.text(200)
_SUMMARY = kinds.text(600)
_FRAME_KEYS = ("title", "summary", "weeks", "days_per_week")
_STEP_KEYS = ("title", "kind", "day", "minutes", "required", "summary", "ref", "due")
_WEEK_KEYS = ("title", "theme", "goal")


class Values:
    """The front matter of one file: hands out checked values and notes what is wrong."""

    def __init__(self, file: TextFile, findings: Findings) -> None:
        self._file = file
        self._findings = findings
        self._meta = file.document.meta

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._meta

    def wrong(self, key: str, message: str) -> None:
        """Note a problem at the line of a key (`due.at`, `weeks.0.goal`)."""
        self._findings.add(self._file.path, self._file.document.line_of(key), message)

    def get(self, key: str, check: Check, default: Any = None, *, required: bool = False) -> Any:
        """Return a value that passes the check, else the default; note why it does not."""
        if key not in self._meta:
            if required:
                self.wrong("", f"{key} is missing")
            return default
        value = self._meta[key]
        if message := check(value):
            self.wrong(key, f"{key} {message}")
            return default
        return value.strip() if isinstance(value, str) else value

    def only(self, known: Collection[str], elsewhere: Mapping[str, str]) -> None:
        """Note every key that is not known; `elsewhere` says where some of them belong."""
        for key in self._meta:
            if key not in known:
                self.wrong(key, elsewhere.get(key, f"unknown key {key!r}"))

    def raw(self, key: str) -> Any:
        """Return a value as YAML has it, for shapes that are checked by hand."""
        return self._meta.get(key)

    def title(self) -> str:
        """Return the title, which every file has."""
        return str(self.get("title", _TITLE, "", required=True))

    def summary(self, *, required: bool) -> str:
        """Return the summary, or nothing."""
        return str(self.get("summary", _SUMMARY, "", required=required))


def weeks(values: Values) -> tuple[Week, ...]:
    """Return the weeks of a frame or its translation."""
    entries = values.raw("weeks")
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_WEEKS:
        values.wrong("weeks", "weeks must be a list with title, theme and goal of each week")
        return ()
    return tuple(_week(values, number, entry) for number, entry in enumerate(entries))


def _week(values: Values, number: int, entry: Any) -> Week:
    at = f"weeks.{number}"
    name = f"week {number + 1}"
    if not isinstance(entry, dict):
        values.wrong(at, f"{name} must have title, theme and goal")
        return Week("", "", "")
    for key in entry:
        if key not in _WEEK_KEYS:
            values.wrong(f"{at}.{key}", f"unknown key {key!r} in {name}")
    words = {}
    for key in _WEEK_KEYS:
        message = _SUMMARY(entry[key]) if key in entry else "is missing"
        if message:
            values.wrong(f"{at}.{key}", f"{key} of {name} {message}")
        words[key] = "" if message else entry[key].strip()
    return Week(**words)


def check_frame_keys(values: Values) -> None:
    """Note keys that a frame does not take."""
    values.only(_FRAME_KEYS, {})


def check_frame_translation_keys(values: Values) -> None:
    """Note keys that a frame's translation does not take."""
    values.only(_FRAME_KEYS[:3], {"days_per_week": "days_per_week is for track.md only"})


def check_step_keys(values: Values, kind: StepKind) -> None:
    """Note keys that a step of this kind does not take."""
    known = [key for key in _STEP_KEYS if key != "ref" or kind.needs_ref]
    known += [key.name for key in kind.keys]
    others = {key.name for other in kinds.registered() for key in other.keys} | {"ref"}
    values.only(known, {key: f"{key} is not for {kind.name} steps" for key in others})


def check_translation_keys(values: Values, kind: StepKind) -> None:
    """Note keys that a translation of a step of this kind does not take."""
    known = ["title", "summary", *(key.name for key in kind.keys if key.translated)]
    of_source = [*_STEP_KEYS, *(key.name for other in kinds.registered() for key in other.keys)]
    values.only(known, {key: f"{key} is for the source file only" for key in of_source})


def options(values: Values, kind: StepKind) -> dict[str, Any]:
    """Return what the kind's own keys say, with their defaults."""
    return {
        key.name: values.get(key.name, key.check, key.default, required=key.required)
        for key in kind.keys
    }


def translated_options(
    values: Values, kind: StepKind, of_source: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a translation's own options; a list has as many entries as the source's."""
    found = {}
    for key in kind.keys:
        wanted = of_source.get(key.name)
        if not key.translated:
            continue
        value = values.get(key.name, key.check, required=isinstance(wanted, list))
        if value is None:
            continue
        if isinstance(wanted, list) and len(value) != len(wanted):
            values.wrong(key.name, f"{key.name} has {len(value)} entries, the source {len(wanted)}")
        found[key.name] = value
    return found


def due(values: Values) -> dict[str, Any]:
    """Return when a step is due: empty for the end of its own day, else anchor, days and at."""
    if not values.has("due"):
        return {}
    given = values.raw("due")
    if not isinstance(given, dict):
        values.wrong("due", "due must have anchor, days and at")
        return {}
    for key in given:
        if key not in ("anchor", "days", "at"):
            values.wrong(f"due.{key}", f"unknown key {key!r} in due")
    anchor = given.get("anchor", "intake")
    checks: Iterable[tuple[str, Any, Check]] = (
        ("anchor", anchor, _anchor),
        ("days", given.get("days"), kinds.whole(0, 260)),
        ("at", given.get("at", "23:59"), kinds.clock_time),
    )
    wrong = False
    for key, value, check in checks:
        if message := check(value):
            values.wrong(f"due.{key}", f"due.{key} {message}")
            wrong = True
    return {} if wrong else {key: value for key, value, _ in checks}


def _anchor(value: Any) -> str | None:
    if value in ("intake", "own"):
        return None
    if isinstance(value, str):
        before, colon, step = value.partition(":")
        if colon and before in ("session", "done") and kinds.slug(step) is None:
            return None
    return "must be intake, own, session:<step> or done:<step>"
