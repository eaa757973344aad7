"""The CUDA device over a GPU whose work is done late and out of order (late_work.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, combinations
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tests.runtime.fake_torch import FakeTorch
from tests.runtime.fakes import FakeEngine
from tests.runtime.late_tensor import LateTensor

from bunraku.runtime.cuda_device import URGENCY, CudaDevice
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.protocol import Engine, select
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage

HURRIED = [
    frozenset(chosen)
    for chosen in chain.from_iterable(combinations(URGENCY, n) for n in range(len(URGENCY) + 1))
]
"""Each choice of stages that never tarry, while the others do: every order that events allow to be
told apart."""


class FakeDevice(CudaDevice):
    """A device whose streams tarry, but for those that are named.

    :param seed: of what the others do by chance; None for nothing.
    """

    def __init__(self, hurried: Collection[Stage] = (), seed: int | None = None) -> None:
        super().__init__(torch=FakeTorch([URGENCY.index(stage) for stage in hurried], seed))
        self.up: list[tuple[int, ...]] = []
        """Shapes of what was brought to the device,"""
        self.down: list[tuple[int, ...]] = []
        """and of what came back."""

    def upload(self, array: NDArray[Any], queue: Queue, *, out: Any = None) -> Any:
        self.up.append(array.shape)
        return super().upload(array, queue, out=out)

    def download(self, arrays: Sequence[Any], queue: Queue) -> list[Array]:
        self.down += [tuple(array.shape) for array in arrays]
        return super().download(arrays, queue)

    def engines(self, made: Mapping[str, FakeEngine]) -> dict[str, Engine]:
        """Those given, whose work is queued."""
        return {name: LateEngine(self, engine) for name, engine in made.items()}


class LateEngine:
    """A ``FakeEngine`` of such tensors; implements ``Engine``.

    Arrays of the host are answered with such, as a captured graph does: its caller has waited.
    """

    def __init__(self, device: FakeDevice, engine: FakeEngine) -> None:
        self._device, self._engine = device, engine
        self.name, self.inputs, self.outputs = engine.name, engine.inputs, engine.outputs
        self.advice = engine.advice

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Any]:
        self._engine.fail_if_told()
        chosen: dict[str, Any] = select(self, feeds)
        if queue is None:
            assert out is None
            return self._on_host(chosen)
        assert all(isinstance(value, LateTensor) for value in chosen.values()), "of this device"
        into: dict[str, Any] = dict(out or {})
        with queue:
            for name in self.outputs.keys() - into.keys():
                into[name] = self._device.empty(self.outputs[name])
            read = {name: value.plain for name, value in chosen.items()}
            written = {name: into[name].plain for name in self.outputs}

            def work() -> None:
                known = {name: np.asarray(value.numpy()) for name, value in read.items()}
                for name, made in self._engine.run(known).items():
                    written[name].copy_(torch.from_numpy(made))

            self._device.torch.work.queue(work)
        return {name: into[name] for name in self.outputs}

    def _on_host(self, chosen: Tensors) -> dict[str, Any]:
        queue = self._device.queue(Stage.DENSEPOSE)
        there = {name: self._device.upload(value, queue) for name, value in chosen.items()}
        made = self.run(there, queue=queue)
        return dict(zip(made, self._device.download(list(made.values()), queue), strict=True))
