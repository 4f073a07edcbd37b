#!/usr/bin/env python3
"""Set-up and daily commands, with nothing but Python's standard library.

python3 dev.py demo          a demo company in this folder, with everything set up
python3 dev.py test          the tests (--all: the slow ones too)
python3 dev.py check         format, lint, types, imports, templates
python3 dev.py bench NAME    a benchmark
python3 dev.py lms …         the lms command
"""

import sys

if sys.version_info < (3, 11):  # before anything that an old Python could stumble over
    sys.exit("dev.py: Belay needs Python 3.11 or newer; this is " + sys.version.split()[0])

import hashlib
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LMS = VENV / "bin" / "lms"
REMEMBERED = VENV / "belay-installed.json"
RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"

CHECKS = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", ".")),
    ("types", ("-m", "mypy")),
    ("imports", ("-c", "from importlinter.cli import lint_imports_command as c; c()")),
    ("templates", ("-m", "djlint", "lms", "--lint", "--quiet")),
)


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0 if arguments else 2
    name, *rest = arguments
    if name not in COMMANDS:
        return fail(f"there is no command {name!r}; known are {', '.join(COMMANDS)}")
    try:
        return COMMANDS[name](rest)
    except SetUpFailed as error:
        return fail(str(error))
    except KeyboardInterrupt:
        return 130


def demo(arguments: list[str]) -> int:
    """Set up and serve the demo company; its data is in LMS_DATA_DIR, else .demo/."""
    set_up(RUNTIME)
    os.environ.setdefault("LMS_DATA_DIR", str(ROOT / ".demo"))
    return become(str(LMS), "demo", *arguments)


def lms(arguments: list[str]) -> int:
    """Pass everything on to the lms command."""
    set_up(RUNTIME)
    return become(str(LMS), *arguments)


def test(arguments: list[str]) -> int:
    """Run the tests; everything after the options goes to pytest."""
    set_up(DEVELOPMENT)
    everything = "--all" in arguments
    rest = [argument for argument in arguments if argument != "--all"]
    options = [] if everything else ["-m", "not slow"]
    if not any(argument.startswith(("-n", "--numprocesses")) for argument in rest):
        options += ["-n", "auto"]
    os.chdir(ROOT)
    return become("-m", "pytest", *options, *rest)


def check(arguments: list[str]) -> int:
    """Run every check, also after one has found something; end with a summary."""
    if arguments:
        return fail("check takes no arguments")
    set_up(DEVELOPMENT)
    results = {}
    for name, command in CHECKS:
        print(f"── {name}", flush=True)
        results[name] = subprocess.run([PYTHON, *command], cwd=ROOT, check=False).returncode
    print("──")
    for name, code in results.items():
        print(f"{'ok    ' if code == 0 else 'FAILED'} {name}")
    return 1 if any(results.values()) else 0


def bench(arguments: list[str]) -> int:
    """Run a benchmark by name."""
    set_up(DEVELOPMENT)
    os.chdir(ROOT)
    return become("-m", "lms.bench", *arguments)


COMMANDS = {"demo": demo, "test": test, "check": check, "bench": bench, "lms": lms}


class SetUpFailed(Exception):
    """The machine lacks something; the text says what and what to do."""


def set_up(requirements: str) -> None:
    """Make .venv and install a lock file's packages, unless that was done before."""
    wanted = digest(ROOT / requirements)
    done = remembered()
    if wanted in done:
        return
    started = time.monotonic()
    make_environment(keep=bool(done) or works(PYTHON))
    install(ROOT / requirements)
    link_package()
    # The development lock holds everything that the other one does.
    names = (RUNTIME, DEVELOPMENT) if requirements == DEVELOPMENT else (RUNTIME,)
    state = {"python": sys.version, "installed": [digest(ROOT / name) for name in names]}
    REMEMBERED.write_text(json.dumps(state), encoding="utf-8")
    say(f"Set up in {time.monotonic() - started:.0f} s; the next start takes about one.")


def remembered() -> list[str]:
    """Return the digests of the lock files that .venv has; none if its Python is another."""
    try:
        state = json.loads(REMEMBERED.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    if not PYTHON.exists() or not LMS.exists() or state.get("python") != sys.version:
        return []
    return list(state["installed"])


def make_environment(*, keep: bool) -> None:
    """Make .venv anew, unless the one that is there works."""
    if keep and works(PYTHON):
        return
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise SetUpFailed(
            "this Python lacks its venv module; on Debian and Ubuntu: apt install python3-venv"
        ) from None
    say("Making .venv …")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SetUpFailed(f"could not make .venv:\n{made.stdout}{made.stderr}")


def works(python: Path) -> bool:
    """Whether .venv's Python starts, has pip and is of the version that runs this."""
    if not python.exists():
        return False
    question = "import sys, pip; print(sys.version)"
    answer = subprocess.run([python, "-c", question], capture_output=True, text=True, check=False)
    return answer.returncode == 0 and answer.stdout.strip() == sys.version.strip()


def install(requirements: Path) -> None:
    """Install exactly what the lock file names, each file checked against its hash."""
    total = requirements.read_text(encoding="utf-8").count("==")
    say(f"Installing {total} packages from {requirements.name} (the first time only) …")
    command = [PYTHON, "-m", "pip", "install", "--require-hashes", "--no-deps", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "-r", requirements]
    lines: list[str] = []
    seen = 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        assert pip.stdout is not None
        for line in pip.stdout:
            lines.append(line)
            if line.startswith(("Collecting ", "Requirement already satisfied: ")):
                seen += 1
                name = line.split(": ")[-1] if ": " in line else line.split(" ", 1)[1]
                progress(f"  {seen}/{total} {name.split('==')[0].strip()}")
            elif line.startswith("Installing collected"):
                progress("  unpacking")
    progress("")
    if pip.returncode:
        raise SetUpFailed("pip could not install the packages:\n" + "".join(lines[-15:]))


def link_package() -> None:
    """Make this folder importable in .venv and put `lms` beside its Python; nothing is built."""
    folder = next((VENV / "lib").glob("python*/site-packages"))
    (folder / "belay.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    LMS.write_text(
        f"#!{PYTHON}\nimport sys\n\nfrom lms.commands import main\n\nsys.exit(main())\n",
        encoding="utf-8",
    )
    LMS.chmod(0o755)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def become(*arguments: str) -> int:
    """Replace this process by .venv's Python, so that signals reach the right one."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


def progress(text: str) -> None:
    """Show where we are: on one line of a terminal, silently where there is none."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:78]}", end="", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """Tell what is going on, beside any machine-readable output."""
    print(text, file=sys.stderr, flush=True)


def fail(text: str) -> int:
    """Tell what is wrong and return the exit code for it."""
    say(f"dev.py: {text}")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
