"""What every form of aligning takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array

CORNERS = 4
"""Joints that one point hangs on, at most."""


@dataclass(frozen=True, eq=False)
class Hung:
    """Points of a picture that hang on joints: as these move by ``d``, a point moves by the sum of
    ``share d``, and by ``turn`` times what the second of its joints moves more than the first."""

    place: Array
    """``[m,2]`` float32: where they are, (x, y) in pixels."""
    bone: NDArray[np.int32]
    """``[m]`` int32: points of one bone get lighter and darker together."""
    joints: NDArray[np.int32]
    """``[m,4]`` int32."""
    share: Array
    """``[m,4]`` float32, of each of them."""
    turn: Array
    """``[m,2,2]`` float32: from the joints' x and y to the point's, row by row."""

    def of_these(self, which: NDArray[np.intp]) -> Hung:
        """Some of the points; taken, which is several times as fast as an index."""
        place, share, turn = (one.take(which, 0) for one in (self.place, self.share, self.turn))
        bone, joints = (one.take(which, 0) for one in (self.bone, self.joints))
        return Hung(place, bone, joints, share, turn)


@dataclass(frozen=True)
class Trust:
    """What is believed of a picture."""

    counts: float
    """What a point says that looks as expected: one over the square of its error in grey."""
    other: float
    """By how much a point looks otherwise that counts a quarter."""
    light: float
    """By how much a bone may be lighter or darker than expected."""


class Aligned(NamedTuple):
    """Where joints are, to go on from."""

    moves: Array
    """``[j,2]`` float32: by how much each has moved."""
    light: Array
    """``[b]`` float32: by how much each bone is lighter than expected."""
    alike: Array
    """``[b]`` float32: how many of its points look as expected."""

    @classmethod
    def still(cls, joints: int, bones: int) -> Aligned:
        """Before anything has been compared."""
        none = np.zeros(bones, np.float32)
        return cls(np.zeros((joints, 2), np.float32), none, none)


class Level(NamedTuple):
    """A picture that points are compared with; others of the same may be coarser or finer."""

    look: Array
    """``[h,w]`` float32, at least 4 × 4, grey."""
    factor: int
    """Every pixel is the mean of so many rows and columns of those that places are given in."""
    expected: Array
    """``[m]`` float32: how the points should look."""
    rounds: int
    """How often joints are moved by it."""
