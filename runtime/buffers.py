"""Arrays of the frames in flight: made once, and taken again when their frame is gone.

A frame holds a ``Lease`` for as long as anything of it is looked at. There are as many sets of
arrays as frames were ever held at once, and nothing is overwritten that somebody still holds.
"""

from __future__ import annotations

import weakref
from collections import deque
from collections.abc import Callable

from bunraku.spec.arrays import Tensors


class Lease:
    """Arrays by name, one frame's own until the lease is dropped."""

    def __init__(self, arrays: Tensors) -> None:
        self.arrays = arrays


class Ring:
    """Gives out sets of arrays; for several threads at once.

    :param make: allocates one set.
    """

    def __init__(self, make: Callable[[], Tensors]) -> None:
        self._make = make
        # Given back by whichever thread drops the last reference: appending is atomic, and waits
        # for no lock that the same thread may hold.
        self._free: deque[Tensors] = deque()
        self.made = 0
        """Sets that exist."""

    def take(self) -> Lease:
        """A set that nobody holds, a new one if there is none."""
        try:
            arrays = self._free.popleft()
        except IndexError:
            arrays = self._make()
            self.made += 1
        lease = Lease(arrays)
        weakref.finalize(lease, self._free.append, arrays).atexit = False
        return lease
