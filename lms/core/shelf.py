"""What a process keeps in memory so as not to read or draw it again."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from lms.core.db import cache_key

Thing = TypeVar("Thing")


class Shelf(Generic[Thing]):
    """At most so many things by key, shared by threads; what is longest unused goes first.

    A key names everything that its thing depends on, so nothing kept is ever out of date.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._things: OrderedDict[Hashable, Thing] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Thing]) -> Thing:
        """Return what is kept under the key, made now if nothing is. Two threads may both make."""
        with self._lock:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]
        made = make()
        with self._lock:
            self._things[key] = made
            while len(self._things) > self._size:
                self._things.popitem(last=False)
        return made

    def read(self, session: Session, key: Hashable, load: Callable[[], Thing]) -> Thing:
        """Return what is kept of this session's database; inside `writing`, load and keep nothing.

        What is not committed yet may never come to be.
        """
        database = cache_key(session)
        return load() if database is None else self.get((database, key), load)
