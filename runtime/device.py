"""Where arrays live and work is done: a queue for each stage, and events between them.

On a CPU all of it is trivial: a stage's thread is its queue, what was called has been done, and
arrays need no moving. The seam is for devices whose work comes later than the call: whoever reads
what another stage made waits for that stage's event first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage


class Event(Protocol):
    """A point in a queue."""

    @property
    def done(self) -> bool:
        """Whether all that was queued before it is done."""

    def ms_since(self, earlier: Event) -> float:
        """Milliseconds between two events that are done."""


class Queue(Protocol):
    """Work in the order in which it was queued; while entered, what is called goes here.

    Several threads may have entered it at once: a photo is encoded beside the frames' motion.
    """

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    def record(self) -> Event:
        """The point after all that has been queued so far."""

    def wait(self, event: Event) -> None:
        """Let nothing that is queued from now on begin before another queue's event.

        Does not block the caller.
        """


class Device(Protocol):
    """One place where arrays live; for several threads at once."""

    @property
    def name(self) -> str:
        """For reports: "cpu"."""

    def queue(self, stage: Stage) -> Queue:
        """The queue of a stage, the same one at every call."""

    def empty(self, shape: tuple[int, ...]) -> Array:
        """A new float32 array on the device; what is in it is not defined."""

    def upload(self, array: NDArray[Any], queue: Queue, *, out: Array | None = None) -> Array:
        """The array on the device, once the queue has come so far.

        :param array: of float32, int32, int64, uint8 or bool.
        :param out: one of this device, of the same shape, to copy it into; None for a new one, or
            for the array itself where the device is the host.
        """

    def repeated(self, work: Callable[[], None]) -> Callable[[], None]:
        """Work on arrays that stay where they are, which is done for every frame: of a GPU one
        graph.

        :param work: queues kernels and copies in the queue that is entered; waits for nothing, and
            asks nothing of what is in the arrays.
        :return: queues it; not for two threads at once.
        """

    def download(self, arrays: Sequence[Array], queue: Queue) -> list[Array]:
        """The arrays in the host's memory; waits for the queue, once for all of them.

        :raises EngineError: what was queued has failed.
        """


class HostEvent:
    """A reading of the host's clock, and of the time that its processors have worked for the
    process, in seconds."""

    def __init__(self, at_s: float, cpu_s: float = 0.0) -> None:
        self.at_s, self.cpu_s = at_s, cpu_s

    @property
    def done(self) -> bool:
        return True

    def ms_since(self, earlier: Event) -> float:
        assert isinstance(earlier, HostEvent), "events of one device are compared"
        return (self.at_s - earlier.at_s) * 1e3

    def cpu_ms_since(self, earlier: HostEvent) -> float:
        """What all threads of the process have worked since then."""
        return (self.cpu_s - earlier.cpu_s) * 1e3


class HostQueue:
    """The caller's own thread.

    :param clock: seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def record(self) -> HostEvent:
        return HostEvent(self._clock(), time.process_time())

    def wait(self, event: Event) -> None:
        pass


class CpuDevice:
    """The host itself (see ``Device``)."""

    name = "cpu"

    def __init__(self) -> None:
        self._queues = {stage: HostQueue() for stage in Stage}

    def queue(self, stage: Stage) -> HostQueue:
        return self._queues[stage]

    def empty(self, shape: tuple[int, ...]) -> Array:
        return np.empty(shape, np.float32)

    def upload(
        self,
        array: NDArray[Any],
        queue: Queue,  # noqa: ARG002 - the caller's thread
        *,
        out: Array | None = None,
    ) -> Array:
        if out is None:
            return array
        np.copyto(out, array)
        return out

    def repeated(self, work: Callable[[], None]) -> Callable[[], None]:
        return work

    def download(
        self,
        arrays: Sequence[Array],
        queue: Queue,  # noqa: ARG002 - they are there already
    ) -> list[Array]:
        return list(arrays)
