"""Where a film is cut: nothing of the last frame says where the person of this one is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Picture

SIDE = 24
"""Rows and columns to which a frame is averaged."""
SPARSE = 4
"""Times as many of its rows and columns are looked at for that."""
CHANGED = 25.0
"""Levels by which what is left differs at a cut in the mean, at least."""
SUDDEN = 2.5
"""Times as much as from frame to frame before: a camera that is swung changes every frame."""
RECENT = 0.5
"""The share of the newest change in that."""


class Cuts:
    """Looks at frames in their order."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget the last frame."""
        self._last: NDArray[np.float32] | None = None
        self._usual = 0.0

    def __call__(self, frame: Picture) -> bool:
        """Whether this frame is of another scene than the last.

        :param frame: HWC uint8, of the last one's shape.
        """
        rows, columns = (max(1, side // (SPARSE * SIDE)) for side in frame.shape[:2])
        few = np.ascontiguousarray(frame[::rows, ::columns])
        small = cv2.resize(few, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        now = small.mean(2, dtype=np.float32)
        last, self._last = self._last, now
        if last is None:
            return False
        change = float(np.abs(now - last).mean())
        cut = change > max(CHANGED, SUDDEN * self._usual)
        self._usual = 0.0 if cut else self._usual + RECENT * (change - self._usual)
        return cut
