"""Training of the IUV net on the pose network's output over synthetic people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.networks.checkpoint import Checkpoint
from bunraku.networks.iuv import Iuv, IuvNet
from bunraku.spec.surface import FEET, HANDS, LIMBS, SCORES
from bunraku.training.batches import Steps
from bunraku.training.iuv_data import IuvBatch, IuvData
from bunraku.training.net_training import NetRun, NetTraining, run_net
from bunraku.training.precision import bf16

FULL_EVERY = 4
"""The coarse head is cheaper; the edge head learns in one step of so many."""


@dataclass(frozen=True)
class IuvRun(NetRun):
    """One sitting of an IUV net's training; ``data`` holds records with observations."""

    steps: int = 20_000
    batch: int = 32
    learning_rate: float = 2e-3


class IuvBatches(Steps[IuvBatch]):
    """A run's batches of frames, augmented."""

    def __init__(self, data: IuvData, count: int, seed: int) -> None:
        super().__init__(seed)
        self._data, self._count = data, count

    def draw(self, rng: np.random.Generator) -> IuvBatch:
        return self._data.augmented(self._data.pick(rng, self._count))


def part_weights() -> Tensor:
    """Cross-entropy weights of the 25 parts: hands, feet and limbs are small and matter."""
    w = torch.ones(SCORES)
    w[0], w[[*HANDS, *FEET]], w[LIMBS] = 0.6, 1.5, 1.2
    return w


def iuv_loss(
    out: Iuv, batch: IuvBatch, weights: Tensor, corner: tuple[int, int] = (0, 0)
) -> tuple[Tensor, dict[str, Tensor]]:
    """Cross-entropy on S, masked L1 on U and V of the pixel's own part (spec: λ_ce 1, λ_uv).

    Args:
        out: the net's maps, of the truth's side or half of it.
        batch: the truth.
        weights: of the parts.
        corner: y and x of the fine pixel, 0 or 1, that a coarse one is compared with. Its centre
            lies between four: taken in turn, they shift nothing.
    """
    part, uv = batch.part, batch.uv
    if out.parts.shape[-1] != part.shape[-1]:
        y, x = corner
        part, uv = part[:, y::2, x::2], uv[:, :, y::2, x::2]
    ce = F.cross_entropy(out.parts, part, weight=weights)
    body = (part > 0).float()
    own = (part - 1).clamp(min=0)[:, None]
    u = ((out.u.gather(1, own)[:, 0] - uv[:, 0]).abs() * body).sum() / (body.sum() + 1.0)
    v = ((out.v.gather(1, own)[:, 0] - uv[:, 1]).abs() * body).sum() / (body.sum() + 1.0)
    terms = {"ce": ce.detach(), "u": u.detach(), "v": v.detach()}
    return ce + 2.0 * (u + v), terms


class IuvTraining(NetTraining[IuvNet, IuvBatch]):
    """All that learns, and how far it is."""

    def __init__(self, options: NetRun, log: Callable[[str], None]) -> None:
        data = IuvData(options.data)
        batches = IuvBatches(data, options.batch, options.seed)
        super().__init__(options, batches, f"{len(data)} frames", log)
        self._weights = part_weights().to(self._device)

    def new(self) -> IuvNet:
        return IuvNet()

    def held(self, checkpoint: Checkpoint) -> IuvNet:
        return checkpoint.iuv()

    def loss(self, number: int, batch: IuvBatch) -> tuple[Tensor, dict[str, Tensor]]:
        batch = to_device(batch, self._device)
        corner = self.batches.random(number, 1).integers(2, size=2)
        forward = self.net if number % FULL_EVERY == FULL_EVERY - 1 else self.net.coarse
        with bf16(self._device):
            out = forward(batch.landmarks, batch.mask)
        out = Iuv(*(t.float() for t in out))
        return iuv_loss(out, batch, self._weights, (int(corner[0]), int(corner[1])))


def run(options: IuvRun, log: Callable[[str], None]) -> Path:
    """Train, or go on training, until the run's or the sitting's end; see ``run_net``."""
    return run_net(IuvTraining, options, log)


def to_device(batch: IuvBatch, device: torch.device) -> IuvBatch:
    """The batch on another device."""
    return IuvBatch(*(t.to(device) for t in vars(batch).values()))
