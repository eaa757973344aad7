"""Engines of TensorRT run by Torch-TensorRT, for those who stay in torch.

They are built and kept as those of ``tensorrt`` are, by the library that Torch-TensorRT itself
brings: TensorRT, or TensorRT-RTX in its RTX wheel.
"""

from __future__ import annotations

import threading
from contextlib import nullcontext, redirect_stdout
from copy import copy
from importlib import import_module
from io import StringIO
from typing import Any

import numpy as np

from bunraku.errors import PIP, EngineError
from bunraku.runtime.cuda_device import import_torch, told_as_ours
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.gpu_errors import gpu_error
from bunraku.runtime.engines.protocol import (
    Engine,
    EngineRequest,
    of_frames,
    only_one_frame,
    select,
)
from bunraku.runtime.engines.tensorrt.engine import FREE_MEMORY, Plan
from bunraku.runtime.engines.tensorrt.library import MODULES, Library, library_of
from bunraku.runtime.engines.tensorrt.loading import engine_of
from bunraku.spec.arrays import Array, Tensors

INSTALL_AGAIN = (
    f"Install it for your torch and the CUDA of your driver: {PIP} install torch-tensorrt, "
    "or torch-tensorrt-rtx for a GeForce RTX GPU."
)


def load(request: EngineRequest) -> Engine:
    """See ``protocol.Loader``."""
    torch = import_torch()
    module, library = import_torch_tensorrt()

    def use(serialised: bytes, place: str) -> Engine:
        # Read by the library itself first, for its names and shapes, and its one line of an error.
        plan = Plan(library, serialised, request.name)
        return TorchTensorRtEngine(
            plan, serialised, request.advice, module=module, torch=torch, place=place
        )

    return engine_of(library, torch, request, use)


def import_torch_tensorrt() -> tuple[Any, Library]:
    """Torch-TensorRT, and the library that it builds with.

    :raises EngineError: it cannot be loaded; it needs libraries of TensorRT that may be missing.
    """
    try:
        with redirect_stdout(StringIO()):  # it prints what it raises
            module = import_module("torch_tensorrt")
            trt = import_module("tensorrt")  # in the RTX wheel its twin stands under this name
    except Exception as error:  # it raises plain Exception where a library is missing
        line = str(error).strip().split("\n", 1)[0][:200]
        raise EngineError(f"Torch-TensorRT cannot be loaded: {line}.", INSTALL_AGAIN) from error
    return module, library_of(trt, MODULES.get(trt.__name__, MODULES["tensorrt"]))


class TorchTensorRtEngine:
    """See ``Engine``. Takes tensors of the GPU on the queue's stream, or arrays of the host.

    :param plan: the engine, for its names and shapes.
    :param serialised: the same, as it was built.
    :param module: Torch-TensorRT.
    :param torch: the module.
    :param place: the GPU as torch calls it.
    :raises EngineError: Torch-TensorRT does not take it.
    """

    def __init__(
        self,
        plan: Plan,
        serialised: bytes,
        advice: str,
        *,
        module: Any,
        torch: Any,
        place: str,
    ) -> None:
        self.name, self.advice = plan.name, advice
        self._plan, self._torch, self._place = plan, torch, place
        self._lock = threading.Lock()
        self.inputs = {name: plan.shape(name, 1) for name in plan.inputs}
        self.outputs = plan.output_shapes(plan.context(self.inputs))
        try:
            with told_as_ours(torch):
                self._module = module.dynamo.runtime.TorchTensorRTModule(
                    serialised, list(self.inputs), list(self.outputs), name=plan.name
                )
        except RuntimeError as error:
            raise self._fault("cannot be loaded by Torch-TensorRT", error, loading=True) from error

    def of_batch(self, frames: int) -> TorchTensorRtEngine:
        """See ``BatchEngine``: the same module, which takes any number."""
        fewest, most = self._plan.batches()
        if not fewest <= frames <= most:
            raise only_one_frame(self, frames)
        result = copy(self)
        result.inputs = of_frames(self.inputs, frames)
        result.outputs = of_frames(self.outputs, frames)
        return result

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen = select(self, feeds)
        told: dict[str, Any] = dict(out or {})
        on_host = all(isinstance(value, np.ndarray) for value in chosen.values())
        entered = nullcontext() if on_host or queue is None else queue
        with entered, self._lock:
            try:
                with told_as_ours(self._torch):
                    given = self._module(*(self._tensor(value) for value in chosen.values()))
            except RuntimeError as error:
                raise self._fault("failed", error) from error
            results = dict(zip(self.outputs, _several(given), strict=True))
            return {
                name: _into(tensor, told.get(name), on_host) for name, tensor in results.items()
            }

    def _tensor(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value = self._torch.from_numpy(np.ascontiguousarray(value, np.float32))
            return value.to(self._place)
        return value.contiguous()

    def _fault(self, what: str, error: RuntimeError, *, loading: bool = False) -> EngineError:
        line = str(error).strip().split("\n", 1)[0][:200]
        return gpu_error(self.name, line, loading=loading) or EngineError(
            f"The engine {self.name!r} {what}: {line}.", FREE_MEMORY
        )


def _several(given: Any) -> tuple[Any, ...]:
    """What a module gives: a tensor, or several."""
    return tuple(given) if isinstance(given, (tuple, list)) else (given,)


def _into(tensor: Any, into: Any, on_host: bool) -> Any:
    if on_host:
        tensor = tensor.cpu().numpy()
        if into is not None:
            np.copyto(into, tensor)
            return into
        return tensor
    return tensor if into is None else into.copy_(tensor)
