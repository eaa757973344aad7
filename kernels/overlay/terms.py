"""What every form of overlaying agrees on: the planes of what is laid on, and its thresholds."""

from __future__ import annotations

from enum import IntEnum

TRACE = 1e-3
"""Of cover, beside what is laid on: its colours go on there, for what is read between pixels."""
MOST = 0.5
"""Of a pixel: what covers more of it is read from the photo there, and nothing else is."""


class Plane(IntEnum):
    """Of what is laid on."""

    RED = 0
    """Its colour in [0, 1]."""
    GREEN = 1
    BLUE = 2
    COVER = 3
    """How much of a pixel it fills, in [0, 1]."""
    NEAR = 4
    """In [0, 1], how near its own pixels are: more than 0 up to one beside them."""
    X = 5
    """Where in the photo's window a pixel is read, in its pixels; only of what the photo shows."""
    Y = 6


PAINTED, PICTURED = 5, 7
"""Planes of what is painted, and of what the photo shows itself."""
