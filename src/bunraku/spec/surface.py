"""The layout of a surface: an IUV map as a tensor, and how DensePose's 24 parts relate.

A surface P is ``[B, 73, H, W]``, each value in [0, 1]: 25 part scores, the background first, then
24 U and 24 V, one chart a part. Part numbers are DensePose's (paper, section III-A): 1 back and 2
front of the torso, 3/4 right and left hand, 5/6 left and right foot, 7 to 14 the legs, 15 to 22 the
arms, 23/24 right and left half of the head.
"""

from __future__ import annotations

from typing import Any

PARTS = 24
"""Parts that have a chart; part 0 is the background and has none."""
SCORES = PARTS + 1
CHANNELS = SCORES + 2 * PARTS

# Channels of P.
BACKGROUND = slice(0, 1)
SCORE = slice(0, SCORES)
"""Of all parts, the background first."""
PART = slice(1, SCORES)
"""Scores of the parts that have a chart."""
U = slice(SCORES, SCORES + PARTS)
V = slice(SCORES + PARTS, CHANNELS)

TORSO = (1, 2)
HANDS = (3, 4)
FEET = (5, 6)
LIMBS = slice(7, 23)
"""Parts 7 to 22: upper and lower legs and arms."""
HEAD = (23, 24)
HEAD_SCORE = slice(HEAD[0], HEAD[-1] + 1)
"""Channels of the head's scores."""

LEFT = (4, 5, 8, 10, 12, 14, 15, 17, 19, 21, 24)
"""Parts of the person's left side."""

MIRROR = (0, 1, 2, *(part + 1 if part % 2 else part - 1 for part in range(3, SCORES)))
"""The part on the other side of the body, for each of the 25; torso parts are their own."""

REVERSE = (0, 2, 1, 3, 4, 5, 6, 9, 10, 7, 8, 13, 14, 11, 12, 17, 18, 15, 16, 21, 22, 19, 20, 24, 23)
"""The part on the other face of the same limb (front for back); hands and feet have one chart."""


def part_charts(surface: Any) -> tuple[Any, Any, Any]:
    """Scores, U and V of the 24 parts that have a chart, ``[B, 24, H, W]`` each.

    :param surface: P ``[B, 73, H, W]``, an array or a tensor, of which they are views.
    """
    return surface[:, PART], surface[:, U], surface[:, V]


# The prior: what the atlas of the source says of a pixel, [B, 6, H, W] (networks/prior.py).
# Channels are multiplied by the confidence, so that weighted sums over parts stay weighted means.
PRIOR_X, PRIOR_Y, PRIOR_CONFIDENCE = 0, 1, 2
PRIOR_POSITION = slice(0, 2)
"""Where in the source's window the pixel comes from, x and y in [-1, 1], times the confidence."""
PRIOR_CHANNELS = 6
