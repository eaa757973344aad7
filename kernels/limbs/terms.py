"""The limbs of a body at rest, as swinging and framing take them.

Convention: vectors are float64 ``[3]`` in any axes and units, rotations ``[3,3]`` act on columns.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.checks import check_arrays, check_shape
from bunraku.spec.arrays import Exact

Indices = NDArray[np.int64]

TINY = 1e-9
"""Added to a length before it divides: what has none stays as it is."""
OPPOSITE = -0.999
"""Cosine below which the least turn has no axis worth the name."""
ASIDE = 0.3, 0.2, 0.93
"""The axis of half a turn is across this and the limb."""
NOTHING = 1e-3
"""What is shorter has no direction: its limb points where it was swung."""


@dataclass(frozen=True, eq=False)
class Limbs:
    """The limbs, each after the bone it hangs on.

    :raises ValueError: shapes that do not fit, or a number below 0.
    :raises TypeError: arrays of other types.
    """

    bones: Indices
    """``[m]``: their numbers among the body's bones."""
    parents: Indices
    """``[m]``: of the bones they hang on."""
    starts: Indices
    """``[m]``: of the points where they begin,"""
    ends: Indices
    """``[m]``: and where they end."""
    along: Exact
    """``[m,3]``, unit: which way they go at rest."""
    across: Exact
    """``[m,3,2]``: their two axes across that, likewise."""
    least: tuple[int, int] = field(init=False)
    """How many bones and points a body with these limbs has at least."""

    def __post_init__(self) -> None:
        numbers = {"bones": self.bones, "parents": self.parents}
        numbers |= {"starts": self.starts, "ends": self.ends}
        check_arrays(np.int64, **numbers)
        check_arrays(np.float64, along=self.along, across=self.across)
        count = len(self.bones)
        for name, value in numbers.items():
            check_shape(name, value, (count,))
            if value.min(initial=0) < 0:
                raise ValueError(f"{name} must be 0 or more, not {value.min()}")
        check_shape("along", self.along, (count, 3))
        check_shape("across", self.across, (count, 3, 2))
        bones = 1 + max(self.bones.max(initial=-1), self.parents.max(initial=-1))
        points = 1 + max(self.starts.max(initial=-1), self.ends.max(initial=-1))
        object.__setattr__(self, "least", (int(bones), int(points)))


class Kept(NamedTuple):
    """How the limbs were, and how far they stay so."""

    points: Exact
    """``[p,3]``"""
    turns: Exact
    """``[b,3,3]``: the bones' rotations since the rest."""
    share: Exact
    """``[p]`` in [0, 1]: how far an end is where its point says; at 0 its limb goes with the bone
    it hangs on, as it was."""


class Facing(NamedTuple):
    """Which side of the limbs the viewer sees."""

    twists: Exact
    """``[m]`` radians about the limb, from the side that is in front at rest to the viewer."""
    means: Exact
    """``[m]`` in [0, 1], how much that means: the sine of the limb against the line of sight."""
