"""The One-Euro filter over arrays, in the time of the frames.

Source: Casiez, Roussel, Vogel, "1 € Filter", CHI 2012. What stands still is smoothed strongly;
what moves is smoothed less the faster it moves, so that the lag in distance stays bounded: at a
steady speed it tends to ``1 / (2 pi beta)`` of the scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bunraku.spec.arrays import Exact

_LONGEST_GAP_S = 0.5  # after a longer gap the past says nothing about the present


@dataclass(frozen=True)
class OneEuroOptions:
    """How strongly to smooth."""

    cutoff_hz: float
    """of the low-pass for values that stand still"""
    beta: float
    """Hz of cutoff gained per scale and second of speed"""
    speed_cutoff_hz: float = 1.0
    """of the low-pass for the speed itself"""
    together: bool = False
    """whether the last axis holds a point, whose coordinates are smoothed by the speed of all: one
    that stands still for a moment where a limb turns back moves all the same"""
    leap: tuple[float, float] | None = None
    """scales by which a value, or a point, is off what is smoothed and begins to be followed at
    once, and from which it wholly is: noise is less"""


class OneEuro:
    """State of the filter for one array of values."""

    def __init__(self, options: OneEuroOptions) -> None:
        self._options = options
        self.reset()

    def reset(self) -> None:
        """Forget the past: the next value passes unchanged."""
        self._time_s: float | None = None
        self._raw: Exact | None = None
        self._smooth: Exact | None = None
        self._speed: Exact | None = None

    def __call__(self, values: Exact, time_s: float, scale: float = 1.0) -> Exact:
        """Smooth the values of one frame.

        Args:
            values: any shape, the same at every call.
            time_s: the frame's time; a step backwards or a gap starts anew.
            scale: speeds are measured against it (the size of the body, for pixels).

        Returns:
            Array of the same shape.
        """
        values = np.array(values, dtype=np.float64)
        step_s = math.inf if self._time_s is None else time_s - self._time_s
        same = self._raw is not None and self._raw.shape == values.shape
        self._time_s = time_s
        if (
            self._raw is None
            or self._smooth is None
            or self._speed is None
            or not (same and 0 < step_s <= _LONGEST_GAP_S)
        ):
            self._raw, self._smooth = values, values
            self._speed = np.zeros_like(values)
            return values.copy()
        options = self._options
        speed = (values - self._raw) / (scale * step_s)
        self._speed = self._speed + _weight(options.speed_cutoff_hz, step_s) * (speed - self._speed)
        cutoff_hz = options.cutoff_hz + options.beta * self._length(self._speed)
        weight, off = _weight(cutoff_hz, step_s), values - self._smooth
        if options.leap is not None:
            begins, wholly = options.leap
            leapt = (self._length(off) / scale - begins) / (wholly - begins)
            weight = np.maximum(weight, np.clip(leapt, 0.0, 1.0))
        self._smooth = self._smooth + weight * off
        self._raw = values
        return self._smooth.copy()

    def _length(self, values: Exact) -> Exact:
        """How much each value is, or each point's are; the latter with a last axis of 1."""
        if self._options.together:
            return np.asarray(np.linalg.norm(values, axis=-1, keepdims=True))
        return np.abs(values)


def _weight(cutoff_hz: Exact | float, step_s: float) -> Exact:
    """How much a low-pass of this cutoff takes from a value that comes after ``step_s``."""
    rate = 2 * math.pi * step_s * np.asarray(cutoff_hz, dtype=np.float64)
    return np.asarray(rate / (rate + 1))
