"""An engine of the processor between stages on a device: what goes in and out is carried across."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bunraku.runtime.device import Device, Queue
from bunraku.runtime.engines.protocol import Engine, select
from bunraku.spec.arrays import Array, Tensors


class ThroughHost:
    """See ``Engine``; for what another library cannot take, where a few milliseconds do not matter.

    Arrays of the host are taken as they are, and the results stay there.

    :param engine: takes and gives arrays of the host.
    :param device: where the others live.
    """

    def __init__(self, engine: Engine, device: Device) -> None:
        self._engine, self._device = engine, device

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def advice(self) -> str:
        return self._engine.advice

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        return self._engine.inputs

    @property
    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        return self._engine.outputs

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen = select(self, feeds)
        if queue is None or all(isinstance(value, np.ndarray) for value in chosen.values()):
            return self._engine.run(chosen, out=out, queue=queue)
        here = self._device.download(list(chosen.values()), queue)
        given = self._engine.run(dict(zip(chosen, here, strict=True)))
        return {
            name: self._device.upload(array, queue, out=None if out is None else out[name])
            for name, array in given.items()
        }
