"""OpenVINO itself: one core for all engines, what this processor computes in, what is kept."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from bunraku.errors import PIP, EngineError, MissingExtraError
from bunraku.runtime.cache import cache_folder
from bunraku.runtime.engines.protocol import EngineRequest, Precision

DEVICE = "CPU"


@cache
def openvino_core() -> Any:
    """One for all engines: they share its threads.

    :raises MissingExtraError: it is not installed.
    """
    try:
        import openvino
    except ImportError as error:
        raise MissingExtraError(
            "OpenVINO is not installed.", f"Run: {PIP} install 'bunraku[openvino]'"
        ) from error
    return openvino.Core()


def precision_of(core: Any, request: EngineRequest) -> Precision:
    """What an engine computes in; see ``OpenVinoEngine``.

    :raises EngineError: the processor has no such numbers.
    """
    has_bf16 = "BF16" in core.get_property(DEVICE, "OPTIMIZATION_CAPABILITIES")
    if request.precision is None:
        bears = request.coarse or request.bears_bf16
        return Precision.BF16 if bears and has_bf16 else Precision.F32
    if request.precision == Precision.BF16 and not has_bf16:
        raise EngineError("This processor does not compute in bf16.", "Use openvino:f32.")
    # What no recipe is for keeps its digits where 8 bits are asked for.
    return Precision.F32 if request.precision == Precision.INT8 else request.precision


def kept_options() -> dict[str, str]:
    """Where compiled models are kept: by OpenVINO's own key of model, options, version and
    processor, and made anew where they are not whole; nowhere, if there is no room for them.
    """
    folder = cache_folder() / "openvino"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {"CACHE_DIR": str(folder)} if os.access(folder, os.W_OK) else {}


def last_line(error: Exception) -> str:
    """What a message of many lines says in the end; where it was thrown stands before."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[-1][:300]
