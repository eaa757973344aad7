"""Training of the touch-up net on drawings of synthetic people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bunraku.errors import InputError
from bunraku.networks.checkpoint import Checkpoint
from bunraku.networks.layers import down
from bunraku.networks.touch_up import Touched, TouchUpNet
from bunraku.training.batches import Steps
from bunraku.training.drawn_data import DrawnPairs, list_pairs, read_pairs
from bunraku.training.net_training import NetRun, NetTraining, run_net
from bunraku.training.precision import bf16
from bunraku.training.variation import recoloured

CUT_PX = 128
"""Side of what is trained on at once: most of a window is the photo's own or the plate's."""
PLACES = 400
"""Pixels of a drawing about which it is cut, chosen among those that can be mended."""
EDGES, MASKS, RESTRAINT = 1.0, 0.5, 0.05
"""Weights of the edges', the mask's and the restraint's terms; the colours' is 1."""
PLAIN_SHARE = 0.4
"""Share of the drawings that are shown before one colour instead of their plate."""


@dataclass(frozen=True)
class TouchUpRun(NetRun):
    """One sitting of a touch-up net's training; ``data`` holds drawings."""

    steps: int = 12_000
    batch: int = 16
    learning_rate: float = 3e-3


@dataclass(frozen=True)
class TouchUpBatch:
    """Drawings and what they should be; all [B, c, n, n] in [0, 1] but for the flow."""

    image: Tensor
    mask: Tensor
    trust: Tensor
    flow: Tensor
    target: Tensor
    """The true person, premultiplied, where the drawing has it."""
    alpha: Tensor
    """Its mask."""
    belief: Tensor
    plate: Tensor

    @classmethod
    def of(cls, pairs: DrawnPairs, index: int, cut: tuple[slice, slice]) -> TouchUpBatch:
        """One drawing's pixels within ``cut``."""

        def planes(values: np.ndarray, scale: float = 1.0 / 255.0) -> Tensor:
            part = np.ascontiguousarray(values[index][cut].transpose(2, 0, 1))
            return torch.from_numpy(part)[None].float() * scale

        drawn, settled = planes(pairs.drawn), planes(pairs.settled)
        return cls(
            *(drawn[:, :3], drawn[:, 3:4], drawn[:, 4:], planes(pairs.flow, 1.0)),
            *(settled[:, :3], settled[:, 3:4], settled[:, 4:], planes(pairs.plate)),
        )

    @property
    def untouched(self) -> Touched:
        """The drawings as they are."""
        return Touched(self.image, self.mask)


class TouchUpData:
    """A folder of drawings, in memory."""

    def __init__(self, folder: Path) -> None:
        everyone = (read_pairs(path) for path in list_pairs(folder))
        self.people = [pairs for pairs in everyone if len(pairs.flow)]
        if not self.people:
            raise InputError(
                f"{folder} holds people of whom no body could be drawn.", "Draw more people."
            )
        self.index = [(p, f) for p, pairs in enumerate(self.people) for f in range(len(pairs.flow))]
        rng = np.random.default_rng(0)
        self.places = [_places(rng, self.people[p], f) for p, f in self.index]

    def __len__(self) -> int:
        return len(self.index)

    def cut(self, rng: np.random.Generator, count: int) -> TouchUpBatch:
        """So many drawings, each cut about a place that can be mended, colours changed."""
        parts = []
        for chosen in rng.choice(len(self.index), count):
            pairs = self.people[self.index[chosen][0]]
            n, places = pairs.flow.shape[1], self.places[chosen]
            at = places[rng.integers(len(places))] + rng.integers(-CUT_PX // 4, CUT_PX // 4, 2)
            top, left = (int(x) for x in np.clip(at - CUT_PX // 2, 0, n - CUT_PX))
            window = slice(top, top + CUT_PX), slice(left, left + CUT_PX)
            part = TouchUpBatch.of(pairs, self.index[chosen][1], window)
            parts.append(varied(rng, part))
        return TouchUpBatch(*(torch.cat([getattr(p, n) for p in parts]) for n in vars(parts[0])))

    def whole(self, chosen: int) -> TouchUpBatch:
        """One drawing as it is."""
        person, frame = self.index[chosen]
        return TouchUpBatch.of(self.people[person], frame, (slice(None), slice(None)))


def _places(rng: np.random.Generator, pairs: DrawnPairs, index: int) -> np.ndarray:
    """``[P, 2]``: rows and columns of pixels that are not the photo's own, or whose mask errs."""
    drawn, settled = (p[index].astype(np.float32) / 255.0 for p in (pairs.drawn, pairs.settled))
    foreign = drawn[..., 3] * (1.0 - drawn[..., 4])
    worth = settled[..., 4] * (foreign + np.abs(settled[..., 3] - drawn[..., 3]))
    places = np.argwhere(worth > 0.1)
    if not len(places):
        places = np.array([[len(worth) // 2, len(worth) // 2]])
    return places[rng.integers(len(places), size=PLACES)]


def varied(rng: np.random.Generator, part: TouchUpBatch) -> TouchUpBatch:
    """The same in a mirror, in other colours, before another background, by chance."""
    if rng.random() < 0.5:
        part = TouchUpBatch(*(t.flip(-1) for t in vars(part).values()))
        part = replace(part, flow=part.flow * torch.tensor([-1.0, 1.0])[:, None, None])
    both = torch.cat([part.image, part.target])
    image, target = recoloured(rng, both, torch.ones_like(both[:, :1])).chunk(2)
    part = replace(part, image=image, target=torch.minimum(target, part.alpha))
    if rng.random() < PLAIN_SHARE:
        part = replace(part, plate=torch.rand(1, 3, 1, 1).expand_as(part.plate))
    return part


def touch_up_loss(touched: Touched, batch: TouchUpBatch) -> tuple[Tensor, dict[str, Tensor]]:
    """Colours, at two sizes, and edges over the background, and the mask, as far as believed."""
    made = touched.image * touched.mask + batch.plate * (1.0 - touched.mask)
    true = batch.target + batch.plate * (1.0 - batch.alpha)
    belief = batch.belief
    colours = mean_of(made - true, belief) + mean_of(down(made - true, 4), down(belief, 4))
    edges = mean_of((made - true).diff(dim=-1), belief[..., 1:])
    edges = edges + mean_of((made - true).diff(dim=-2), belief[..., 1:, :])
    masks = mean_of(touched.mask - batch.alpha, belief)
    restraint = (touched.image - batch.image).abs().mean() + (
        touched.mask - batch.mask
    ).abs().mean()
    loss = colours + EDGES * edges + MASKS * masks + RESTRAINT * restraint
    terms = {"colours": colours, "edges": edges, "masks": masks, "restraint": restraint}
    return loss, {name: term.detach() for name, term in terms.items()}


def mean_of(difference: Tensor, weight: Tensor) -> Tensor:
    """Mean absolute value of ``[B, c, n, n]`` by the weight of each pixel, ``[B, 1, n, n]``."""
    channels = difference.shape[1]
    total: Tensor = (difference.abs() * weight).sum() / (channels * weight.sum() + 1.0)
    return total


class TouchUpBatches(Steps[TouchUpBatch]):
    """A run's cuts out of drawings."""

    def __init__(self, data: TouchUpData, count: int, seed: int) -> None:
        super().__init__(seed)
        self._data, self._count = data, count

    def draw(self, rng: np.random.Generator) -> TouchUpBatch:
        return self._data.cut(rng, self._count)


class TouchUpTraining(NetTraining[TouchUpNet, TouchUpBatch]):
    """All that learns, and how far it is."""

    def __init__(self, options: NetRun, log: Callable[[str], None]) -> None:
        data = TouchUpData(options.data)
        batches = TouchUpBatches(data, options.batch, options.seed)
        super().__init__(options, batches, f"{len(data)} drawings", log)

    def new(self) -> TouchUpNet:
        return TouchUpNet()

    def held(self, checkpoint: Checkpoint) -> TouchUpNet:
        return checkpoint.touch_up()

    def loss(self, number: int, batch: TouchUpBatch) -> tuple[Tensor, dict[str, Tensor]]:  # noqa: ARG002 - every step is alike
        """:func:`touch_up_loss`; among the terms what the drawings cost as they are."""
        batch = TouchUpBatch(*(t.to(self._device) for t in vars(batch).values()))
        with bf16(self._device):
            touched = self.net(batch.image, batch.mask, batch.trust, batch.flow)
        loss, terms = touch_up_loss(Touched(*(t.float() for t in touched)), batch)
        with torch.no_grad():
            before, _ = touch_up_loss(batch.untouched, batch)
        return loss, {**terms, "loss": loss.detach(), "drawn": before}


def run(options: TouchUpRun, log: Callable[[str], None]) -> Path:
    """Train, or go on training, until the run's or the sitting's end; see ``run_net``."""
    return run_net(TouchUpTraining, options, log)
