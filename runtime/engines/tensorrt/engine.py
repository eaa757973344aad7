"""A built engine on the GPU: buffers made once, the stage's stream, one CUDA graph."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from bunraku.errors import DeviceError, EngineError, OutOfMemoryError
from bunraku.runtime.cuda_device import told_as_ours
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.gpu_errors import gpu_error
from bunraku.runtime.engines.protocol import select
from bunraku.runtime.engines.tensorrt.library import Library
from bunraku.spec.arrays import Array, Tensors

log = logging.getLogger(__name__)

FREE_MEMORY = "Close other programs that use the GPU, or use another engine."


class Plan:
    """A serialised engine, taken by the GPU: its weights, shared by all that run it.

    :param serialised: of ``builder.build``.
    :raises EngineError: it is not one for this GPU and this version.
    """

    def __init__(self, library: Library, serialised: bytes, name: str) -> None:
        with library.listening() as errors:
            self._runtime = library.module.Runtime(library.logger)
            self.engine = self._runtime.deserialize_cuda_engine(serialised)
            if self.engine is None:
                why = errors[0] if errors else "it does not say why"
                raise gpu_error(name, why, loading=True) or EngineError(
                    f"{library.version} cannot load the engine {name!r}: {why}.", FREE_MEMORY
                )
        self.library, self.name = library, name
        trt, engine = library.module, self.engine
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        for tensor in names:
            if engine.get_tensor_dtype(tensor) != trt.float32:
                raise EngineError(
                    f"The engine {name!r} has {tensor!r} in another type than float32.",
                    "Export it with float32 inputs and outputs.",
                )
        self.inputs = [n for n in names if engine.get_tensor_mode(n) == trt.TensorIOMode.INPUT]
        self.outputs = [n for n in names if n not in self.inputs]

    def batches(self) -> tuple[int, int]:
        """The fewest and the most frames at once."""
        fewest, most = 1, 1
        for name in self.inputs:
            if self.engine.get_tensor_shape(name)[0] == -1:
                least, _, largest = self.engine.get_tensor_profile_shape(name, 0)
                fewest, most = int(least[0]), int(largest[0])
        return fewest, most

    def shape(self, name: str, batch: int) -> tuple[int, ...]:
        """Of an input, for so many frames; other free dimensions are as small as they may be."""
        shape = tuple(self.engine.get_tensor_shape(name))
        if -1 not in shape:
            return shape
        least = tuple(self.engine.get_tensor_profile_shape(name, 0)[0])
        return (batch if shape[0] == -1 else shape[0], *least[1:])

    def context(self, inputs: Mapping[str, tuple[int, ...]]) -> Any:
        """What runs it, for inputs of these shapes.

        :raises OutOfMemoryError: the GPU has too little memory.
        """
        context = self.engine.create_execution_context()
        if context is None:
            raise OutOfMemoryError(
                f"The GPU has too little memory for the engine {self.name!r}.", FREE_MEMORY
            )
        for name, shape in inputs.items():
            context.set_input_shape(name, shape)
        return context

    def output_shapes(self, context: Any) -> dict[str, tuple[int, ...]]:
        """Of a context's results."""
        return {name: tuple(context.get_tensor_shape(name)) for name in self.outputs}


class TensorRtEngine:
    """See ``Engine``. Takes tensors of the GPU on the queue's stream, or arrays of the host.

    The library works on buffers of its own, which is what a graph wants; what is given is copied
    there, and the results from there.

    :param torch: the module.
    :param place: the GPU as torch calls it.
    :param batch: frames at once, for graphs that leave it free.
    :raises EngineError: the GPU has too little memory, or so many frames are too many.
    """

    def __init__(
        self, plan: Plan, advice: str, *, torch: Any, place: str = "cuda:0", batch: int = 1
    ) -> None:
        fewest, most = plan.batches()
        if not fewest <= batch <= most:
            raise EngineError(
                f"The engine {plan.name!r} takes {fewest} to {most} frames at once, not {batch}.",
                advice,
            )
        self.name, self.advice = plan.name, advice
        self._plan, self._torch, self._place = plan, torch, place
        self._lock = threading.Lock()
        with told_as_ours(torch):
            self.inputs = {name: plan.shape(name, batch) for name in plan.inputs}
            self._context = context = plan.context(self.inputs)
            self.outputs = plan.output_shapes(context)
            self._buffers = {
                name: torch.zeros(shape, dtype=torch.float32, device=place)
                for name, shape in {**self.inputs, **self.outputs}.items()
            }
            for name, buffer in self._buffers.items():
                context.set_tensor_address(name, buffer.data_ptr())
            self._stream = torch.cuda.Stream(device=place)
            self._stream.wait_stream(torch.cuda.current_stream())  # the zeros
            self._graph = self._capture()
            self._free = torch.cuda.Event()
            self._free.record(self._stream)

    def of_batch(self, batch: int) -> TensorRtEngine:
        """See ``BatchEngine``: the weights are shared; buffers and the CUDA graph are its own."""
        return TensorRtEngine(
            self._plan, self.advice, torch=self._torch, place=self._place, batch=batch
        )

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen = select(self, feeds)
        told: dict[str, Any] = dict(out or {})
        on_host = all(isinstance(value, np.ndarray) for value in chosen.values())
        entered = nullcontext() if on_host or queue is None else queue
        with told_as_ours(self._torch), entered, self._lock:
            cuda = self._torch.cuda
            stream = self._stream if on_host else cuda.current_stream()
            with cuda.stream(stream):
                # Another stream may still be reading what the last run gave.
                stream.wait_event(self._free)
                for name, value in chosen.items():
                    self._buffers[name].copy_(self._tensor(value), non_blocking=True)
                if self._graph is None:
                    self._execute(stream)
                else:
                    self._graph.replay()
                given = {name: self._result(name, told.get(name)) for name in self.outputs}
                self._free.record(stream)
                if not on_host:
                    return given
                return {name: _host(tensor, told.get(name)) for name, tensor in given.items()}

    def _tensor(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            return self._torch.from_numpy(np.ascontiguousarray(value, np.float32))
        return value

    def _result(self, name: str, into: Any) -> Any:
        buffer = self._buffers[name]
        if into is None or isinstance(into, np.ndarray):
            return buffer.clone()
        return into.copy_(buffer)

    def _execute(self, stream: Any) -> None:
        with self._plan.library.listening() as errors:
            if not self._context.execute_async_v3(stream.cuda_stream):
                why = errors[0] if errors else "the library does not say why"
                raise gpu_error(self.name, why) or EngineError(
                    f"The engine {self.name!r} failed: {why}.", FREE_MEMORY
                )

    def _capture(self) -> Any:
        """A graph of one run; None where the library does something that no graph can hold."""
        cuda, stream = self._torch.cuda, self._stream
        with cuda.stream(stream):
            self._execute(stream)  # the first run loads kernels, which a capture must not
        stream.synchronize()
        graph = cuda.CUDAGraph()
        try:
            with cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
                self._execute(stream)
        except DeviceError:
            raise
        except (EngineError, RuntimeError) as error:
            line = str(error).strip().split("\n", 1)[0][:200]
            log.warning("The engine %r runs without a CUDA graph: %s", self.name, line)
            return None
        return graph


def _host(tensor: Any, into: Any) -> Array:
    """The tensor in the host's memory; waits for it."""
    array: Array = tensor.cpu().numpy()
    if into is None:
        return array
    np.copyto(into, array)
    result: Array = into
    return result
