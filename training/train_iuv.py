"""Training of the IUV net on the pose network's output over synthetic people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.networks.checkpoint import read_checkpoint, save_checkpoint
from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.spec.surface import FEET, HANDS, LIMBS, SCORES
from bunraku.training.iuv_data import IuvBatch, IuvData
from bunraku.training.precision import bf16
from bunraku.training.session import (
    RunClock,
    TrainOptions,
    chunks,
    decay_groups,
    go_on,
    place,
    prepare,
)

SAVE_STEPS = 200


def part_weights() -> Tensor:
    """Cross-entropy weights of the 25 parts: hands, feet and limbs are small and matter."""
    w = torch.ones(SCORES)
    w[0], w[[*HANDS, *FEET]], w[LIMBS] = 0.6, 1.5, 1.2
    return w


def iuv_loss(out: Iuv, batch: IuvBatch, weights: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy on S, masked L1 on U and V of the pixel's own part (spec: λ_ce 1, λ_uv)."""
    part, uv = batch.part, batch.uv
    if out.parts.shape[-1] != part.shape[-1]:
        # A coarse pixel's centre lies between four fine ones: taken in turn, they shift nothing.
        y, x = (int(n) for n in torch.randint(2, (2,)))
        part, uv = part[:, y::2, x::2], uv[:, :, y::2, x::2]
    ce = F.cross_entropy(out.parts, part, weight=weights)
    body = (part > 0).float()
    own = (part - 1).clamp(min=0)[:, None]
    u = ((out.u.gather(1, own)[:, 0] - uv[:, 0]).abs() * body).sum() / (body.sum() + 1.0)
    v = ((out.v.gather(1, own)[:, 0] - uv[:, 1]).abs() * body).sum() / (body.sum() + 1.0)
    return ce + 2.0 * (u + v), {"ce": ce.item(), "u": u.item(), "v": v.item()}


def run(options: TrainOptions, log: Callable[[str], None]) -> Path:
    """Train, or go on training, until the run's or the sitting's end.

    Returns:
        The checkpoint's path: ``out/checkpoint.pt``. Interrupt it at any moment; at most
        ``SAVE_STEPS`` steps are lost.
    """
    device = prepare(options)
    path = options.out / "checkpoint.pt"
    data = IuvData(options.data)
    resumed = read_checkpoint(path, device) if path.exists() else None
    network = place(IuvNet() if resumed is None else resumed.iuv().train(), device)
    optimiser = torch.optim.AdamW(decay_groups(network, 1e-3), lr=options.learning_rate)
    progress, rng = go_on(resumed, optimiser, options)
    weights = part_weights().to(device)
    clock = RunClock(options, progress)

    def save() -> None:
        save_checkpoint(path, network, progress, optimiser=optimiser.state_dict())

    log(f"{len(data)} frames, {progress.steps} steps done")
    try:
        while clock.running():
            clock.set_learning_rate(optimiser)
            batch = to_device(data.augmented(data.pick(rng, options.batch)), device)
            full = progress.steps % 4 == 3
            with bf16(device):
                step = network if full else network.coarse
                out = step(batch.landmarks, batch.mask)
            loss, terms = iuv_loss(Iuv(*(t.float() for t in out)), batch, weights)
            optimiser.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimiser.step()
            line = clock.step(options.batch, terms)
            if line:
                log(line)
            if progress.steps % SAVE_STEPS == 0:
                save()
    finally:
        save()
    return path


def to_device(batch: IuvBatch, device: torch.device) -> IuvBatch:
    """The batch on another device."""
    return IuvBatch(*(t.to(device) for t in vars(batch).values()))


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
