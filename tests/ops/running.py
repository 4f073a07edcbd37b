"""Real processes for tests: starts `lms`, waits for it, looks at its tree, ends it."""

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PROGRAM = "import sys; from lms.commands import main; sys.exit(main())"
PATIENCE_SECONDS = 60.0


def lms(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=_environment(variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS * 3,
        check=False,
    )


@contextmanager
def running(*arguments: str, **variables: str) -> Iterator["Running"]:
    """Run a command that stays; kill whatever is left of its tree afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *arguments],
        env=_environment(variables),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    program = Running(process)
    try:
        yield program
    finally:
        for pid in program.tree():
            _kill(pid)
        process.kill()
        process.wait()
        program.close()


def _environment(variables: dict[str, str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    return {**inherited, "PYTHONPATH": str(ROOT), **variables}


class Running:
    """A command under way."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.errors: list[str] = []
        self._lines: queue.Queue[str] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_output(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors.extend(self.process.stderr)

    def close(self) -> None:
        """Close what was read from; every writer is gone by now."""
        for reader in self._readers:
            reader.join(5)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()

    def line(self) -> str:
        """Return the next line of standard output."""
        try:
            return self._lines.get(timeout=PATIENCE_SECONDS)
        except queue.Empty:
            raise AssertionError("".join(self.errors) or "no word from the program") from None

    def stop(self) -> int:
        """Ask it to stop, as a supervisor of services does, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def tree(self) -> list[int]:
        """Return the processes below it, nearest first."""
        found: list[int] = []
        wanted = [self.process.pid]
        parents = _parents()
        while wanted:
            parent = wanted.pop(0)
            children = sorted(pid for pid, above in parents.items() if above == parent)
            found += children
            wanted += children
        return found

    def web_workers(self) -> list[int]:
        """Return the processes that answer requests: grandchildren."""
        parents = _parents()
        return [pid for pid in self.tree() if parents.get(pid) not in (None, self.process.pid)]

    def pss(self) -> int:
        """Return the proportional memory of the whole tree in bytes."""
        return sum(_pss(pid) for pid in (self.process.pid, *self.tree()))


def _parents() -> dict[int, int]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text()
            except OSError:
                continue
            state, parent = status.rsplit(")", 1)[1].split()[:2]
            if state != "Z":
                found[int(folder.name)] = int(parent)
    return found


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no memory of {pid}")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def kill(pid: int) -> None:
    """End a process without any warning."""
    os.kill(pid, signal.SIGKILL)


def alive(pid: int) -> bool:
    """Whether a process is there and not a mere remainder."""
    return pid in _parents()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def get(port: int, path: str) -> tuple[int, str]:
    """Fetch a page; the status is 0 when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
    except OSError:
        return 0, ""


def eventually(condition: Callable[[], object], *, within: float = PATIENCE_SECONDS) -> float:
    """Wait until something is so and return how long it took; fail when it never is."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within:
            raise AssertionError(f"not so after {within:.0f} s")
        time.sleep(0.02)
    return time.monotonic() - started
