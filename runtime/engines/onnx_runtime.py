"""ONNX Runtime on the CPU as an engine; its errors are mapped here and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bunraku.errors import PIP, EngineError, MissingExtraError
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.bundle import EXPORT_AGAIN
from bunraku.runtime.engines.host_arrays import check_results
from bunraku.runtime.engines.int8 import in_int8
from bunraku.runtime.engines.protocol import EngineRequest, only_one_frame, select
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.cores import cores
from bunraku.spec.tensors import BATCH

CPU = "CPUExecutionProvider"
_LEFT_OUT = ["WeightBiasQuantization"]
"""Of ONNX Runtime's rewritings: it would round weights that were left in float32 between 8-bit
layers, by one step for all channels."""
ERRORS_ONLY = 3  # ONNX Runtime's log level


class OnnxEngine:
    """One ONNX file in an ONNX Runtime session on the CPU (see ``Engine``).

    :param model: the file, or the serialised model itself.
    :param threads: intra-op threads; None for as many as the process may use.
    :param advice: for errors, how the model is made anew.
    :param frames: how many are computed at once, where the model leaves that free.
    :raises MissingExtraError: ONNX Runtime is not installed.
    :raises EngineError: the model cannot be loaded, or lands on another provider.
    """

    def __init__(
        self,
        model: Path | bytes,
        name: str,
        threads: int | None = None,
        advice: str = EXPORT_AGAIN,
        *,
        frames: int = 1,
    ) -> None:
        self.name, self.advice = name, advice
        self._model, self._threads = model, threads
        ort = imported()
        options = ort.SessionOptions()
        threads = threads or cores()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = ERRORS_ONLY
        # Of a fixed size the graph is planned as if it had never been free.
        options.add_free_dimension_override_by_name(BATCH, frames)
        # Idle threads spin for the next operator, a third faster for a chain of small ones, but
        # not beyond the run: the other engines and the kernels need the same cores.
        options.add_session_config_entry("session.force_spinning_stop", "1")
        source = str(model) if isinstance(model, Path) else model
        try:
            session = ort.InferenceSession(
                source, options, providers=[CPU], disabled_optimizers=_LEFT_OUT
            )
        except Exception as error:
            raise EngineError(
                f"ONNX Runtime {ort.__version__} cannot load the engine {name!r}: "
                f"{first_line(error)}",
                f"{advice} Or update onnxruntime.",
            ) from error
        # Without a word ONNX Runtime falls back to another provider: compare with what was asked.
        if session.get_providers()[0] != CPU:
            raise EngineError(
                f"The engine {name!r} runs on {session.get_providers()[0]}, not on {CPU}.",
                "Install onnxruntime and onnxruntime-gpu one at a time, not both.",
            )
        self._session = session
        self.inputs, self.outputs = shapes_of(session, name, advice)
        self._wanted = list(self.outputs)
        if frames > 1 and any(shape[:1] != (frames,) for shape in self.inputs.values()):
            raise only_one_frame(self, frames)

    def of_batch(self, frames: int) -> OnnxEngine:
        """See ``BatchEngine``."""
        return OnnxEngine(self._model, self.name, self._threads, self.advice, frames=frames)

    def run(
        self,
        feeds: Tensors,
        *,
        out: Tensors | None = None,
        queue: Queue | None = None,  # noqa: ARG002 - the caller's thread is the queue here
    ) -> dict[str, Array]:
        if out is not None:
            check_results(self, out)
        chosen = {
            name: np.ascontiguousarray(value, dtype=np.float32)
            for name, value in select(self, feeds).items()
        }
        try:
            if out is not None:
                return self._run_into(chosen, out)
            results = self._session.run(self._wanted, chosen)
        except Exception as error:
            raise EngineError(
                f"The engine {self.name!r} failed: {first_line(error)}",
                "Free some memory, or use fewer threads.",
            ) from error
        return dict(zip(self._wanted, results, strict=True))

    def _run_into(self, feeds: dict[str, Array], out: Tensors) -> dict[str, Array]:
        binding = self._session.io_binding()
        for name, value in feeds.items():
            binding.bind_input(name, "cpu", 0, np.float32, value.shape, value.ctypes.data)
        for name, shape in self.outputs.items():
            binding.bind_output(name, "cpu", 0, np.float32, shape, out[name].ctypes.data)
        self._session.run_with_iobinding(binding)
        return {name: out[name] for name in self._wanted}


def load(request: EngineRequest) -> OnnxEngine:
    """See ``protocol.Loader``."""
    return OnnxEngine(in_int8(request), request.name, request.threads, request.advice)


def imported() -> Any:
    """ONNX Runtime's module.

    :raises MissingExtraError: it is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingExtraError(
            "ONNX Runtime is not installed.", f"Run: {PIP} install 'bunraku[cpu]'"
        ) from error
    return onnxruntime


def shapes_of(
    session: Any, name: str, advice: str
) -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]]]:
    """The shapes of a session's inputs and of its outputs, by name, for one frame.

    :raises EngineError: one is not float32, or its shape is not fixed.
    """

    def shape(value: Any) -> tuple[int, ...]:
        told = [1 if size == BATCH else size for size in value.shape]
        if value.type != "tensor(float)" or not all(isinstance(n, int) for n in told):
            raise EngineError(
                f"The engine {name!r} has {value.name!r} as {value.type} {value.shape}, "
                "but engines take and give float32 of a fixed shape.",
                advice,
            )
        return tuple(told)

    inputs = {value.name: shape(value) for value in session.get_inputs()}
    return inputs, {value.name: shape(value) for value in session.get_outputs()}


def has_free_frames(session: Any) -> bool:
    """Whether a session's model leaves free how many frames are computed at once."""
    return all(value.shape[:1] == [BATCH] for value in session.get_inputs())


def first_line(error: Exception) -> str:
    """The first line of a library's message, which may run over many."""
    return str(error).strip().split("\n", 1)[0][:300]
