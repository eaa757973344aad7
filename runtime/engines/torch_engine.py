"""torch as an engine: on a GPU one CUDA graph for each network, else on the CPU.

ONNX models are read by ``torch_graph``, so that what runs here is what runs elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from bunraku.errors import BunrakuError, EngineError
from bunraku.runtime.cuda_device import CudaDevice, import_torch, told_as_ours
from bunraku.runtime.device import Event, Queue
from bunraku.runtime.engines.onnx_runtime import first_line
from bunraku.runtime.engines.protocol import (
    EngineRequest,
    Precision,
    of_frames,
    only_one_frame,
    select,
)
from bunraku.runtime.engines.torch_graph.graph import TorchGraph
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.cores import cores
from bunraku.spec.stages import Stage
from bunraku.spec.tensors import EngineName

WARM_UP_RUNS = 3
"""Before a network is captured: its libraries choose their algorithms and take their memory."""
COMPILED = (EngineName.MOTION, EngineName.BLEND)
"""The generator's share of a frame; the other networks are made of few large convolutions, which
compiling does not change."""


class TorchEngine:
    """One network on the CPU (see ``Engine``).

    :param torch: the module.
    :param place: gives a tensor of the host's where the network runs.
    :param compiled: whether torch compiles it first, which takes minutes.
    :param graph: the model, where it was read before.
    :param frames: how many are computed at once, where the model leaves that free.
    :raises EngineError: the model cannot be read, or holds what is not done here, or it cannot be
        compiled.
    """

    def __init__(
        self,
        request: EngineRequest,
        torch: Any,
        place: Callable[[Any], Any] = lambda tensor: tensor,
        *,
        compiled: bool = False,
        graph: TorchGraph | None = None,
        frames: int = 1,
    ) -> None:
        self.name, self.advice = request.name, request.advice
        self._torch, self._place = torch, place
        self._request, self._is_compiled = request, compiled
        self._read_graph = graph = graph or self._read(request, place)
        if frames > 1 and not graph.free:
            raise only_one_frame(self, frames)
        self.inputs: Mapping[str, tuple[int, ...]] = of_frames(graph.inputs, frames)
        self.outputs: Mapping[str, tuple[int, ...]] = of_frames(graph.outputs, frames)
        self._graph: Callable[[Mapping[str, Any]], dict[str, Any]] = graph
        if compiled:
            self._graph = torch.compile(graph, dynamic=False, fullgraph=True)
            self._compile({n: place(torch.zeros(shape)) for n, shape in self.inputs.items()})

    def of_batch(self, frames: int) -> TorchEngine:
        """See ``BatchEngine``: the weights are shared."""
        return TorchEngine(
            self._request,
            self._torch,
            self._place,
            compiled=self._is_compiled,
            graph=self._read_graph,
            frames=frames,
        )

    def run(
        self,
        feeds: Tensors,
        *,
        out: Tensors | None = None,
        queue: Queue | None = None,  # noqa: ARG002 - the caller's thread is the queue here
    ) -> dict[str, Array]:
        known = {
            name: self._torch.from_numpy(np.require(array, np.float32, ["C", "W"]))
            for name, array in select(self, feeds).items()
        }
        try:
            with self._torch.no_grad():
                made = self._graph(known)
        except Exception as error:
            raise EngineError(
                f"The engine {self.name!r} failed: {first_line(error)}",
                "Free some memory, or use fewer threads.",
            ) from error
        results = {}
        for name, tensor in made.items():
            # A network may give an input through as it is, and the caller gets memory of its own.
            results[name] = np.empty(tensor.shape, np.float32) if out is None else out[name]
            results[name][...] = tensor.float().numpy()
        return results

    def _compile(self, feeds: Mapping[str, Any]) -> None:
        """Run once, so that no frame waits for the compiler."""
        try:
            with self._torch.no_grad():
                self._graph(feeds)
        except Exception as error:
            raise EngineError(
                f"torch cannot compile the engine {self.name!r}: {first_line(error)}.",
                "Install a C++ compiler, or use the engine torch.",
            ) from error

    def _read(self, request: EngineRequest, place: Callable[[Any], Any]) -> TorchGraph:
        try:
            return TorchGraph(request.model, self._torch, place, half_of(self._torch, request))
        except BunrakuError:
            raise
        except Exception as error:
            raise EngineError(
                f"torch cannot run the engine {self.name!r}: {first_line(error)}.", request.advice
            ) from error


class TorchCudaEngine(TorchEngine):
    """One network on a GPU, captured once and replayed (see ``Engine``).

    Inputs and outputs have their addresses in the graph, so runs come one after the other, whatever
    their queues are. Where an input is in the host's memory, so are the results, and the caller has
    waited for them: that is for networks whose readers work on the host.

    :raises OutOfMemoryError: the GPU has too little memory.
    """

    def __init__(
        self,
        request: EngineRequest,
        device: CudaDevice,
        *,
        compiled: bool = False,
        graph: TorchGraph | None = None,
        frames: int = 1,
    ) -> None:
        self._device = device
        self._lock = threading.Lock()
        self._last: Event | None = None
        super().__init__(
            request, device.torch, device.put, compiled=compiled, graph=graph, frames=frames
        )
        self._fixed = {name: device.empty(shape) for name, shape in self.inputs.items()}
        self._replay, self._made = self._capture(device.queue(Stage.DENSEPOSE), request)

    def of_batch(self, frames: int) -> TorchCudaEngine:
        return TorchCudaEngine(
            self._request,
            self._device,
            compiled=self._is_compiled,
            graph=self._read_graph,
            frames=frames,
        )

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen, device = select(self, feeds), self._device
        on = queue or device.queue(Stage.DENSEPOSE)
        with self._lock, on:
            if self._last is not None:
                on.wait(self._last)
            for name, value in chosen.items():
                if isinstance(value, np.ndarray):
                    device.upload(value, on, out=self._fixed[name])
                else:
                    self._fixed[name].copy_(value)
            self._replay()
            into: dict[str, Any] = dict(out or {})
            for name, shape in self.outputs.items():
                if name not in into or isinstance(into[name], np.ndarray):
                    into[name] = device.empty(shape)
                into[name].copy_(self._made[name])
            self._last = on.record()
        results = {name: into[name] for name in self.outputs}
        if not any(isinstance(value, np.ndarray) for value in chosen.values()):
            return results
        return self._on_host(results, out, on)

    def _on_host(self, results: dict[str, Any], out: Tensors | None, on: Queue) -> dict[str, Array]:
        arrays = self._device.download(list(results.values()), on)
        here = dict(zip(results, arrays, strict=True))
        for name, array in (out or {}).items():
            if name in here:
                np.copyto(array, here[name])
                here[name] = array
        return here

    def _capture(
        self, queue: Any, request: EngineRequest
    ) -> tuple[Callable[[], None], dict[str, Any]]:
        torch, graph = self._torch, self._device.torch.cuda.CUDAGraph()
        with torch.no_grad(), self._chosen_well(request):
            with queue:
                for fixed in self._fixed.values():
                    fixed.zero_()
                self._device.settle()
                for _ in range(WARM_UP_RUNS):
                    self._graph(self._fixed)
            # In the same mode other sessions of the process go on meanwhile.
            with (
                told_as_ours(torch),
                torch.cuda.graph(graph, stream=queue.stream, capture_error_mode="thread_local"),
            ):
                made = self._graph(self._fixed)
        self._device.settle()
        return graph.replay, made

    def _chosen_well(self, request: EngineRequest) -> AbstractContextManager[None]:
        """The fastest convolutions for these shapes; shortened numbers only where they are asked
        for."""
        exact = half_of(self._torch, request) is None
        flags: AbstractContextManager[None] = self._torch.backends.cudnn.flags(
            enabled=True, benchmark=True, deterministic=False, allow_tf32=not exact
        )
        return flags


def half_of(torch: Any, request: EngineRequest) -> Any:
    """torch's dtype that a network's convolutions and products compute in; None for float32.

    Half as many bits are for networks whose results are pictures: those that find bodies, faces and
    hands give places in pixels, which fewer bits put elsewhere.
    """
    if not request.coarse:
        return None
    return {Precision.F16: torch.float16, Precision.BF16: torch.bfloat16}.get(
        request.precision or Precision.F32
    )


def load(request: EngineRequest) -> TorchEngine:
    """See ``protocol.Loader``: on the request's device."""
    return _load(request, compiled=False)


def load_compiled(request: EngineRequest) -> TorchEngine:
    """The same, compiled where every frame runs it."""
    return _load(request, compiled=request.name in COMPILED)


def _load(request: EngineRequest, *, compiled: bool) -> TorchEngine:
    if isinstance(request.device, CudaDevice):
        return TorchCudaEngine(request, request.device, compiled=compiled)
    torch = import_torch()
    torch.set_num_threads(request.threads or cores())  # of the process, and the same for all
    return TorchEngine(request, torch, compiled=compiled)
