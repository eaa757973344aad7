"""The head's guide on a GPU, in Triton: a lane for each pixel; off the head it copies."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from bunraku.kernels.triton_launch import launch, planes
from bunraku.spec.surface import HEAD_SCORE, PRIOR_CHANNELS, PRIOR_CONFIDENCE

PIXELS = 128
"""A program's."""
WARPS = 4


def guide_head(prior: Tensor, surface: Tensor, head: Tensor, out: Tensor | None = None) -> Tensor:
    """As ``bunraku.kernels.guide_head`` says, for a prior up to float32.

    :param out: may be the prior: a pixel depends on none but its own.
    """
    batch, _, n, _ = prior.shape
    if out is None:
        out = prior.new_empty(prior.shape)
    scores = planes(surface[:, HEAD_SCORE])  # in place: all of a surface is 73 planes
    launch(
        _guide,
        (triton.cdiv(n * n, PIXELS), batch),
        prior,
        *(prior.contiguous(), scores, head.contiguous(), out, n, *scores.stride()[:2]),
        CHANNELS=PRIOR_CHANNELS,
        CONFIDENCE=PRIOR_CONFIDENCE,
        PIXELS=PIXELS,
        num_warps=WARPS,
    )
    return out


@triton.jit
def _guide(
    prior: tl.tensor,
    scores: tl.tensor,
    head: tl.tensor,
    out: tl.tensor,
    n: tl.tensor,
    score_batch: tl.tensor,
    score_plane: tl.tensor,
    CHANNELS: tl.constexpr,
    CONFIDENCE: tl.constexpr,
    PIXELS: tl.constexpr,
) -> None:
    b = tl.program_id(1).to(tl.int64)
    pixel = tl.program_id(0) * PIXELS + tl.arange(0, PIXELS)
    size = n * n
    inside = pixel < size
    prior += b * CHANNELS * size
    out += b * CHANNELS * size
    scores += b * score_batch
    head += b * 7
    row = pixel // n
    x = ((pixel - row * n) * 2 + 1) / (n * 1.0) - 1.0
    y = (row * 2 + 1) / (n * 1.0) - 1.0
    share = tl.load(scores + pixel, mask=inside, other=0.0).to(tl.float32)
    share += tl.load(scores + score_plane + pixel, mask=inside, other=0.0).to(tl.float32)
    belief = tl.load(head + 6).to(tl.float32)
    share *= belief
    shown = tl.where(belief > 0, share, 0.0) != 0  # nor is a belief that is NaN above 0
    confidence = tl.load(prior + CONFIDENCE * size + pixel, mask=inside, other=0.0)
    confidence = confidence.to(tl.float32)
    for c in tl.static_range(CHANNELS):
        kept = tl.load(prior + c * size + pixel, mask=inside, other=0.0)
        if c < CONFIDENCE:
            across = tl.load(head + c * 3).to(tl.float32)
            down = tl.load(head + c * 3 + 1).to(tl.float32)
            goal = across * x + down * y + tl.load(head + c * 3 + 2).to(tl.float32)
            value = kept.to(tl.float32)
            moved = value + share * (confidence * goal - value)
            kept = tl.where(shown, moved.to(kept.dtype), kept)
        tl.store(out + c * size + pixel, kept, mask=inside)
