"""Flicker: how much a result trembles, and how much it swims, beyond what the true clip does.

**Trembling.** The second difference over time, ``I(t-1) - 2 I(t) + I(t+1)``, is nothing where
brightness moves evenly and large where it goes to and fro. Its mean size over the person's pixels
is taken of the result and of the true clip, in the same pixels, and the first is divided by the
second: 1 trembles as the true clip does.

**Swimming.** The difference of neighbouring frames, ``I(t) - W(I(t-1))``, where W carries the frame
before along the dense flow of the true clip: the warping error of video consistency (Lai et al.
2018). It is taken likewise, where that flow leads there and back; what a result moves otherwise
than the true clip does counts too.

What they do not tell: the true clip's camera noise counts as its trembling, and a photo has none,
so that a steady result lies below 1; a result that does not move at all does not tremble, and a
blurred one has less of both than a sharp one. The flow suits the true clip's colours best: a
pattern of others that moves alike swims up to half as much again. They are read beside AKD and L1,
never alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture

ASTRAY = 0.01, 0.5
"""A flow leads back where what is left of it there and back, squared, is at most this share of both
squared lengths, and this in squared pixels (Sundaram et al. 2010)."""


@dataclass(frozen=True)
class Trembling:
    """Differences over time of a result and of the true clip, summed over the person's pixels."""

    result: float = 0.0
    """Sum of the channels' mean absolute difference, colours in [0, 1], by each pixel's share."""
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


class TrueFlow:
    """The flow of a true clip, which all meters of it share: found once for each frame."""

    def __init__(self) -> None:
        self._last: tuple[Picture, Picture, tuple[Array, NDArray[np.bool_]]] | None = None

    def back(self, now: Picture, before: Picture) -> tuple[Array, NDArray[np.bool_]]:
        """As ``flow_back``; the same two arrays as the last time are not looked at again."""
        if self._last is None or self._last[0] is not now or self._last[1] is not before:
            self._last = now, before, flow_back(now, before)
        return self._last[2]


class FlickerMeter:
    """Takes a clip's frames one by one, and keeps three of them.

    :param flow: of the true clip; None for one of its own.
    """

    def __init__(self, flow: TrueFlow | None = None) -> None:
        self._flow = flow or TrueFlow()
        self._frames: deque[tuple[Picture, Picture, Array | None]] = deque(maxlen=3)
        self.trembling = Trembling()
        self.swimming = Trembling()

    def add(self, result: Picture, true: Picture, alpha: Array | None) -> None:
        """The next frame.

        :param result: HWC uint8.
        :param true: the true frame, of the same shape.
        :param alpha: the person's share of each pixel of the true frame, ``[H, W]`` in [0, 1]; None
            where nobody was seen. The middle one of three frames decides, and the later of two.
        """
        self._frames.append((result, true, alpha))
        if alpha is not None and len(self._frames) > 1:
            before = self._frames[-2]
            flow, leads = self._flow.back(true, before[1])
            made, meant = (
                warped_difference(now, then, flow)
                for now, then in ((result, before[0]), (true, before[1]))
            )
            self.swimming += _summed(made, meant, alpha * leads)
        if len(self._frames) < 3:
            return
        before, middle, after = self._frames
        if middle[2] is not None:
            made = second_difference(before[0], middle[0], after[0])
            meant = second_difference(before[1], middle[1], after[1])
            self.trembling += _summed(made, meant, middle[2])


def _summed(made: NDArray[np.float64], meant: NDArray[np.float64], share: Array) -> Trembling:
    weight = share.astype(np.float64)
    return Trembling(
        float((made * weight).sum()), float((meant * weight).sum()), float(weight.sum())
    )


def second_difference(before: Picture, middle: Picture, after: Picture) -> NDArray[np.float64]:
    """``[H, W]``: the channels' mean of ``|before - 2 middle + after|``, colours in [0, 1]."""
    total = before.astype(np.int16) + after - 2 * middle.astype(np.int16)
    return np.asarray(np.abs(total).mean(2), np.float64) / 255.0


def flow_back(now: Picture, before: Picture) -> tuple[Array, NDArray[np.bool_]]:
    """From each pixel of a frame to where it was in the one before, ``[H, W, 2]`` in pixels, and
    ``[H, W]``: where the way back from there comes back."""
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (now, before)]
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    nowhere: Any = None
    flow = np.asarray(search.calc(grey[0], grey[1], nowhere), np.float32)
    there = np.asarray(search.calc(grey[1], grey[0], nowhere), np.float32)
    back = _carried(there, flow)
    lengths = (flow**2).sum(2) + (back**2).sum(2)
    return flow, ((flow + back) ** 2).sum(2) <= ASTRAY[0] * lengths + ASTRAY[1]


def warped_difference(now: Picture, before: Picture, flow: Array) -> NDArray[np.float64]:
    """``[H, W]``: the channels' mean of ``|now - before carried along|``, colours in [0, 1].

    :param flow: of ``flow_back``.
    """
    apart = np.abs(now.astype(np.float32) - _carried(before.astype(np.float32), flow))
    return np.asarray(apart.mean(2), np.float64) / 255.0


def _carried(values: Array, flow: Array) -> Array:
    """What lies where ``flow`` leads to; beyond the border the border's."""
    y, x = np.indices(flow.shape[:2], np.float32)
    return np.asarray(
        cv2.remap(
            values, x + flow[..., 0], y + flow[..., 1], cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE
        ),
        np.float32,
    )
