"""What both forms of layers agree on: the field's channels and its thresholds."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeAlias

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, width and height of a rectangle of the photo, in its pixels."""

STILL_PX = 1.0 / 64.0
"""What moves by less is left as it is."""


class Channel(IntEnum):
    """Of a field."""

    X = 0
    """Of the skin: where a pixel's colour comes from, less its own place, in the photo's pixels."""
    Y = 1
    OVER = 2
    """Weight of the layer over the skin."""
    OVER_X = 3
    """As ``X``, of that layer."""
    OVER_Y = 4
    INSIDE = 5
    """Weight of a colour of its own; together with ``OVER`` at most 1."""
    RED = 6
    """That colour times its weight, 0 to 255."""
    GREEN = 7
    BLUE = 8


CHANNELS = len(Channel)
