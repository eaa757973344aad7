"""ONNX Runtime on an NVIDIA GPU as an engine: on the stage's own stream, no copies to the host.

Arrays of a CUDA device are bound where they lie. Arrays of the host are taken as well, and then so
are the results: that is for networks whose readers work on the host.
"""

from __future__ import annotations

import logging
import threading
from copy import copy
from typing import Any

import numpy as np

from bunraku.errors import PIP, EngineError
from bunraku.runtime.device import Queue
from bunraku.runtime.engines.gpu_errors import gpu_error, is_of_gpu
from bunraku.runtime.engines.host_arrays import check_results
from bunraku.runtime.engines.onnx_runtime import (
    ERRORS_ONLY,
    first_line,
    has_free_frames,
    imported,
    shapes_of,
)
from bunraku.runtime.engines.protocol import EngineRequest, of_frames, only_one_frame, select
from bunraku.spec.arrays import Array, Tensors
from bunraku.spec.stages import Stage

log = logging.getLogger(__name__)

CUDA = "CUDAExecutionProvider"
RTX = "NvTensorRTRTXExecutionProvider"
"""TensorRT-RTX within ONNX Runtime; it is taken first where this build has it."""
CPU = "CPUExecutionProvider"
COMPUTING = frozenset(
    {"Conv", "ConvTranspose", "FusedConv", "Gemm", "GridSample", "MatMul", "FusedMatMul", "Resize"}
)
"""Nodes that belong on the GPU; ONNX Runtime leaves the arithmetic of shapes to the CPU."""
RECORD = "session.record_ep_graph_assignment_info"
OTHER_CUDA = (
    "Its CUDA libraries are missing, or not for this NVIDIA driver: update the driver, or "
    f"{PIP} install 'onnxruntime-gpu[cuda,cudnn]', or use --engine onnxruntime."
)


class OnnxCudaEngine:
    """One ONNX file in ONNX Runtime on a GPU (see ``Engine``).

    ONNX Runtime ties a session to one stream, so there is one for each queue that has run it.

    :raises MissingExtraError: ONNX Runtime is not installed.
    :raises DeviceError: the GPU has too little memory, or fails.
    :raises EngineError: the model cannot be loaded, or lands on the CPU.
    """

    def __init__(self, request: EngineRequest) -> None:
        self._request = request
        self.name, self.advice = request.name, request.advice
        self._ort = imported()
        if CUDA not in self._ort.get_available_providers():
            raise EngineError(
                f"This ONNX Runtime {self._ort.__version__} is built without CUDA.",
                f"Run: {PIP} uninstall -y onnxruntime onnxruntime-gpu && "
                f"{PIP} install 'onnxruntime-gpu[cuda,cudnn]'",
            )
        self._lock = threading.Lock()
        self._sessions: dict[int | None, Any] = {}
        session = self._session(self._stream(None))
        self._free = has_free_frames(session)
        self.inputs, self.outputs = shapes_of(session, self.name, self.advice)

    def of_batch(self, frames: int) -> OnnxCudaEngine:
        """See ``BatchEngine``: the same sessions, which take any number."""
        if not self._free:
            raise only_one_frame(self, frames)
        result = copy(self)
        result.inputs = of_frames(self.inputs, frames)
        result.outputs = of_frames(self.outputs, frames)
        return result

    def run(
        self, feeds: Tensors, *, out: Tensors | None = None, queue: Queue | None = None
    ) -> dict[str, Array]:
        chosen: dict[str, Any] = select(self, feeds)
        on_host = any(isinstance(value, np.ndarray) for value in chosen.values())
        if out is not None and on_host:
            check_results(self, out)
        results: dict[str, Any] = {
            name: self._new(shape, on_host) if out is None else out[name]
            for name, shape in self.outputs.items()
        }
        try:
            session = self._session(self._stream(queue))
            binding = session.io_binding()
            # What is bound is only an address: arrays that are made here live until the end.
            kept = {name: _float32(value) for name, value in chosen.items()}
            for name, value in kept.items():
                binding.bind_input(name, *_place(value), np.float32, value.shape, _address(value))
            for name, value in results.items():
                binding.bind_output(name, *_place(value), np.float32, value.shape, _address(value))
            session.run_with_iobinding(binding, self._how(on_host))
        except EngineError:
            raise
        except Exception as error:
            line = first_line(error)
            raise gpu_error(self.name, line) or EngineError(
                f"The engine {self.name!r} failed on the GPU: {line}",
                "Close other programs that use it, or use --engine onnxruntime.",
            ) from error
        return results

    def _new(self, shape: tuple[int, ...], on_host: bool) -> Any:
        return np.empty(shape, np.float32) if on_host else self._request.device.empty(shape)

    def _how(self, on_host: bool) -> Any:
        options = self._ort.RunOptions()
        if not on_host:  # whoever reads the results waits for the queue's event
            options.add_run_config_entry("disable_synchronize_execution_providers", "1")
        return options

    def _stream(self, queue: Queue | None) -> int | None:
        """The address of the queue's CUDA stream; None for ONNX Runtime's own."""
        told: Any = queue or self._request.device.queue(Stage.DENSEPOSE)
        stream = getattr(told, "stream", None)
        return None if stream is None else int(stream.cuda_stream)

    def _session(self, stream: int | None) -> Any:
        with self._lock:
            if stream not in self._sessions:
                self._sessions[stream] = self._open(stream)
            return self._sessions[stream]

    def _open(self, stream: int | None) -> Any:
        ort, request = self._ort, self._request
        options = ort.SessionOptions()
        options.log_severity_level = ERRORS_ONLY
        options.add_session_config_entry(RECORD, "1")
        own = {} if stream is None else {"user_compute_stream": str(stream)}
        providers = [(CUDA, {"use_tf32": "1" if request.coarse else "0", **own})]
        if RTX in ort.get_available_providers():
            # What it does not take, CUDA does.
            providers.insert(0, (RTX, own and {"has_user_compute_stream": "1", **own}))
        model = request.model if isinstance(request.model, bytes) else str(request.model)
        try:
            session = ort.InferenceSession(model, options, providers=providers)
        except Exception as error:
            line = first_line(error)
            raise gpu_error(request.name, line, loading=not self._sessions) or EngineError(
                f"ONNX Runtime {ort.__version__} cannot load the engine {request.name!r} on the "
                f"GPU: {line}",
                OTHER_CUDA if is_of_gpu(line) else f"{request.advice} Or use --engine onnxruntime.",
            ) from error
        # Without a word ONNX Runtime falls back to the CPU where CUDA's libraries do not load.
        found = session.get_providers()[0]
        if found not in dict(providers):
            raise EngineError(
                f"ONNX Runtime {ort.__version__} would run the engine {request.name!r} on "
                f"{found}, not on the GPU.",
                OTHER_CUDA,
            )
        if found != providers[0][0]:
            log.warning("The engine %r runs on %s: %s does not load.", request.name, found, RTX)
        kinds = left_to_the_cpu(session)
        if kinds and not self._sessions:  # once, not for every stream
            log.warning(
                "ONNX Runtime %s leaves %s of the engine %r to the CPU, so frames wait for copies: "
                "update onnxruntime-gpu, or use --engine torch.",
                *(ort.__version__, ", ".join(kinds), request.name),
            )
        return session


def left_to_the_cpu(session: Any) -> list[str]:
    """The kinds of computing nodes, in order, that a session on a GPU runs on the CPU.

    :param session: made with ``RECORD``; an ONNX Runtime that cannot tell tells of none.
    """
    told = getattr(session, "get_provider_graph_assignment_info", None)
    if told is None:
        return []
    nodes = (node for part in told() if part.ep_name == CPU for node in part.get_nodes())
    return sorted({node.op_type for node in nodes} & COMPUTING)


def load(request: EngineRequest) -> OnnxCudaEngine:
    """See ``protocol.Loader``."""
    return OnnxCudaEngine(request)


def _float32(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, dtype=np.float32)
    return value.float().contiguous()


def _place(value: Any) -> tuple[str, int]:
    if isinstance(value, np.ndarray):
        return "cpu", 0
    return "cuda", int(value.device.index or 0)


def _address(value: Any) -> int:
    if isinstance(value, np.ndarray):
        return int(value.ctypes.data)
    return int(value.data_ptr())
