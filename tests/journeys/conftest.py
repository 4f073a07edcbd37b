"""Fixtures of the browser tests. A failing one leaves pictures of its pages in `tmp_path`."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.demo import seed
from tests.conftest import open_database
from tests.journeys.chromium import Window, launched
from tests.journeys.serving import Served, served

DEMO_MORNING = datetime(2026, 11, 18, 8, 30, tzinfo=UTC)
"""A Wednesday, half past nine in Berlin."""
_failed = pytest.StashKey[bool]()

Open = Callable[..., Window]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Remember whether the test itself failed, for the fixtures that end after it."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A running Chromium, one for each file."""
    with launched() as browser:
        yield browser


@pytest.fixture
def windows(
    chromium: Any, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Window]]:
    """A function that opens a window on a served company; what goes wrong in one is a failure."""
    opened: list[Window] = []

    def open_window(company: Served, person_id: int | None = None, **options: Any) -> Window:
        window = Window(chromium, company.url, **options)
        opened.append(window)
        if person_id is not None:
            company.enter(window.context, person_id)
        return window

    yield open_window
    failed = request.node.stash.get(_failed, False)
    for window in opened:
        if failed:
            window.take_pictures(tmp_path)
        window.close()
    if not failed:
        assert [text for window in opened for text in window.watch.complaints] == []


@pytest.fixture(scope="session")
def filled_demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the small demo company as it stands on a Wednesday morning, to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    shutil.copy(sqlite_template, folder / "belay.db")
    url = f"sqlite:///{folder / 'belay.db'}"
    config = Config(data_dir=folder, database_url=url, secret_key="x" * 40, demo=True)
    database = open_database(url)
    seed.fill(database, config, FixedClock(DEMO_MORNING), people=60, progress=lambda _text: None)
    database.dispose()
    return folder


@pytest.fixture(scope="module")
def demo(filled_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The demo company, served; each file has its own copy."""
    folder = tmp_path_factory.mktemp("served") / "demo"
    shutil.copytree(filled_demo, folder)
    with served(folder, folder / "belay.db", DEMO_MORNING, demo=True) as company:
        yield company


@pytest.fixture
def fresh_demo(filled_demo: Path, tmp_path: Path) -> Iterator[Served]:
    """The demo company, served for one test alone, which may change what it likes."""
    folder = tmp_path / "demo"
    shutil.copytree(filled_demo, folder)
    with served(folder, folder / "belay.db", DEMO_MORNING, demo=True) as company:
        yield company
