"""dev.py: what a fresh machine runs first."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DEV = ROOT / "dev.py"
LOCKS = ("requirements.txt", "requirements-dev.txt")


def _dev(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, DEV, *arguments], capture_output=True, text=True, check=False
    )


def test_it_needs_nothing_but_the_standard_library() -> None:
    imported = set()
    for node in ast.walk(ast.parse(DEV.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported.update(name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= sys.stdlib_module_names


def test_it_explains_itself_and_refuses_what_it_does_not_know() -> None:
    helped = _dev("--help")
    assert helped.returncode == 0
    assert all(name in helped.stdout for name in ("demo", "test", "check", "bench", "lms"))
    assert _dev().returncode == 2
    unknown = _dev("brew")
    assert unknown.returncode == 2
    assert "brew" in unknown.stderr
    assert "Traceback" not in unknown.stderr


def test_an_old_python_is_told_so_in_one_line() -> None:
    """The check stands before anything that an old Python could stumble over."""
    program = (
        "import sys; sys.version_info = (3, 9, 2); sys.version = '3.9.2 (old)';"
        f"exec(compile(open({str(DEV)!r}).read(), 'dev.py', 'exec'))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert told.returncode != 0
    assert told.stderr.strip() == "dev.py: Belay needs Python 3.11 or newer; this is 3.9.2"


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_its_hashes_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    packages = [entry for entry in entries if "==" in entry]
    assert len(packages) > 20
    assert [entry for entry in packages if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_the_development_lock_holds_everything_of_the_other() -> None:
    runtime, development = (
        set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in LOCKS
    )
    assert runtime <= development
