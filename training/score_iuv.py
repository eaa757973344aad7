"""How good an IUV net is on people it never saw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from bunraku.spec.surface import SCORES
from bunraku.training.iuv_data import IuvData


@dataclass(frozen=True)
class IuvScore:
    """How good an IUV net is on people it never saw."""

    part_accuracy: float
    """Share of the person's pixels with the right part."""
    mean_iou: float
    """Over the 25 classes, background included."""
    background_iou: float
    uv_error: float
    """Mean absolute error of U and V where the part is right."""
    frames: int


def evaluate(network: nn.Module, data: IuvData, masked: bool = True) -> IuvScore:
    """Score a net on all frames in which the pose network found somebody.

    Args:
        network: an :class:`IuvNet` on the CPU, or what answers as one.
        data: people never seen in training.
        masked: with the pose network's mask, or without one.
    """
    network.eval()
    confusion = np.zeros((SCORES, SCORES))
    error, pixels = 0.0, 0
    index = torch.nonzero(data.found)[:, 0]
    with torch.inference_mode():
        for chunk in chunks(len(index), 32):
            batch = data.plain(index[chunk])
            mask = batch.mask if masked else torch.zeros_like(batch.mask)
            out = network(batch.landmarks, mask)
            guess = out.parts.argmax(1)
            pairs = (batch.part * SCORES + guess).flatten().numpy()
            counts = np.bincount(pairs, minlength=confusion.size)
            confusion += counts.reshape(confusion.shape)
            right = (batch.part > 0) & (batch.part == guess)
            own = (batch.part - 1).clamp(min=0)[:, None]
            for got, want in ((out.u, batch.uv[:, 0]), (out.v, batch.uv[:, 1])):
                difference = (got.gather(1, own)[:, 0].clamp(0, 1) - want).abs()
                error += float(difference[right].sum())
                pixels += int(right.sum())
    hits = np.diag(confusion)
    union = confusion.sum(0) + confusion.sum(1) - hits
    iou = hits / np.maximum(union, 1.0)
    return IuvScore(
        part_accuracy=float(hits[1:].sum() / max(confusion[1:].sum(), 1.0)),
        mean_iou=float(iou[confusion.sum(1) > 0].mean()),
        background_iou=float(iou[0]),
        uv_error=error / max(pixels, 1),
        frames=len(index),
    )


def chunks(total: int, size: int) -> Iterator[slice]:
    """Slices of at most ``size`` that cover ``range(total)``."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))
