"""How the networks that find bodies, faces and hands see crops of frames.

On the host OpenCV cuts them. On a device a driver's frame is brought there once, however many
networks look at it; each crop is read from it where it is, and what comes back is what the network
says, a few thousand numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import read_window
from bunraku.runtime.buffers import Ring
from bunraku.runtime.device import Device, HostQueue
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.sharing import Place
from bunraku.runtime.pose.roi import Roi, averaged, crop, to_network
from bunraku.runtime.residents import Residents
from bunraku.spec.arrays import Picture, Tensors
from bunraku.spec.stages import Stage

IMAGE = "image"
"""What each of these networks calls its input: ``[1, 3, size, size]`` RGB in [0, 1]."""
_MATRIX = "matrix"

Look: TypeAlias = Callable[[Picture, Roi], Tensors]
"""What a network says of a crop of a frame RGB u8 ``[H,W,3]``, in the host's memory. For several
threads at once; raises EngineError if the network or the device fails."""

Keep: TypeAlias = Callable[[Tensors, Callable[[NDArray[Any]], Any]], Tensors]
"""What is wanted of what a network gives, computed where that is, of arrays and of tensors; the
second argument gives an array that nobody changes in that place."""


def _all(said: Tensors, stay: Callable[[NDArray[Any]], Any]) -> Tensors:  # noqa: ARG001
    return said


class Crops(Protocol):
    """Where crops are cut."""

    @property
    def place(self) -> Place:
        """Where the arrays lie that the engines are given."""

    def of(self, engine: Engine, size: int, keep: Keep = _all) -> Look:
        """Looks through a network.

        :param size: of the crops that it takes, in pixels.
        :param keep: what of its outputs is wanted.
        """

    def opened(self, frame: Picture) -> AbstractContextManager[None]:
        """While several networks look at a frame, which nobody changes meanwhile."""


class HostCrops:
    """By OpenCV (see ``Crops``)."""

    place = Place.HOST

    def of(self, engine: Engine, size: int, keep: Keep = _all) -> Look:
        queue = HostQueue()
        ring = Ring(lambda: {IMAGE: np.empty((1, 3, size, size), np.float32)})

        def look(frame: Picture, roi: Roi) -> Tensors:
            lease = ring.take(queue)
            to_network(crop(frame, roi, size), lease.arrays[IMAGE][0], 1 / 255)
            return keep(engine.run(lease.arrays), lambda array: array)

        return look

    def opened(self, frame: Picture) -> AbstractContextManager[None]:  # noqa: ARG002 - it is here
        return nullcontext()


HOST = HostCrops()


@dataclass(eq=False)
class _Opened:
    """A frame that networks look at."""

    users: int = 0
    there: Any = None
    """The frame on the device, once it was asked for."""
    lock: Lock = field(default_factory=Lock)
    """Held while it is brought there: who looks at others does not wait for that."""


class DeviceCrops:
    """Where a device's arrays are (see ``Crops``); frames that are not opened, as photos are not,
    are cut by the host.

    :raises EngineError: a method, when the device fails.
    """

    place = Place.DEVICE

    def __init__(self, device: Device) -> None:
        self._device = device
        self._queue = device.queue(Stage.DENSEPOSE)
        self._stay = Residents(device, self._queue)
        self._lock = Lock()
        self._opened: dict[int, _Opened] = {}

    @contextmanager
    def opened(self, frame: Picture) -> Iterator[None]:
        with self._lock:
            held = self._opened.setdefault(id(frame), _Opened())
            held.users += 1
        try:
            yield
        finally:
            with self._lock:
                held.users -= 1
                if not held.users:
                    del self._opened[id(frame)]

    def of(self, engine: Engine, size: int, keep: Keep = _all) -> Look:
        device, queue = self._device, self._queue
        on_host = HOST.of(engine, size, keep)
        shapes = {_MATRIX: (2, 3), IMAGE: (1, 3, size, size), **engine.outputs}
        ring = Ring(lambda: {name: device.empty(shape) for name, shape in shapes.items()})

        def look(frame: Picture, roi: Roi) -> Tensors:
            there = self._frame(frame)
            if there is None:
                return on_host(frame, roi)
            lease = ring.take(queue)
            arrays = lease.arrays
            with queue:
                own = roi.pixel_matrix(size).astype(np.float32)
                matrix: Any = device.upload(own, queue, out=arrays[_MATRIX])
                seen: Any = arrays[IMAGE]
                read_window(there, matrix, size, samples=averaged(roi, size), out=seen)
                out = {name: arrays[name] for name in engine.outputs}
                kept = keep(engine.run({IMAGE: seen}, out=out, queue=queue), self._stay.of)
                here = device.download(list(kept.values()), queue)
            return dict(zip(kept, here, strict=True))

        return look

    def _frame(self, frame: Picture) -> Any:
        with self._lock:
            held = self._opened.get(id(frame))
        if held is None:
            return None
        with held.lock:
            if held.there is None:
                held.there = self._device.upload(frame, self._queue)
            return held.there
