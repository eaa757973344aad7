"""Flicker: how much a result trembles beyond what the true clip does.

The second difference over time, ``I(t-1) - 2 I(t) + I(t+1)``, is nothing where brightness moves
evenly and large where it goes to and fro. Its mean size over the person's pixels is taken of the
result and of the true clip, in the same pixels, and the first is divided by the second: 1 trembles
as the true clip does.

What it does not tell: the true clip's camera noise counts as its trembling, and a photo has none,
so that a steady result lies below 1; a result that does not move at all has 0, and a blurred one
has less than a sharp one. It is read beside AKD and L1, never alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture


@dataclass(frozen=True)
class Trembling:
    """Second differences of a result and of the true clip, summed over the person's pixels."""

    result: float = 0.0
    """Sum of the channels' mean absolute second difference, in [0, 4], by each pixel's share."""
    true: float = 0.0
    weight: float = 0.0
    """Sum of the person's shares."""

    @property
    def ratio(self) -> float | None:
        """Flicker: the result's by the true clip's; None where that is perfectly still."""
        return self.result / self.true if self.true else None

    @property
    def means(self) -> tuple[float, float] | None:
        """The result's and the true clip's by themselves; None where no person was seen."""
        return (self.result / self.weight, self.true / self.weight) if self.weight else None

    def __add__(self, other: Trembling) -> Trembling:
        """Of the frames of both."""
        return Trembling(
            self.result + other.result, self.true + other.true, self.weight + other.weight
        )


class FlickerMeter:
    """Takes a clip's frames one by one, and keeps three of them."""

    def __init__(self) -> None:
        self._frames: deque[tuple[Picture, Picture, Array | None]] = deque(maxlen=3)
        self.trembling = Trembling()

    def add(self, result: Picture, true: Picture, alpha: Array | None) -> None:
        """The next frame.

        :param result: HWC uint8.
        :param true: the true frame, of the same shape.
        :param alpha: the person's share of each pixel of the true frame, ``[H, W]`` in [0, 1]; None
            where nobody was seen. The middle one of three frames decides.
        """
        self._frames.append((result, true, alpha))
        if len(self._frames) < 3:
            return
        before, middle, after = self._frames
        share = middle[2]
        if share is None:
            return
        weight = share.astype(np.float64)
        made = second_difference(before[0], middle[0], after[0]) * weight
        meant = second_difference(before[1], middle[1], after[1]) * weight
        self.trembling += Trembling(float(made.sum()), float(meant.sum()), float(weight.sum()))


def second_difference(before: Picture, middle: Picture, after: Picture) -> NDArray[np.float64]:
    """``[H, W]``: the channels' mean of ``|before - 2 middle + after|``, colours in [0, 1]."""
    total = before.astype(np.int16) + after - 2 * middle.astype(np.int16)
    return np.asarray(np.abs(total).mean(2), np.float64) / 255.0
