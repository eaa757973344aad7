"""A CUDA device: a stream for each stage, events between them, and pinned memory at both ends.

torch is imported when a device is made, and not before. Nothing here waits for the GPU but
``download``, and events are read when somebody asks for them. Once every frame in flight has its
arrays and its pinned memory, nothing is allocated any more.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import PIP, DeviceLostError, EngineError, MissingExtraError, OutOfMemoryError
from bunraku.runtime.cuda_graph import Graphs, Repeated
from bunraku.runtime.device import CpuDevice, Device, Event, Queue
from bunraku.runtime.pinned import Pinned, roomy
from bunraku.spec.arrays import Array
from bunraku.spec.stages import Stage

LEAST_CAPABILITY = (8, 0)
"""Compute capability (major, minor): Ampere, for bfloat16 and the kernels that are compiled."""
LEAST_FREE_MIB = 1024
"""What engines, their workspaces and the frames in flight take."""
URGENCY = (Stage.DENSEPOSE, Stage.MOTION, Stage.BLEND)
"""The most urgent last: a frame that is nearly done is worth more than one that has just begun."""
OR_CPU = "Or choose an engine for the CPU."
ELSEWHERE = f"Close other programs that use it, or start anew. {OR_CPU}"


log = logging.getLogger(__name__)


class CudaEvent:
    """A point in a stream (see ``Event``).

    :param event: torch's, recorded with its time.
    """

    def __init__(self, event: Any) -> None:
        self.event = event

    @property
    def done(self) -> bool:
        return bool(self.event.query())

    def ms_since(self, earlier: Event) -> float:
        assert isinstance(earlier, CudaEvent), "events of one device are compared"
        return float(earlier.event.elapsed_time(self.event))


class CudaQueue:
    """A stream (see ``Queue``); while entered, it is the calling thread's current one.

    :param torch: the module.
    """

    def __init__(self, torch: Any, stream: Any) -> None:
        self._torch = torch
        self.stream = stream
        self._entered = threading.local()

    def __enter__(self) -> Self:
        context = ExitStack()
        context.enter_context(told_as_ours(self._torch))
        context.enter_context(self._torch.cuda.stream(self.stream))
        self._contexts().append(context)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._contexts().pop().__exit__(kind, error, trace)

    def record(self) -> CudaEvent:
        with told_as_ours(self._torch):
            event = self._torch.cuda.Event(enable_timing=True)
            event.record(self.stream)
        return CudaEvent(event)

    def wait(self, event: Event) -> None:
        assert isinstance(event, CudaEvent), "events of one device are waited for"
        with told_as_ours(self._torch):
            self.stream.wait_event(event.event)

    def _contexts(self) -> list[ExitStack]:
        # Of this thread: a photo is encoded beside the frames' motion.
        if not hasattr(self._entered, "contexts"):
            self._entered.contexts = []
        contexts: list[ExitStack] = self._entered.contexts
        return contexts


class CudaDevice:
    """One GPU (see ``Device``); its arrays are torch tensors.

    :param torch: the module, or what stands for it; None to import it.
    :raises MissingExtraError: torch is not installed.
    :raises EngineError: there is no GPU that can be used; the text says why.
    """

    def __init__(self, index: int = 0, *, torch: Any = None) -> None:
        self.torch = torch = torch or import_torch()
        check_gpu(torch, index)
        self._place = f"cuda:{index}"
        self._model = str(torch.cuda.get_device_name(index))
        # The lowest number comes first; a GPU that knows fewer priorities takes the nearest.
        self._queues = {
            stage: CudaQueue(torch, torch.cuda.Stream(device=self._place, priority=-urgency))
            for urgency, stage in enumerate(URGENCY)
        }
        # Of a priority of its own: torch gives the streams of one out again after a while.
        capturing = torch.cuda.Stream(device=self._place, priority=-len(URGENCY))
        self._graphs = Graphs(torch, capturing)
        self._up, self._down = (Pinned(torch) for _ in range(2))

    @property
    def name(self) -> str:
        return f"{self._place} ({self._model})"

    def queue(self, stage: Stage) -> CudaQueue:
        return self._queues[stage]

    def empty(self, shape: tuple[int, ...]) -> Any:
        return self._new(shape, self.torch.float32)

    def put(self, tensor: Any) -> Any:
        """A tensor of the host's on the GPU, in its type and layout, such as a network's weights;
        for others than the caller after ``settle``."""
        with told_as_ours(self.torch):
            return self.torch.empty_like(tensor, device=self._place).copy_(tensor)

    def settle(self) -> None:
        """Wait for all that was ever queued; for the start, when nothing is late yet."""
        with told_as_ours(self.torch):
            self.torch.cuda.synchronize()

    def upload(self, array: NDArray[Any], queue: Queue, *, out: Any = None) -> Any:
        with queue:
            dtype = getattr(self.torch, str(array.dtype))
            into = self._new_roomy(array.shape, dtype) if out is None else out
            pinned = self._up.take(array.shape, dtype)
            np.copyto(pinned.tensor.numpy(), array)
            into.copy_(pinned.tensor, non_blocking=True)
            # The host has left by then: whoever writes there next asks for the copy's event.
            self._up.give_back(pinned, queue.record())
        return into

    def repeated(self, work: Callable[[], None]) -> Callable[[], None]:
        return Repeated(work, self._graphs)

    def download(self, arrays: Sequence[Any], queue: Queue) -> list[Array]:
        with queue:
            results = []
            for array in arrays:
                pinned = self._down.take(tuple(array.shape), array.dtype)
                pinned.tensor.copy_(array, non_blocking=True)
                results.append(self._down.lent(pinned))
            done = self.torch.cuda.Event(blocking=True)
            done.record(self.torch.cuda.current_stream())
            done.synchronize()  # the one place where the host waits
        return results

    def _new_roomy(self, shape: tuple[int, ...], dtype: Any) -> Any:
        # What comes with each frame may have another size each time, and takes the last one's.
        count = math.prod(shape)
        return self._new((roomy(count),), dtype)[:count].view(shape)

    def _new(self, shape: tuple[int, ...], dtype: Any) -> Any:
        with told_as_ours(self.torch):
            return self.torch.empty(shape, dtype=dtype, device=self._place)


def gpu_or_host() -> Device:
    """The GPU, where torch is installed and there is one that can be used; else the host, with a
    line in the log."""
    try:
        return CudaDevice()
    except (EngineError, MissingExtraError) as error:
        log.warning("Frames stay in the host's memory: %s", error.message)
        return CpuDevice()


@contextmanager
def told_as_ours(torch: Any) -> Iterator[None]:
    """torch's errors of a GPU as Bunraku's, in this one place; others pass.

    :param torch: the module.
    :raises OutOfMemoryError: the GPU has too little memory.
    :raises DeviceLostError: the GPU fails.
    """
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise OutOfMemoryError("The GPU has too little memory left.", ELSEWHERE) from error
    except torch.AcceleratorError as error:
        text = str(error).strip().split("\n", 1)[0]
        raise DeviceLostError(f"The GPU has failed: {text}.", ELSEWHERE) from error
    except Exception as error:
        if not (type(error).__module__.startswith("triton.") or "Triton Error" in str(error)):
            raise
        text = str(error).strip().split("\n", 1)[0]
        raise DeviceLostError(f"A kernel cannot run on the GPU: {text}.", OR_CPU) from error


def import_torch() -> Any:
    """torch, which a laptop install has none of.

    :raises MissingExtraError: it is not installed.
    """
    try:
        return import_module("torch")
    except ImportError as error:
        raise MissingExtraError("torch is not installed.", f"Run: {PIP} install torch") from error


def check_gpu(torch: Any, index: int = 0) -> None:
    """Whether a GPU can be used.

    :param torch: the module.
    :raises EngineError: it cannot; the text says why.
    """
    cuda = torch.cuda
    if not cuda.is_available():
        built = f"is built for CUDA {torch.version.cuda}" if torch.version.cuda else "has no CUDA"
        raise EngineError(
            f"torch {torch.__version__} finds no GPU here: it {built}.",
            f"Install NVIDIA's driver and a torch for its CUDA. {OR_CPU}",
        )
    if not index < cuda.device_count():
        raise EngineError(
            f"There is no GPU {index}: torch finds {cuda.device_count()}.", "Count them from 0."
        )
    model, capability = cuda.get_device_name(index), tuple(cuda.get_device_capability(index))
    if capability < LEAST_CAPABILITY:
        raise EngineError(
            f"The GPU {model} is too old: its compute capability is {_dotted(capability)}, "
            f"and {_dotted(LEAST_CAPABILITY)} is the least.",
            OR_CPU,
        )
    with told_as_ours(torch):
        free_mib = cuda.mem_get_info(index)[0] >> 20
    if free_mib < LEAST_FREE_MIB:
        raise OutOfMemoryError(
            f"The GPU {model} has {free_mib} MiB of free memory; {LEAST_FREE_MIB} is the least.",
            ELSEWHERE,
        )


def _dotted(capability: tuple[int, ...]) -> str:
    return ".".join(str(number) for number in capability)
