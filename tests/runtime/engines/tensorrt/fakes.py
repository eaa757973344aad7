"""TensorRT's running half and torch's CUDA half, as far as engines use them, without a GPU.

An engine is a text, ``FakeTrt.plan``; running one doubles its input. Both modules note what they
are asked to do, in that order, in one list.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

Done = list[str]


class FakeTrt:
    """The module ``tensorrt`` (or its twin), for running.

    :param done: what was asked for.
    """

    __version__ = "11.4.0.106"
    float32, float16 = "float32", "float16"
    TensorIOMode = SimpleNamespace(INPUT="in", OUTPUT="out")

    def __init__(self, done: Done) -> None:
        self.done = done
        self.capturable = True
        """Whether its work can be held by a graph."""
        self.memory = True
        """Whether contexts find the memory that they need."""
        self.works = True
        self.queue: Callable[[Callable[[], None]], None] | None = None
        """What takes its work on a device whose work is late; None where it is done at once."""

    @staticmethod
    def plan(
        name: str = "image",
        shape: tuple[int, ...] = (1, 3),
        most: int | None = None,
        dtype: str = "float32",
    ) -> bytes:
        """A serialised engine.

        :param most: largest batch, where the first dimension is free.
        """
        told = {"input": name, "shape": shape, "most": most, "dtype": dtype}
        return json.dumps(told).encode()

    def Runtime(self, logger: Any) -> Any:
        def deserialize(serialised: bytes) -> FakeEngine | None:
            self.done.append("deserialise")
            try:
                return FakeEngine(self, json.loads(serialised))
            except ValueError:
                logger.errors.append("Serialization assertion failed")
                return None

        return SimpleNamespace(deserialize_cuda_engine=deserialize)


class FakeEngine:
    """``ICudaEngine``."""

    num_io_tensors = 2

    def __init__(self, trt: FakeTrt, told: Mapping[str, Any]) -> None:
        self.trt = trt
        self._input, self._shape, self._most = told["input"], tuple(told["shape"]), told["most"]
        self._dtype = told["dtype"]

    def get_tensor_name(self, index: int) -> str:
        return (self._input, "result")[index]

    def get_tensor_mode(self, name: str) -> str:
        return "out" if name == "result" else "in"

    def get_tensor_dtype(self, name: str) -> str:
        return str(self._dtype)

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._shape if self._most is None else (-1, *self._shape[1:])

    def get_tensor_profile_shape(self, name: str, profile: int) -> list[tuple[int, ...]]:
        return [(n, *self._shape[1:]) for n in (1, 1, self._most or 1)]

    def create_execution_context(self) -> FakeContext | None:
        return FakeContext(self.trt, self._input) if self.trt.memory else None


class FakeContext:
    """``IExecutionContext``: reads and writes at the addresses that it is given."""

    def __init__(self, trt: FakeTrt, name: str) -> None:
        self._trt, self._name = trt, name
        self._shape: tuple[int, ...] = ()
        self._addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: tuple[int, ...]) -> bool:
        assert name == self._name
        self._shape = shape
        return True

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return self._shape

    def set_tensor_address(self, name: str, address: int) -> bool:
        self._addresses[name] = address
        return True

    def execute_async_v3(self, stream: int) -> bool:
        if not self._trt.works:
            return False
        graph = FakeCuda.capturing
        if self._trt.queue is not None:
            self._trt.queue(self._double)
        elif graph is None:
            self._trt.done.append(f"execute in {stream}")
            self._double()
        elif not self._trt.capturable:
            raise RuntimeError("operation not permitted when stream is capturing")
        else:
            graph.work.append(self._double)
        return True

    def _double(self) -> None:
        count = int(np.prod(self._shape))
        given, result = (
            np.ctypeslib.as_array((ctypes.c_float * count).from_address(self._addresses[name]))
            for name in (self._name, "result")
        )
        result[:] = given * 2


class FakeGraph:
    """``torch.cuda.CUDAGraph``."""

    def __init__(self, done: Done) -> None:
        self._done = done
        self.work: list[Any] = []

    def replay(self) -> None:
        self._done.append("replay")
        for call in self.work:
            call()


class FakeStream:
    """``torch.cuda.Stream``, by its number."""

    def __init__(self, done: Done, number: int) -> None:
        self._done, self.cuda_stream = done, number

    def wait_stream(self, other: FakeStream) -> None:
        self._done.append(f"{self.cuda_stream} waits for {other.cuda_stream}")

    def wait_event(self, event: FakeEvent) -> None:
        self._done.append(f"{self.cuda_stream} waits for what {event.at} did")

    def synchronize(self) -> None:
        self._done.append(f"finish {self.cuda_stream}")


class FakeEvent:
    """``torch.cuda.Event``: which stream recorded it last."""

    at: int | None = None

    def record(self, stream: FakeStream) -> None:
        self.at = stream.cuda_stream


class FakeCuda:
    """``torch.cuda``; streams are numbered as they are made, 0 is the default one."""

    capturing: FakeGraph | None = None

    def __init__(self, done: Done) -> None:
        self._done = done
        self._made = 0
        self._current = FakeStream(done, 0)
        self.capability = (8, 9)
        self.free_mib = 20_000
        self.available = True

    def is_available(self) -> bool:
        return self.available

    def device_count(self) -> int:
        return 1

    def current_device(self) -> int:
        return 0

    def get_device_name(self, index: int) -> str:
        return "Fake RTX"

    def get_device_capability(self, index: int) -> tuple[int, int]:
        return self.capability

    def mem_get_info(self, index: int) -> tuple[int, int]:
        return self.free_mib << 20, 24_000 << 20

    def Stream(self, device: str = "cuda:0") -> FakeStream:
        self._made += 1
        return FakeStream(self._done, self._made)

    def Event(self) -> FakeEvent:
        return FakeEvent()

    def CUDAGraph(self) -> FakeGraph:
        return FakeGraph(self._done)

    def current_stream(self) -> FakeStream:
        return self._current

    @contextmanager
    def stream(self, stream: FakeStream) -> Iterator[None]:
        before, self._current = self._current, stream
        try:
            yield
        finally:
            self._current = before

    @contextmanager
    def graph(self, graph: FakeGraph, *, stream: FakeStream, **_: Any) -> Iterator[None]:
        self._done.append(f"capture in {stream.cuda_stream}")
        FakeCuda.capturing = graph
        try:
            with self.stream(stream):
                yield
        finally:
            FakeCuda.capturing = None


class FakeTorch:
    """The module; its tensors are those of the processor."""

    def __init__(self, done: Done) -> None:
        self.cuda = FakeCuda(done)

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def zeros(self, shape: tuple[int, ...], *, dtype: torch.dtype, device: str) -> Tensor:
        assert device == "cuda:0"
        return torch.zeros(shape, dtype=dtype)


class FakeQueue:
    """A stage's queue (see ``bunraku.runtime.device.Queue``): its stream, while it is entered."""

    def __init__(self, torch: FakeTorch) -> None:
        self._cuda = torch.cuda
        self.stream = torch.cuda.Stream()

    def __enter__(self) -> FakeQueue:
        self._entered = self._cuda.stream(self.stream)
        self._entered.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._entered.__exit__(None, None, None)

    def record(self) -> Any:
        raise NotImplementedError

    def wait(self, event: Any) -> None:
        raise NotImplementedError
