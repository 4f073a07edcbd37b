"""The examples in the description of the course format are a track without problems."""

import re
from pathlib import Path

from lms.courses import kinds
from lms.courses.material.reading import read_course

DESCRIPTION = Path(__file__).parents[2] / "docs" / "formats" / "courses.md"
_EXAMPLE = re.compile(r"`([\w./-]+\.md)`\n\n```markdown\n(.*?)```\n", re.DOTALL)


def test_the_examples_of_the_format_have_no_problems(tmp_path: Path) -> None:
    examples = dict(_EXAMPLE.findall(DESCRIPTION.read_text(encoding="utf-8")))
    folder = tmp_path / "boot-room"
    for path, content in examples.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content, encoding="utf-8")
    source, problems = read_course(folder)
    assert problems == []
    assert {step.kind for step in source.steps} == {"read", "watch", "do", "meet"}
    assert [text.language for step in source.steps for text in step.translations] == ["ru"]


def test_every_key_of_every_kind_is_described() -> None:
    text = DESCRIPTION.read_text(encoding="utf-8")
    for kind in (kinds.READ, kinds.WATCH, kinds.DO, kinds.MEET):
        for key in kind.keys:
            assert f"| `{key.name}` | {kind.name} |" in text
