"""From a request to an engine: the precision, the cache, the build, and what cannot be built."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from bunraku.errors import PIP, EngineError, OutOfMemoryError
from bunraku.runtime.cache import cache_folder
from bunraku.runtime.cuda_device import check_gpu, import_torch
from bunraku.runtime.engines.half import is_typed, to_half
from bunraku.runtime.engines.int8 import in_signed_int8
from bunraku.runtime.engines.onnx_runtime import OnnxEngine
from bunraku.runtime.engines.protocol import Engine, EngineRequest, Precision
from bunraku.runtime.engines.tensorrt import sealed
from bunraku.runtime.engines.tensorrt.builder import (
    SIZES,
    BuildOptions,
    UnsupportedError,
    build,
)
from bunraku.runtime.engines.tensorrt.engine import Plan, TensorRtEngine
from bunraku.runtime.engines.tensorrt.library import Library, find_library
from bunraku.runtime.engines.through_host import ThroughHost

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Gpu:
    """What an engine is built for."""

    name: str
    capability: tuple[int, int]
    """Compute capability, major and minor."""


def engines_folder() -> Path:
    """Where built engines lie; everything in it may be deleted, and is made anew."""
    return cache_folder() / "engines"


def load(request: EngineRequest) -> Engine:
    """See ``protocol.Loader``.

    A network with an operator that the library does not know runs in ONNX Runtime on the processor,
    which is logged.
    """
    library, torch = find_library(), import_torch()

    def use(serialised: bytes, place: str) -> Engine:
        plan = Plan(library, serialised, request.name)
        return TensorRtEngine(plan, request.advice, torch=torch, place=place)

    return engine_of(library, torch, request, use)


def engine_of(
    library: Library, torch: Any, request: EngineRequest, use: Callable[[bytes, str], Engine]
) -> Engine:
    """The engine of the cache if it is the right one, else a new one, which is kept there.

    :param torch: the module.
    :param use: makes it run, from what was serialised, and the GPU as torch calls it.
    :raises EngineError: there is no GPU for it, or it cannot be built or used.
    """
    index = int(torch.cuda.current_device()) if torch.cuda.is_available() else 0
    _check_once(torch, index)
    gpu = Gpu(torch.cuda.get_device_name(index), tuple(torch.cuda.get_device_capability(index)))
    check_capability(library, gpu)
    model, place = graph_of(request), f"cuda:{index}"
    key = key_of(library, gpu, model, precision_of(request))
    path = sealed.path_of(engines_folder(), f"{request.name}.engine", key)
    kept = sealed.read(path, key) if request.lasting else None
    if kept is not None:
        try:
            return use(kept, place)
        except OutOfMemoryError:
            raise
        except EngineError as error:  # the driver may have changed
            log.warning("%s cannot be used, and is made anew: %s", path, error.message)
    try:
        made = _build(library, gpu, model, request.name)
    except UnsupportedError as error:
        log.warning("%s It runs in ONNX Runtime on the processor.", error.message)
        engine = OnnxEngine(request.model, request.name, request.threads, request.advice)
        return ThroughHost(engine, request.device)
    if request.lasting:
        sealed.write(path, key, made)
    return use(made, place)


def check_capability(library: Library, gpu: Gpu) -> None:
    """Whether a library builds for a GPU.

    :raises EngineError: it does not.
    """
    if not library.names_capability(gpu.capability):
        raise EngineError(
            f"{library.version} does not run on the GPU {gpu.name} "
            f"(compute capability {_dotted(gpu.capability)}).",
            f"Run: {PIP} install tensorrt",
        )


def graph_of(request: EngineRequest) -> bytes:
    """The network as it is built, in the precision that is wanted, or the types that it tells.

    :raises EngineError: it is no ONNX graph.
    """
    import onnx

    model = request.model
    try:
        content = model.read_bytes() if isinstance(model, Path) else model
        graph = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf has errors of its own
        line = str(error).strip().split("\n", 1)[0][:200]
        raise EngineError(
            f"The engine {request.name!r} cannot be read: {line}.", request.advice
        ) from error
    precision = precision_of(request)
    if precision is Precision.F32 or is_typed(graph):
        return content
    rounded = in_signed_int8(graph) if precision is Precision.INT8 else None
    if rounded is None:  # what nobody has calibrated for
        if precision is Precision.INT8 and not request.coarse:
            return content
        rounded = to_half(graph)
    return bytes(rounded.SerializeToString(deterministic=True))


def precision_of(request: EngineRequest) -> Precision:
    """What is wanted, or float16 for pictures and float32 for landmarks, as for networks that have
    no recipe for 8 bits where these are wanted.

    The landmark network answers a hair's breadth in its picture with pixels, which the photo's body
    is then fitted to.
    """
    return request.precision or (Precision.F16 if request.coarse else Precision.F32)


def key_of(library: Library, gpu: Gpu, model: bytes, precision: Precision) -> sealed.Key:
    """All that an engine depends on."""
    return {
        "model": hashlib.sha256(model).hexdigest(),
        "precision": str(precision),
        "sizes": json.dumps({name: asdict(sizes) for name, sizes in SIZES.items()}),
        **_machine(library, gpu),
    }


_check_once = cache(check_gpu)
"""Memory is asked for before the first engine has taken some of it."""


def _machine(library: Library, gpu: Gpu) -> dict[str, str]:
    return {
        "library": library.version,
        "gpu": gpu.name,
        "capability": _dotted(gpu.capability),
    }


def _build(library: Library, gpu: Gpu, model: bytes, name: str) -> bytes:
    """Build it, with what earlier builds on this GPU measured."""
    key = _machine(library, gpu)
    path = sealed.path_of(engines_folder(), "timings.cache", key)
    timings = None if library.is_rtx else sealed.read(path, key)
    began = time.monotonic()
    made = build(library, model, name, BuildOptions(gpu.capability), timings=timings)
    took_s = time.monotonic() - began
    log.info("%s built the engine %r in %.1f s", library.version, name, took_s)
    if made.timings is not None:
        sealed.write(path, key, made.timings)
    return made.engine


def _dotted(capability: tuple[int, int]) -> str:
    return f"{capability[0]}.{capability[1]}"
