"""Photos so close that their edges cut both shoulders off, as of a face before a laptop."""

from __future__ import annotations

from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import MOUTH, SHOULDERS

BELOW = 0.25
"""How far below the shoulders they are still cut, of the way down to them from the mouth."""
CLOSE = 1.5
"""How far below the shoulders such a photo ends at most, likewise: whoever shows the waist, too,
holds the arms out."""
TOUCHES = 0.15
"""The share of these rows in which the person goes on to the photo's edge on either side."""


def shoulders_cut(mask: Array, landmarks: Array, shown: tuple[float, float]) -> bool:
    """Whether the trunk cannot move without tearing off the photo's sides, or is not there.

    :param mask: ``[n, n]`` in [0, 1], a person whom the photo's lower edge cuts.
    :param landmarks: ``[33, 4]`` in units of the window, which ends at that edge.
    :param shown: from where to where its columns are the photo's, in units.
    """
    n = len(mask)
    mouth = float(landmarks[list(MOUTH), 1].mean())
    shoulders = landmarks[SHOULDERS, 1]
    if shoulders.min() >= 1.0:
        return True
    down = float(shoulders.mean())
    if down + CLOSE * (down - mouth) < 1.0:
        return False
    lowest = down + BELOW * (down - mouth)
    first, last = (round(n * min(max(row, 0.0), 1.0)) for row in (mouth, lowest))
    left, right = max(round(shown[0] * n), 0), min(round(shown[1] * n), n) - 1
    sides = mask[first:last, [min(left + 1, n - 1), max(right - 1, 0)]] > 0.5
    return bool(len(sides) and (sides.mean(0) >= TOUCHES).all())
