"""Memory of the host that a GPU copies to and from while both go on: page-locked, and lent."""

from __future__ import annotations

import math
import threading
import weakref
from collections import deque
from dataclasses import dataclass
from typing import Any

from bunraku.runtime.device import Event


@dataclass(frozen=True, eq=False)
class Lent:
    """Page-locked memory that somebody has."""

    whole: Any
    """Flat."""
    tensor: Any
    """As much of it as was asked for, in its shape."""


class Pinned:
    """Page-locked memory of the host by size and type: two pieces for each at first, and one more
    whenever all are in use, so that nobody waits for one. Sizes that are nearly alike share theirs,
    as those of pictures of hands, each of which is another."""

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._lock = threading.Lock()
        self._free: dict[tuple[int, Any], deque[tuple[Any, Event | None]]] = {}

    def take(self, shape: tuple[int, ...], dtype: Any) -> Lent:
        """Memory that nobody reads or writes any more."""
        count = math.prod(shape)
        kind = (roomy(count), dtype)
        with self._lock:
            if kind not in self._free:
                self._free[kind] = deque((self._new(*kind), None) for _ in range(2))
            whole = self._unused(self._free[kind])
            if whole is None:
                whole = self._new(*kind)
        return Lent(whole, whole[:count].view(shape))

    def give_back(self, lent: Lent, copied: Event | None = None) -> None:
        """Free for others, once the event has come; from any thread."""
        self._free[len(lent.whole), lent.whole.dtype].append((lent.whole, copied))

    def lent(self, lent: Lent) -> Any:
        """The memory as an array; free for others when neither it nor a view of it is left."""
        array = lent.tensor.numpy()
        weakref.finalize(array, self.give_back, lent).atexit = False
        return array

    def _unused(self, free: deque[tuple[Any, Event | None]]) -> Any:
        for _ in range(len(free)):
            whole, copied = free.popleft()
            if copied is None or copied.done:
                return whole
            free.append((whole, copied))
        return None

    def _new(self, count: int, dtype: Any) -> Any:
        return self._torch.empty((count,), dtype=dtype, pin_memory=True)


def roomy(count: int) -> int:
    """A size that others of about as many numbers share: an eighth more at most, or 64."""
    step = max((1 << max(count - 1, 0).bit_length()) // 16, 64)
    return max(-(-count // step), 1) * step
