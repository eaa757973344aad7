"""What libraries on the processor ask of the arrays that they are to write into."""

from __future__ import annotations

import numpy as np

from bunraku.errors import EngineError
from bunraku.runtime.engines.protocol import Engine
from bunraku.spec.arrays import Tensors


def check_results(engine: Engine, out: Tensors) -> None:
    """Whether results can be written there: a library gets their addresses alone.

    :raises EngineError: one is missing, of another type or shape, not contiguous or read-only.
    """
    for name, shape in engine.outputs.items():
        array = out.get(name)
        if (
            array is None
            or array.dtype != np.dtype(np.float32)
            or array.shape != shape
            or not (array.flags.c_contiguous and array.flags.writeable)
        ):
            given = "nothing" if array is None else f"{array.dtype} {list(array.shape)}"
            raise EngineError(
                f"The engine {engine.name!r} cannot write {name!r} into {given}.",
                f"Give a contiguous, writable array of float32 {list(shape)}.",
            )
