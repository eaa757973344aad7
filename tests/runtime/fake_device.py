"""A device whose work is done late: what one queue makes is not a number to the others, until they
wait for its event."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Self

import numpy as np
from tests.runtime.fakes import FakeEngine

from bunraku.runtime.device import Event, Queue
from bunraku.runtime.engines.protocol import Engine
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

Results = list[tuple[Array, Array]]
"""Arrays of the device, and what they will hold."""


class FakeEvent:
    """A point in a queue, and what was made before it."""

    def __init__(self, results: Results) -> None:
        self.results = results
        self.done = False

    def ms_since(self, earlier: Event) -> float:
        return 1.0


class FakeQueue:
    """Does its work as it is called, and hides the results when it is left."""

    def __init__(self, device: FakeDevice) -> None:
        self._device = device
        self._hidden: Results = []
        self.waited: list[FakeEvent] = []
        """What its work was told to come after, in that order."""
        self.recorded: list[FakeEvent] = []

    def __enter__(self) -> Self:
        show(self._hidden)  # in the same queue, work finds what came before it
        self._before = [array.copy() for array in self._device.arrays]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        known = self._before + [None] * (len(self._device.arrays) - len(self._before))
        own = {id(array) for array, _ in self._hidden}
        for array, before in zip(self._device.arrays, known, strict=True):
            changed = before is None or not np.array_equal(array, before, equal_nan=True)
            if changed and id(array) not in own:
                self._hidden.append((array, array))
        self._hidden = [(array, array.copy()) for array, _ in self._hidden]
        for array, _ in self._hidden:
            array.fill(np.nan)

    def record(self) -> FakeEvent:
        self.recorded.append(FakeEvent(self._hidden))
        return self.recorded[-1]

    def wait(self, event: Event) -> None:
        assert isinstance(event, FakeEvent)
        self.waited.append(event)
        show(event.results)

    def finish(self) -> None:
        """Do all of its work."""
        show(self._hidden)


class FakeDevice:
    """See the module; implements ``bunraku.runtime.device.Device``."""

    name = "late"

    def __init__(self) -> None:
        self.arrays: list[Array] = []
        self._queues = {stage: FakeQueue(self) for stage in Stage}

    def queue(self, stage: Stage) -> FakeQueue:
        return self._queues[stage]

    def empty(self, shape: tuple[int, ...]) -> Array:
        self.arrays.append(np.full(shape, np.nan, np.float32))
        return self.arrays[-1]

    def upload(self, array: Array, queue: Queue, *, out: Array | None = None) -> Array:
        if out is None:
            return array.copy()
        out[...] = array
        return out

    def download(self, array: Array, queue: Queue) -> Array:
        assert isinstance(queue, FakeQueue)
        queue.finish()
        return array.copy()

    def engines(self, made: Mapping[str, FakeEngine]) -> dict[str, Engine]:
        """Engines of this device: those given, which write where they are told to."""
        return dict(made)


def show(results: Results) -> None:
    """What was made is there now."""
    for array, values in results:
        array[...] = values
