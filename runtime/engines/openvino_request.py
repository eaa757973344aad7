"""Where a network that OpenVINO has compiled reads and writes, run after run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from bunraku.spec.arrays import Array


class Request:
    """An inference request of OpenVINO's; of one thread at a time.

    Results are written where OpenVINO has room for them itself: to tell it of other arrays at each
    run takes longer than to copy them from there. Likewise it is not told again of an array that it
    read in the last run.

    :param request: of ``CompiledModel.create_infer_request``, all shapes fixed.
    :param results: their names, in the model's order.
    """

    def __init__(self, request: Any, results: Iterable[str]) -> None:
        self._request = request
        self._read: dict[int, Array] = {}
        self.results: dict[str, Array] = {
            name: request.get_output_tensor(i).data for i, name in enumerate(results)
        }
        """Of the last run, until the next."""

    def infer(self, feeds: Iterable[Array]) -> None:
        """Run.

        :param feeds: in the model's order; nobody writes into them meanwhile.
        """
        import openvino

        for i, value in enumerate(feeds):
            array = _readable(value)
            if array is not self._read.get(i):
                self._request.set_input_tensor(i, openvino.Tensor(array, shared_memory=True))
                self._read[i] = array
        self._request.infer()


def _readable(value: Array) -> Array:
    """The array as OpenVINO reads it, copied only where it must be."""
    array = np.ascontiguousarray(value, dtype=np.float32)
    return array if array.flags.writeable else array.copy()
