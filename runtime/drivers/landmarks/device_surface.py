"""Landmarks to surfaces on a device, where the generator takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.runtime.buffers import Ring, Underway
from bunraku.runtime.device import Device
from bunraku.runtime.drivers.landmarks.enlarging import enlarged_on_device
from bunraku.runtime.drivers.landmarks.surface import IuvNet
from bunraku.spec import tensors as names
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

_FINER = "finer"
"""A surface at the generator's size, where that is another than the net's."""


class DeviceIuvNet:
    """An IUV net whose surfaces stay on a device; for several threads at once.

    :param net: whose engine takes and gives arrays of the device.
    :raises EngineError: a method, when the network or the device fails.
    """

    def __init__(self, net: IuvNet, device: Device) -> None:
        self._net, self._device = net, device
        self.queue = device.queue(Stage.DENSEPOSE)
        """Of all its work."""
        self._ring = Ring(self._allocate)

    def surface(self, landmarks: Array, mask: Array | None) -> Underway:
        """As ``IuvNet.surface``, on its way."""
        net, queue = self._net, self.queue
        lease = self._ring.take(queue)
        arrays = lease.arrays
        with queue:
            for name, told in net.told(landmarks, mask).items():
                self._device.upload(told, queue, out=arrays[name])
            out = {names.SURFACE: arrays[names.SURFACE]}
            made: Any = net.engine.run(arrays, out=out, queue=queue)[names.SURFACE]
            if _FINER in arrays:
                made = enlarged_on_device(made, arrays[_FINER])
        return Underway(made, queue.record(), lease)

    def fetch(self, surface: Underway) -> Array:
        """A surface in the host's memory, for looking at; waits until it is there."""
        self.queue.wait(surface.ready)
        (here,) = self._device.download([surface.array], self.queue)
        return np.array(here)

    def _allocate(self) -> dict[str, Array]:
        engine, size = self._net.engine, self._net.size
        shapes = {**engine.inputs, **engine.outputs}
        count, channels, _, side = shapes[names.SURFACE]
        if size != side:
            shapes[_FINER] = (count, channels, size, size)
        return {name: self._device.empty(shape) for name, shape in shapes.items()}
