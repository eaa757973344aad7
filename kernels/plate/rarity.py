"""How rare what a patch shows is in its picture.

What is there once (a poster, a vase, a rocket) must not be there twice after a hole is filled;
walls, floors, leaves and the lines between them are like themselves elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bunraku.kernels.jit import BYTE, FLOAT, kernel, read_only, written
from bunraku.kernels.plate.matching import CHANNELS, NOTHING, REACH

AREA = np.float32((2 * REACH + 1) ** 2)


@kernel((read_only(3), read_only(3), read_only(2, BYTE), FLOAT, written(2)))
def rarity(picture: Any, mean: Any, valid: Any, away: Any, out: Any) -> None:
    """Difference of each patch from the one most like it among those that are not near.

    Every pair is looked at, so pictures must be small; what their means say alone rules out most.

    :param picture: ``[H,W,CHANNELS]`` float32.
    :param mean: ``[H,W,CHANNELS]`` float32, the mean of the patch around each pixel.
    :param valid: ``[H,W]`` uint8, the centres that patches may be taken from.
    :param away: nearer ones do not count, in pixels.
    :param out: ``[H,W]`` float32, changed where valid: mean squared difference of a pixel, all
        channels together; ``NOTHING`` where there is no other patch.
    """
    height, width = valid.shape
    for y in range(height):
        for x in range(width):
            if not valid[y, x]:
                continue
            best = NOTHING
            for qy in range(height):
                for qx in range(width):
                    up, aside = np.float32(qy - y), np.float32(qx - x)
                    if not valid[qy, qx] or up * up + aside * aside < away * away:
                        continue
                    least = np.float32(0)  # patches differ by what their means do, at least
                    for c in range(CHANNELS):
                        d = mean[y, x, c] - mean[qy, qx, c]
                        least += d * d
                    if least >= best:
                        continue
                    total = np.float32(0)
                    for dy in range(-REACH, REACH + 1):
                        for dx in range(-REACH, REACH + 1):
                            for c in range(CHANNELS):
                                d = picture[y + dy, x + dx, c] - picture[qy + dy, qx + dx, c]
                                total += d * d
                        if total >= AREA * best:
                            break
                    best = min(best, total / AREA)
            out[y, x] = best
