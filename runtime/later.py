"""Values that are made when they are first read."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Later(Generic[T]):
    """A value that is made once, by whichever thread reads it first.

    :param make: gives the value; called again only if it raised.
    """

    def __init__(self, make: Callable[[], T]) -> None:
        self._make: Callable[[], T] | None = make
        self._made: list[T] = []
        self._lock = threading.Lock()

    @classmethod
    def begun(cls, make: Callable[[], T]) -> Later[T]:
        """A value that a thread of its own makes from now on; whoever reads it waits for it."""
        result = cls(make)

        def work() -> None:
            with contextlib.suppress(Exception):  # whoever reads it tries again, and is told
                result.read()

        threading.Thread(target=work, name="bunraku-later", daemon=True).start()
        return result

    @classmethod
    def of(cls, value: T) -> Later[T]:
        """A value that is there already."""
        result = cls(lambda: value)
        result.read()
        return result

    def read(self) -> T:
        """The value; raises what making it raises."""
        with self._lock:
            if self._make is not None:
                self._made.append(self._make())
                self._make = None  # nor what it holds
            return self._made[0]
