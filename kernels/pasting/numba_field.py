"""What pasting reads of the networks' window, packed pixel by pixel, on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels.jit import FLOAT, INDEX, kernel, read_only, written
from bunraku.kernels.pasting.terms import PREMULTIPLIED, TRACE

FIELD = 8
"""Channels of the packed field: r, g, b, trust, flow x, flow y, mask, nothing."""


@kernel((read_only(2), written(2, INDEX)))
def find_spans(mask: Any, spans: Any) -> None:
    """Where each row of a mask ``[n, n]`` shows something.

    :param spans: ``[n, 2]``: the first such column and the one after the last; n and 0 for none.
    """
    for y in range(mask.shape[0]):
        low, past = mask.shape[1], 0
        for x in range(mask.shape[1]):
            if mask[y, x] >= np.float32(TRACE):
                low, past = min(low, x), x + 1
        spans[y, 0], spans[y, 1] = low, past


@kernel(
    (
        *(read_only(3), read_only(2), read_only(2), read_only(3), read_only(3), FLOAT),
        *(read_only(2, INDEX), INDEX, written(3)),
    )
)
def pack_field(
    image: Any,
    mask: Any,
    trust: Any,
    warped: Any,
    flow: Any,
    scale: Any,
    spans: Any,
    reach: Any,
    out: Any,
) -> None:
    """What each pixel of the networks' window contributes, side by side in memory.

    :param image: ``[3, n, n]`` RGB in [0, 1].
    :param mask: ``[n, n]``; :param trust: ``[n, n]``, the weight of ``warped`` in ``image``.
    :param warped: ``[5, n, n]``, colours times mask, mask, and what is not read here.
    :param flow: ``[2, n, n]`` in [-1, 1] units; multiplied by ``scale`` to photo pixels.
    :param spans: of ``find_spans``; :param reach: columns beyond them: what is farther from what
        the mask shows is not read, and not written here.
    :param out: ``[n, n, 8]``: r, g, b, trust, x, y, mask, nothing.
    """
    side = mask.shape[0]
    zero, one, levels = np.float32(0.0), np.float32(1.0), np.float32(255.0)
    for y in range(side):
        low, past = side, 0
        for near in range(max(y - 1, 0), min(y + 2, side)):
            low, past = min(low, spans[near, 0]), max(past, spans[near, 1])
        if past == 0:
            continue
        for x in range(max(low - reach, 0), min(past + reach, side)):
            t = trust[y, x]
            known = one / (warped[3, y, x] + np.float32(PREMULTIPLIED))
            for c in range(3):
                colour = min(max(warped[c, y, x] * known, zero), one)
                out[y, x, c] = (image[c, y, x] - t * colour) * levels
            out[y, x, 3] = t
            out[y, x, 4] = flow[0, y, x] * scale
            out[y, x, 5] = flow[1, y, x] * scale
            out[y, x, 6] = mask[y, x]
            out[y, x, 7] = zero
