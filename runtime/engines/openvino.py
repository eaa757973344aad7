"""OpenVINO on the processor as an engine; its errors are mapped here and nowhere else.

What it compiles is kept in the cache, so that the next start takes a third of the time.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numba.core.compiler_lock import global_compiler_lock

from bunraku.errors import PIP, EngineError, MissingExtraError
from bunraku.runtime.cache import cache_folder
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.host_arrays import check_results
from bunraku.runtime.engines.int8 import in_int8
from bunraku.runtime.engines.openvino_graph import (
    TO_SECOND,
    channels_last,
    fix_frames,
    input_name,
    is_map,
    result_name,
    sum_last_in_f32,
)
from bunraku.runtime.engines.openvino_request import Request
from bunraku.runtime.engines.protocol import (
    EngineRequest,
    Precision,
    only_one_frame,
    select,
)
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.cores import cores

_DEVICE = "CPU"
# To compile is to set the locale of the whole process to "C" and back, here as in Numba: of two at
# once the second would bring "C" back, and text would be read as ASCII from then on. So Numba's own
# lock is taken. One that LLVM waits for would not do: whoever compiles may have to free something
# of LLVM's meanwhile, and the two would wait for each other.
_LOCALE = global_compiler_lock


class OpenVinoEngine:
    """One ONNX file, compiled by OpenVINO for this processor (see ``Engine``).

    It is read and checked at once, and compiled when it first runs: what a driver never asks for,
    as a drawn body the generator, takes neither memory nor time. One run at a time is computed by
    the thread that asks for it: to hand it to another and wait for that costs two turns at a
    processor, which are long where others want it too. Runs that come meanwhile are handed over, as
    many at once as the threads of one leave processors for.

    Maps of channels are given as they are computed, with the channels last in memory: what little
    is read of a heatmap costs less than to write it anew in another order.

    :param request: its precision is f32, bf16 or int8; None for bf16 where results are coarse or
        bear it, and the processor has it.
    :param frames: how many are computed at once, where the model leaves that free.
    :raises MissingExtraError: OpenVINO is not installed.
    :raises EngineError: the model cannot be loaded, or the processor has no such numbers.
    """

    def __init__(self, request: EngineRequest, *, frames: int = 1) -> None:
        self._asked, self.name, self.advice = request, request.name, request.advice
        self._core = core = _core()
        precision = _precision(core, request)
        self._rounded = precision == Precision.BF16 and not request.coarse
        threads = request.threads or cores()
        streams = max(1, cores() // threads)
        self._options: dict[str, Any] = {
            # Left to itself OpenVINO takes bf16 wherever it can.
            "INFERENCE_PRECISION_HINT": str(precision),
            # The kernels and the other engines need the same cores.
            "ENABLE_CPU_PINNING": False,
        }
        if request.lasting:
            self._options |= _kept()
        self._frames = frames
        with self._told():
            self._model = model = self._read()
        self._check_inputs(model)
        self.inputs = {input_name(port): tuple(port.shape) for port in model.inputs}
        self.outputs = {result_name(one): tuple(one.shape) for one in model.get_results()}
        maps = [] if request.coarse else [n for n, shape in self.outputs.items() if is_map(shape)]
        self._maps = frozenset(maps)  # but pictures, which are written into arrays that are there
        if frames > 1 and any(shape[:1] != (frames,) for shape in self.inputs.values()):
            raise only_one_frame(self, frames)
        self._own = _Compiled(lambda: self._compile(threads, 1), self.outputs)
        self._others: _Compiled | None = None
        if streams > 1:
            self._others = _Compiled(lambda: self._compile(threads, streams - 1), self.outputs)
        self._turn = threading.Lock()

    def of_batch(self, frames: int) -> OpenVinoEngine:
        """See ``BatchEngine``."""
        return OpenVinoEngine(self._asked, frames=frames)

    def run(
        self,
        feeds: Tensors,
        *,
        out: Tensors | None = None,
        queue: Queue | None = None,  # noqa: ARG002 - the caller's thread is the queue here
    ) -> dict[str, Array]:
        if out is not None:
            check_results(self, out)
        chosen = select(self, feeds)
        results = {}
        with self._request() as request:
            try:
                request.infer(chosen[name] for name in self.inputs)
            except Exception as error:
                raise EngineError(
                    f"The engine {self.name!r} failed: {_line(error)}",
                    "Free some memory, or use fewer threads.",
                ) from error
            for name, written in request.results.items():
                result = written.transpose(TO_SECOND) if name in self._maps else written
                if out is None:
                    results[name] = result.copy(order="K")
                else:
                    np.copyto(out[name], result)
                    results[name] = out[name]
        return results

    @contextmanager
    def _request(self) -> Iterator[Request]:
        """A request that nobody else uses meanwhile; one that failed is not used again."""
        if self._others is None:
            with self._own.request() as request:
                yield request
        elif self._turn.acquire(blocking=False):
            try:
                with self._own.request() as request:
                    yield request
            finally:
                self._turn.release()
        else:
            with self._others.request() as request:
                yield request

    def _read(self) -> Any:
        model = self._core.read_model(self._asked.model)
        fix_frames(model, self._frames)
        return model

    def _compile(self, threads: int, at_once: int) -> Any:
        """:param threads: of one run. :param at_once: how many; one is the caller's own."""
        options = {"INFERENCE_NUM_THREADS": threads * at_once, "NUM_STREAMS": at_once}
        with self._told():
            model, self._model = self._model or self._read(), None
            channels_last(model, self._maps)
            if self._rounded:  # places more than pictures show what is lost in the end
                sum_last_in_f32(model)
            return self._core.compile_model(model, _DEVICE, self._options | options)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """One network at a time is read or compiled; what cannot be is said in one line."""
        try:
            with _LOCALE:
                yield
        except Exception as error:
            raise EngineError(
                f"OpenVINO cannot load the engine {self.name!r}: {_line(error)}",
                f"{self.advice} Or update openvino.",
            ) from error

    def _check_inputs(self, model: Any) -> None:
        for port in (*model.inputs, *model.outputs):
            kind, shape = port.get_element_type().get_type_name(), port.get_partial_shape()
            if kind != "f32" or shape.is_dynamic:
                raise EngineError(
                    f"The engine {self.name!r} has {input_name(port)!r} as {kind} {shape}, "
                    "but engines take and give float32 of a fixed shape.",
                    self.advice,
                )


class _Compiled:
    """A model that is compiled when it is first asked for; for several threads at once.

    :param results: names, as ``Request`` takes them.
    """

    def __init__(self, compiled: Callable[[], Any], results: Iterable[str]) -> None:
        self._make, self._results = compiled, results
        self._compiled: Any = None
        self._idle: list[Request] = []
        self._lock = threading.Lock()

    @contextmanager
    def request(self) -> Iterator[Request]:
        """See ``OpenVinoEngine._request``."""
        with self._lock:
            if self._compiled is None:
                self._compiled = self._make()
            if self._idle:
                request = self._idle.pop()
            else:
                request = Request(self._compiled.create_infer_request(), self._results)
        yield request
        with self._lock:
            self._idle.append(request)


def load(request: EngineRequest) -> OpenVinoEngine:
    """See ``protocol.Loader``."""
    return OpenVinoEngine(replace(request, model=in_int8(request)))


@cache
def _core() -> Any:
    """One for all engines: they share its threads."""
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError(
            "OpenVINO is not installed.", f"Run: {PIP} install 'bunraku[openvino]'"
        ) from error
    return openvino.Core()


def _precision(core: Any, request: EngineRequest) -> Precision:
    has_bf16 = "BF16" in core.get_property(_DEVICE, "OPTIMIZATION_CAPABILITIES")
    if request.precision is None:
        bears = request.coarse or request.bears_bf16
        return Precision.BF16 if bears and has_bf16 else Precision.F32
    if request.precision == Precision.BF16 and not has_bf16:
        raise EngineError("This processor does not compute in bf16.", "Use openvino:f32.")
    # What no recipe is for keeps its digits where 8 bits are asked for.
    return Precision.F32 if request.precision == Precision.INT8 else request.precision


def _kept() -> dict[str, str]:
    """Where compiled models are kept: by OpenVINO's own key of model, options, version and
    processor, and made anew where they are not whole; nowhere, if there is no room for them.
    """
    folder = cache_folder() / "openvino"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {"CACHE_DIR": str(folder)} if os.access(folder, os.W_OK) else {}


def _line(error: Exception) -> str:
    """What a message of many lines says in the end; where it was thrown stands before."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[-1][:300]
