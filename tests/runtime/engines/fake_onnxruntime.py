"""An ONNX Runtime for GPUs on a machine without one: sessions of the real one, and bound addresses.

Addresses "on the GPU" are the host's, as are ``Tensor``'s.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime
from tests.runtime.late_work import LateWork

from bunraku.spec.arrays import Array

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


class Tensor:
    """As torch's tensors on a GPU."""

    device = SimpleNamespace(index=0)

    def __init__(self, array: Array) -> None:
        self.array = np.ascontiguousarray(array, np.float32)
        self.shape = array.shape

    def float(self) -> Tensor:
        return self

    def contiguous(self) -> Tensor:
        return self

    def data_ptr(self) -> int:
        return self.array.ctypes.data


class RunOptions:
    def __init__(self) -> None:
        self.entries: dict[str, str] = {}

    def add_run_config_entry(self, name: str, value: str) -> None:
        self.entries[name] = value


class Binding:
    def __init__(self) -> None:
        self.places: dict[str, tuple[str, int]] = {}
        self.inputs: dict[str, Array] = {}
        self.outputs: dict[str, Array] = {}

    def bind_input(self, name: str, *where: Any) -> None:
        self.inputs[name] = self._bound(name, *where)

    def bind_output(self, name: str, *where: Any) -> None:
        self.outputs[name] = self._bound(name, *where)

    def _bound(
        self, name: str, place: str, index: int, kind: Any, shape: tuple[int, ...], address: int
    ) -> Array:
        assert kind is np.float32
        self.places[name] = place, index
        numbers = ctypes.cast(address, ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(numbers, shape)


@dataclass
class FakeOnnxRuntime:
    """The module."""

    providers: tuple[str, ...] = (CUDA, CPU)
    """What it is built with."""
    lands_on: str = CUDA
    """Where its sessions find themselves."""
    left: tuple[str, ...] = ("Shape", "Gather")
    """The kinds of nodes that its sessions run on the CPU."""
    fails: str | None = None
    """What a run says."""
    refuses: str | None = None
    """What a session says when it is opened."""
    told: list[dict[str, str]] = field(default_factory=list)
    """The options of CUDA's provider, a session each."""
    before: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """The providers that sessions would rather run on, with their options."""
    work: LateWork | None = None
    """Of a device whose work is late: a session's goes into its stream; None to do it at once."""
    runs: list[tuple[Binding, RunOptions]] = field(default_factory=list)
    __version__ = "1.0"
    SessionOptions = onnxruntime.SessionOptions
    RunOptions = RunOptions

    def get_available_providers(self) -> list[str]:
        return list(self.providers)

    def InferenceSession(self, model: Any, options: Any, providers: list[Any]) -> Any:
        if self.refuses is not None:
            raise RuntimeError(self.refuses)
        real = onnxruntime.InferenceSession(model, options, providers=[CPU])
        *before, (name, told) = providers
        assert name == CUDA
        self.before += before
        self.told.append(told)

        def run(binding: Binding, how: RunOptions) -> None:
            if self.fails is not None:
                raise RuntimeError(self.fails)
            self.runs.append((binding, how))
            names = list(binding.outputs)

            def compute() -> None:
                for key, made in zip(names, real.run(names, binding.inputs), strict=True):
                    binding.outputs[key][...] = made

            if self.work is None:
                compute()
                return
            assert how.entries, "who waits for the device in the middle of a frame"
            with self.work.entered(self.work.streams[int(told["user_compute_stream"])]):
                self.work.queue(compute)

        return SimpleNamespace(
            get_inputs=real.get_inputs,
            get_outputs=real.get_outputs,
            get_providers=lambda: [self.lands_on, CPU],
            get_provider_graph_assignment_info=lambda: [
                _nodes(self.lands_on, ("Conv", "Resize")),
                _nodes(CPU, self.left),
            ],
            io_binding=Binding,
            run_with_iobinding=run,
        )


def _nodes(provider: str, kinds: tuple[str, ...]) -> Any:
    nodes = [SimpleNamespace(op_type=kind) for kind in kinds]
    return SimpleNamespace(ep_name=provider, get_nodes=lambda: nodes)
