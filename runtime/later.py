"""Values that are made when they are first read."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bunraku.spec.threads import HELPERS

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

        with contextlib.suppress(RuntimeError):  # no thread can be had: whoever reads it makes it
            threading.Thread(target=work, name="bunraku-later", daemon=True).start()
        return result

    @classmethod
    def ahead(cls, make: Callable[[], T]) -> Later[T]:
        """A value that another thread makes as soon as a processor is free for it; whoever reads it
        before that makes it. For what takes milliseconds."""
        result = cls(make)
        with contextlib.suppress(RuntimeError):  # likewise, as when the process ends
            # What fails there is tried again where it is read.
            HELPERS.submit(contextvars.copy_context().run, result._begin)
        return result

    @classmethod
    def of(cls, value: T) -> Later[T]:
        """A value that is there already."""
        result = cls(lambda: value)
        result.read()
        return result

    @property
    def made(self) -> bool:
        """Whether the value is there: to read it takes no time then."""
        return self._make is None

    def read(self) -> T:
        """The value; raises what making it raises."""
        with self._lock:
            return self._read()

    def _begin(self) -> None:
        """Make it, unless somebody does: a helper that waits could do something else."""
        if self._lock.acquire(blocking=False):
            try:
                self._read()
            finally:
                self._lock.release()

    def _read(self) -> T:
        if self._make is not None:
            self._made.append(self._make())
            self._make = None  # nor what it holds
        return self._made[0]
