"""torch as it is on a machine with a GPU, whose work is late (late_work.py)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import torch
from tests.runtime.late_tensor import POISON, Memory
from tests.runtime.late_work import LateEvent, LateStream, LateWork
from torch import Tensor


class FakeTorch:
    """The module, with a GPU (see ``FakeCuda``); everything else is torch's own.

    :param hurried: which streams never tarry, by their numbers.
    :param seed: of what the others do by chance; None for nothing.
    """

    def __init__(self, hurried: Collection[int] = (), seed: int | None = None) -> None:
        self.work = LateWork(hurried, seed)
        self.memory = Memory(self.work)
        self.cuda = FakeCuda(self.work)
        self.pinned = 0
        """How often page-locked memory was asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def empty(
        self,
        shape: tuple[int, ...],
        *,
        dtype: torch.dtype,
        device: str = "cpu",
        pin_memory: bool = False,
    ) -> Tensor:
        if device.startswith("cuda"):
            return self.memory.empty(tuple(shape), dtype)
        self.pinned += pin_memory
        return torch.full(shape, POISON[dtype.is_floating_point], dtype=dtype)

    def zeros(self, shape: tuple[int, ...], *, dtype: torch.dtype, device: str) -> Tensor:
        return self.empty(shape, dtype=dtype, device=device).zero_()

    def empty_like(self, tensor: Tensor, *, device: str) -> Tensor:
        assert device.startswith("cuda")
        return self.memory.empty_like(tensor)


class FakeCuda:
    """``torch.cuda``: one GPU, as far as it is used."""

    def __init__(self, work: LateWork) -> None:
        self.work = work
        self.available = True
        self.capability = (9, 0)
        self.free_mib = 70_000

    def is_available(self) -> bool:
        return self.available

    def device_count(self) -> int:
        return 1

    def get_device_name(self, index: int) -> str:
        return "Fake H100"

    def get_device_capability(self, index: int) -> tuple[int, int]:
        return self.capability

    def mem_get_info(self, index: int) -> tuple[int, int]:
        return self.free_mib << 20, 80_000 << 20

    def Stream(self, *, device: str, priority: int = 0) -> FakeStream:
        return FakeStream(self.work, self.work.stream(priority))

    def Event(self, *, enable_timing: bool = False, blocking: bool = False) -> FakeEvent:
        return FakeEvent(self.work)

    def stream(self, stream: FakeStream) -> AbstractContextManager[None]:
        return self.work.entered(stream.late)

    def synchronize(self) -> None:
        self.work.finish_all()

    def CUDAGraph(self) -> FakeGraph:
        return FakeGraph(self.work)

    def graph(
        self, graph: FakeGraph, *, stream: FakeStream, capture_error_mode: str
    ) -> AbstractContextManager[None]:
        assert capture_error_mode == "thread_local", "other threads go on meanwhile"
        self.work.finish_all()  # as torch does
        return self.work.captured(graph.kept)

    def current_stream(self) -> FakeStream:
        return FakeStream(self.work, self.work.current)


class FakeStream:
    """``torch.cuda.Stream``.

    :param late: None for the default one, whose work is done at once.
    """

    def __init__(self, work: LateWork, late: LateStream | None) -> None:
        self._work = work
        self._late = late

    @property
    def late(self) -> LateStream:
        assert self._late is not None, "work is queued in a stage's stream"
        return self._late

    @property
    def cuda_stream(self) -> int:
        """Its address: the number in the order of their making."""
        return self._work.streams.index(self.late)

    def wait_event(self, event: FakeEvent) -> None:
        self._work.wait(self.late, event.late)

    def wait_stream(self, other: FakeStream) -> None:
        if other._late is not None:
            self.wait_event(other._passed())

    def synchronize(self) -> None:
        self._passed().synchronize()

    def _passed(self) -> FakeEvent:
        event = FakeEvent(self._work)
        event.record(self)
        return event


class FakeEvent:
    """``torch.cuda.Event``; its milliseconds are the things that were done."""

    def __init__(self, work: LateWork) -> None:
        self._work = work
        self.late = LateEvent()

    def record(self, stream: FakeStream) -> None:
        self.late = LateEvent()  # who waits already waits for the point of then
        self._work.record(self.late, stream.late)

    def query(self) -> bool:
        return self.late.at is not None

    def synchronize(self) -> None:
        self._work.finish(self.late)

    def elapsed_time(self, end: FakeEvent) -> float:
        if self.late.at is None or end.late.at is None:
            raise RuntimeError("Both events must be completed before calculating elapsed time.")
        return float(end.late.at - self.late.at)


class FakeGraph:
    """``torch.cuda.CUDAGraph``: does again what it was captured with, at the same addresses."""

    def __init__(self, work: LateWork) -> None:
        self._work = work
        self.kept: list[Callable[[], None]] = []
        self.replays = 0
        self._capturing = ExitStack()

    def capture_begin(self, *, capture_error_mode: str) -> None:
        assert capture_error_mode == "thread_local", "other threads go on meanwhile"
        self._capturing.enter_context(self._work.captured(self.kept))

    def capture_end(self) -> None:
        self._capturing.close()

    def replay(self) -> None:
        self.replays += 1
        for work in self.kept:
            self._work.queue(work)
