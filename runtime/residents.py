"""Arrays of the host that stay on a device: a photo, its mesh, what is pasted into."""

from __future__ import annotations

import threading
import weakref
from typing import Any

from numpy.typing import NDArray

from bunraku.runtime.device import Device, Queue
from bunraku.spec.arrays import Array


class Residents:
    """Copies on a device, each made when it is first asked for, and given up with its array.

    For several threads at once. They are read by work of the one queue alone: so what is given up
    is another's only after the work that reads it.
    """

    def __init__(self, device: Device, queue: Queue) -> None:
        self._device, self._queue = device, queue
        self._lock = threading.Lock()
        self._held: dict[int, Array] = {}

    def of(self, array: NDArray[Any]) -> Array:
        """An array's copy, of the same type.

        :param array: that nobody changes any more.
        """
        key = id(array)
        with self._lock:
            held = self._held.get(key)
            if held is None:
                held = self._held[key] = self._device.upload(array, self._queue)
                weakref.finalize(array, self._held.pop, key, None).atexit = False
        return held

    def __len__(self) -> int:
        return len(self._held)
