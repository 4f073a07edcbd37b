"""What a process keeps: found again, bounded, by database, and never from an open write."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lms.core.db import Database, writing
from lms.core.shelf import Shelf


def test_a_thing_is_made_once_and_found_again_even_when_it_is_nothing() -> None:
    shelf: Shelf[str | None] = Shelf(3)
    made: list[str] = []

    def make() -> None:
        made.append("made")

    assert [shelf.get("key", make) for _again in range(3)] == [None] * 3
    assert made == ["made"]


def test_what_is_longest_unused_goes_first() -> None:
    shelf: Shelf[int] = Shelf(2)
    for key in ("a", "b", "a", "c"):
        shelf.get(key, lambda: 1)
    assert [shelf.get(key, lambda: 2) for key in ("a", "c", "b")] == [1, 1, 2]


def test_a_thing_that_could_not_be_made_is_tried_again() -> None:
    shelf: Shelf[float] = Shelf(2)
    with pytest.raises(ZeroDivisionError):
        shelf.get("key", lambda: 1 / 0)
    assert shelf.get("key", lambda: 7) == 7


def test_many_threads_keep_no_more_than_there_is_room_for() -> None:
    shelf: Shelf[int] = Shelf(5)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: shelf.get(n % 9, lambda: n % 9), range(900)))
    assert found == [n % 9 for n in range(900)]
    assert len(shelf._things) <= 5


def test_what_is_read_inside_a_write_is_never_kept(database: Database) -> None:
    shelf: Shelf[str] = Shelf(2)
    with database.session() as session:
        with writing(session):
            assert shelf.read(session, "key", lambda: "not yet") == "not yet"
        assert shelf.read(session, "key", lambda: "committed") == "committed"
        with writing(session):
            assert shelf.read(session, "key", lambda: "changed") == "changed"
        assert shelf.read(session, "key", lambda: "again") == "committed"


def test_each_database_has_its_own(sqlite_database: Database) -> None:
    shelf: Shelf[str] = Shelf(2)
    other = Database(str(sqlite_database.url))
    with sqlite_database.reading() as here, other.reading() as there:
        assert shelf.read(here, "key", lambda: "here") == "here"
        assert shelf.read(there, "key", lambda: "there") == "there"
    other.dispose()
