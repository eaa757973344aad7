"""Tensors in place of arrays: torch on the CPU as a device, and engines that take and give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from tests.runtime.fakes import FakeEngine
from torch import Tensor

from bunraku.runtime.device import HostQueue, Queue
from bunraku.runtime.engines.protocol import Engine, select
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage


class TorchDevice:
    """Implements ``bunraku.runtime.device.Device``; refuses to upload what is there already."""

    name = "torch"

    def __init__(self) -> None:
        self._queues = {stage: HostQueue() for stage in Stage}

    def queue(self, stage: Stage) -> HostQueue:
        return self._queues[stage]

    def empty(self, shape: tuple[int, ...]) -> Any:
        return torch.full(shape, torch.nan)

    def upload(self, array: Array, queue: Queue, *, out: Any = None) -> Any:
        assert isinstance(array, np.ndarray), "what is on the device is not uploaded again"
        tensor = torch.from_numpy(array)
        return tensor.clone() if out is None else out.copy_(tensor)

    def repeated(self, work: Callable[[], None]) -> Callable[[], None]:
        return work

    def download(self, arrays: Sequence[Any], queue: Queue) -> list[Array]:
        assert all(isinstance(array, Tensor) for array in arrays), "what is here already is not"
        return [np.asarray(array.numpy()) for array in arrays]

    def engines(self, made: Mapping[str, FakeEngine]) -> dict[str, Engine]:
        """Those given, which here take tensors, and no arrays, and give them."""
        return {name: TorchEngine(engine) for name, engine in made.items()}


class TorchEngine:
    """A ``FakeEngine`` of tensors; implements ``bunraku.runtime.engines.protocol.Engine``."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine
        self.name, self.inputs, self.outputs = engine.name, engine.inputs, engine.outputs
        self.advice = engine.advice

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Any]:
        assert queue is not None, "work is queued"
        chosen: dict[str, Any] = select(self, feeds)
        assert all(isinstance(value, Tensor) for value in chosen.values()), "tensors only"
        result = self._engine.run({name: value.numpy() for name, value in chosen.items()})
        made = {name: torch.from_numpy(value) for name, value in result.items()}
        if out is None:
            return made
        written: dict[str, Any] = dict(out)
        return {name: written[name].copy_(value) for name, value in made.items()}
