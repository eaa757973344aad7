"""A hand that is found again turns to where it is seen; it is not there at once."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.shape import HandPose
from bunraku.spec.smoothstep import smoothstep

GLIDES_S = 0.15
"""In which it turns there."""


class Gliding:
    """What is left between how a hand was shown and how it is seen, less and less."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Show the hand as it is seen."""
        self._turn: Vectors = np.zeros(3)
        self._bends: Vectors = np.zeros(1)
        self._left = 0.0

    def start(self, shown: HandPose, seen: HandPose) -> None:
        """Go from how a hand was shown to how it is seen from now on."""
        self._turn = np.asarray(cv2.Rodrigues(shown.palm @ seen.palm.T)[0], np.float64)
        self._bends = shown.bends - seen.bends
        self._left = 1.0

    def pass_by(self, step_s: float) -> None:
        """After a step of time."""
        self._left = max(self._left - step_s / GLIDES_S, 0.0)

    def shown(self, seen: HandPose) -> HandPose:
        """A hand on its way."""
        if self._left == 0.0:
            return seen
        share = smoothstep(self._left)
        palm = cv2.Rodrigues(self._turn * share)[0] @ seen.palm
        return replace(seen, palm=palm, bends=seen.bends + self._bends * share)
