"""The head's guide on a CPU: only rows that show the head are visited."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from bunraku.kernels.jit import INDEX, STRICT, kernel, read_only, share, written
from bunraku.spec.arrays import Array
from bunraku.spec.surface import HEAD_SCORE, PRIOR_CONFIDENCE, PRIOR_X, PRIOR_Y


def guide_head(
    prior: Array, surface: Array, head: Array, *, threads: int | None, out: Array | None = None
) -> Array:
    """As ``bunraku.kernels.guide_head`` says, for arrays that have passed its checks."""
    batch, _, n, _ = prior.shape
    if out is None:
        out = np.empty(prior.shape, np.float32)
    if out is not prior:
        np.copyto(out, prior)
    scores = np.ascontiguousarray(surface[:, HEAD_SCORE])
    shared = (scores, np.ascontiguousarray(head), _centres(n), out)
    share(lambda first, step: _rows(*shared, first, step), batch * n, threads)
    return out


@lru_cache(maxsize=8)
def _centres(n: int) -> Array:
    """``[n]``: pixel centres in [-1, 1] units, read-only."""
    centres = (np.arange(n, dtype=np.float32) + 0.5) * (2.0 / n) - 1.0
    centres.flags.writeable = False
    return centres.astype(np.float32, copy=False)


@kernel((read_only(4), read_only(2), read_only(1), written(4), INDEX, INDEX), STRICT)
def _rows(scores: Any, head: Any, centres: Any, out: Any, first: Any, step: Any) -> None:
    """Every ``step``-th row of ``out``, which holds the prior.

    :param scores: ``[B,2,n,n]``, of the head's two parts.
    """
    batch, _, n, _ = out.shape
    part = np.empty(n, np.float32)
    for row in range(first, batch * n, step):
        b = row // n
        i = row % n
        belief = head[b, 6]
        if not belief > 0:
            continue
        shown = False
        for j in range(n):
            part[j] = belief * (scores[b, 0, i, j] + scores[b, 1, i, j])
            shown |= part[j] != 0
        if not shown:
            continue
        y = centres[i]
        for axis in (PRIOR_X, PRIOR_Y):
            across, down, shift = head[b, 3 * axis], head[b, 3 * axis + 1], head[b, 3 * axis + 2]
            for j in range(n):
                goal = across * centres[j] + down * y + shift
                value = out[b, axis, i, j]
                out[b, axis, i, j] = value + part[j] * (
                    out[b, PRIOR_CONFIDENCE, i, j] * goal - value
                )
