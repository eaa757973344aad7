"""What the touch-up net is worth: drawings of people it never saw, as drawn and as mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from bunraku.networks.touch_up import Touched, TouchUpNet, gates
from bunraku.training.drawn_data import list_pairs, read_pairs
from bunraku.training.train_touch_up import TouchUpBatch, mean_of

SEEN = 0.02
"""Share of a pixel from which the true person's colour there is known."""


@dataclass(frozen=True)
class TouchUpScore:
    """One measure over all drawings; the less, the better."""

    drawn: float
    """Of the drawings as they are."""
    mended: float
    reachable: float
    """Of a net that knows the truth where the drawing has it, behind the same gates."""
    better: float
    """Share of the drawings that the net makes better."""

    @classmethod
    def of(cls, drawn: list[float], mended: list[float], reachable: list[float]) -> TouchUpScore:
        """Of the measure of each drawing."""
        better = np.mean(np.array(mended) < np.array(drawn))
        return cls(
            float(np.mean(drawn)), float(np.mean(mended)), float(np.mean(reachable)), float(better)
        )


def score_touch_up(network: TouchUpNet, folder: Path) -> dict[str, TouchUpScore]:
    """Measure a net on all drawings of a folder.

    :param network: in evaluation mode, on the CPU.
    :param folder: what `bunraku train drawings` made of people never seen in training.
    :return: by what is measured: ``person_l1``, colours over the background against the truth
        where it is; ``settled_l1``, the same where the drawing has it, as far as it is believed
        (``drawn_data``); ``painted_l1``, of this what is not the photo's; ``mask_l1``.
    :raises InputError: the folder holds no drawings.
    """
    measured: dict[str, tuple[list[float], list[float], list[float]]] = {}
    for batch, truth in _drawings(folder):
        with torch.inference_mode():
            mended = network(batch.image, batch.mask, batch.trust, batch.flow)
        person = torch.maximum(truth[:, 3:], batch.mask)
        for number, touched in enumerate((batch.untouched, mended, _reachable(batch))):
            for name, value in _measures(touched, batch, truth, person).items():
                measured.setdefault(name, ([], [], []))[number].append(value)
    return {name: TouchUpScore.of(*values) for name, values in measured.items()}


def _drawings(folder: Path) -> Iterator[tuple[TouchUpBatch, Tensor]]:
    """Each drawing, and the truth where it is, ``[1, 4, n, n]``."""
    everywhere = (slice(None), slice(None))
    for path in list_pairs(folder):
        pairs = read_pairs(path)
        for index in range(len(pairs.flow)):
            truth = torch.from_numpy(pairs.truth[index].transpose(2, 0, 1).copy())[None].float()
            yield TouchUpBatch.of(pairs, index, everywhere), truth / 255.0


def _reachable(batch: TouchUpBatch) -> Touched:
    colour, alpha = gates(batch.mask, batch.trust, batch.flow)
    true = torch.where(batch.alpha > SEEN, batch.target / batch.alpha.clamp(min=SEEN), batch.image)
    return Touched(
        batch.image + colour * (true.clamp(max=1.0) - batch.image),
        batch.mask + alpha * (batch.alpha - batch.mask),
    )


def _measures(
    touched: Touched, batch: TouchUpBatch, truth: Tensor, person: Tensor
) -> dict[str, float]:
    made = touched.image * touched.mask + batch.plate * (1.0 - touched.mask)
    off = made - truth[:, :3] - batch.plate * (1.0 - truth[:, 3:])
    settled = made - batch.target - batch.plate * (1.0 - batch.alpha)
    believed = person * batch.belief
    measured = {
        "person_l1": mean_of(off, person),
        "settled_l1": mean_of(settled, believed),
        "painted_l1": mean_of(settled, believed * (1.0 - batch.trust)),
        "mask_l1": mean_of(touched.mask - batch.alpha, batch.belief),
    }
    return {name: value.item() for name, value in measured.items()}
