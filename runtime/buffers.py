"""Arrays of the frames in flight: made once, and taken again when their frame is gone.

A frame holds a ``Lease`` for as long as anything of it is looked at. There are as many sets of
arrays as frames were ever held at once, and nothing is overwritten that somebody still holds, or
that work still reads which a device has not come to yet.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bunraku.runtime.device import Event, Queue
from bunraku.spec.arrays import Array, Tensors


@dataclass(eq=False)
class _Set:
    arrays: Tensors
    kept: dict[str, Any] = field(default_factory=dict)
    last: Event | None = None
    """After the last work with them; None where there was none beyond the taker's own queue."""


class Lease:
    """Arrays by name, one frame's own until the lease is dropped."""

    def __init__(self, held: _Set) -> None:
        self._held = held

    @property
    def arrays(self) -> Tensors:
        """The set."""
        return self._held.arrays

    @property
    def kept(self) -> dict[str, Any]:
        """What was made for this set, such as work on its arrays; there for as long as it is."""
        return self._held.kept

    @contextmanager
    def used(self, queue: Queue) -> Iterator[None]:
        """While another queue than the taker's is given work with the arrays.

        Whoever takes them next has them when that work is done, also where giving it out failed
        half-way.
        """
        try:
            yield
        finally:
            self._held.last = queue.record()


@dataclass(frozen=True, eq=False)
class Underway:
    """An array of a device that work was given for."""

    array: Array
    ready: Event
    """When that is done."""
    lease: Lease
    """Whose array it is."""


class Ring:
    """Gives out sets of arrays; for several threads at once.

    :param make: allocates one set.
    """

    def __init__(self, make: Callable[[], Tensors]) -> None:
        self._make = make
        # Given back by whichever thread drops the last reference: appending is atomic, and waits
        # for no lock that the same thread may hold.
        self._free: deque[_Set] = deque()
        self.made = 0
        """Sets that exist."""

    def take(self, queue: Queue) -> Lease:
        """A set that nobody holds, a new one if there is none.

        :param queue: that will write into it; waits, without blocking the caller, for the work that
            other queues were given with the set.
        """
        try:
            held = self._free.popleft()
        except IndexError:
            held = _Set(self._make())
            self.made += 1
        if held.last is not None:
            queue.wait(held.last)
            held.last = None
        lease = Lease(held)
        weakref.finalize(lease, self._free.append, held).atexit = False
        return lease
