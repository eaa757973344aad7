"""DensePose's charts in terms of the project's: part, U and V of a pixel, converted.

Both number 24 parts alike, and both give a point of a part U and V in [0, 1]; the axes differ.
The project's (training/people/anatomy.py): V runs along a part (torso: upwards; limbs: away from
the torso; head: upwards), U is the angle around it, one orientation throughout. DensePose's charts
were flattened one by one. What one photo with its official IUV image and the project's own IUV net
say of them, with the median errors of the fits in U and V (0.03 is a texel of the atlas), for the
parts of the right side:

    2 torso, front      U down, V to the person's right              0.01  0.01
    3 hand              U around, V towards the fingers              0.02  0.06
    6 foot              U from toes to heel, V across                0.02  0.03
    9 upper leg, front  U from knee to hip, V to the inner side      0.02  0.02
    13 lower leg, front U from knee to ankle, V to the outer side    0.03  0.02
    16 upper arm, inner U from shoulder to elbow, V to the front     0.03  0.01
    18 upper arm, outer U from shoulder to elbow, V to the front     0.02  0.01
    20 lower arm, inner U from wrist to elbow, V to the back         0.02  0.02
    22 lower arm, outer U from elbow to wrist, V to the front        0.02  0.02
    23 head             U from the back to the face, V upwards       0.01  0.01

- A left part mirrors its right one: limbs have the same U and V at mirrored points, hands, feet and
  head 1 - U. The torso mirrors itself, V for 1 - V.
- Arms are split into an inner and an outer chart with seams at the front and at the back, where the
  project's are split into front and back: each chart's half becomes another part. Only the front
  halves were seen; the back ones are taken to mirror them.
- DensePose's knee lies higher: the uppermost fifth of the lower leg is the project's upper leg.
- The head's back half (U below 0.5) was not seen: its U is stretched to the edge of the chart.
- The charts of the back of torso and legs (1, 7, 8, 11, 12) were not seen: they are the front's
  behind, and which way their axes run is read off the images themselves (``backs``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bunraku.spec.arrays import Array
from bunraku.spec.surface import FEET, HANDS, HEAD, MIRROR, REVERSE, SCORES

Parts = NDArray[np.intp]

_TURNS = frozenset((*HANDS, *FEET, *HEAD))
"""Parts whose left and right charts run their U against each other."""

# 2×3 matrices from DensePose's (U, V, 1) to the project's (U, V).
_TORSO = ((0.0, -1.01, 1.005), (-1.11, 0.0, 0.99))
_HAND = ((0.39, -0.26, 0.69), (0.0, 0.87, 0.10))
_FOOT = ((0.49, 0.61, -0.22), (-1.11, 0.10, 1.11))
_THIGH = ((0.29, -0.76, 0.73), (-0.95, -0.16, 1.17))
_KNEE = ((0.52, 0.75, 0.0), (0.19, 0.02, 0.95))
_SHIN = ((0.04, 1.11, -0.14), (0.97, 0.02, -0.10))
_UPPER_INNER = ((0.03, 0.64, 0.10), (1.01, -0.15, 0.12))
_UPPER_OUTER = ((-0.52, -1.30, 1.98), (1.05, -0.33, 0.10))
_LOWER_INNER = ((0.02, -0.83, 0.60), (-1.30, 0.14, 1.17))
_LOWER_OUTER = ((-0.58, -1.04, 1.62), (1.26, -0.26, 0.03))
_FACE = ((0.49, 0.08, 0.47), (-0.08, 0.79, 0.11))
_NAPE = ((1.36, 0.08, 0.035), (-0.08, 0.79, 0.11))

_ONE = np.array((0, 0, 1), np.float32)
"""The row that is 1 everywhere."""


@dataclass(frozen=True)
class _Chart:
    """Two pieces of one of DensePose's charts, and where the project has them."""

    axis: int
    """What divides them: 0 for U, 1 for V."""
    at: float
    """Where."""
    parts: tuple[int, int]
    """The project's part, below and from there on."""
    matrices: tuple[Array, Array]


def _whole(part: int, rows: object) -> _Chart:
    matrix = np.array(rows, np.float32)
    return _Chart(0, 0.5, (part, part), (matrix, matrix))


def _arm(front: int, rows: object, *, front_is_high: bool) -> _Chart:
    """A chart of an arm: the half at the front seam as fitted, the other one as its mirror image
    (V for 1 - V, and the project's U for 1 - U).
    """
    near = np.array(rows, np.float32)
    far = near.copy()
    far[:, 1] = -near[:, 1]
    far[:, 2] = near[:, 2] + near[:, 1]
    far[0] = _ONE - far[0]
    back = REVERSE[front]
    if front_is_high:
        return _Chart(1, 0.5, (back, front), (far, near))
    return _Chart(1, 0.5, (front, back), (near, far))


def _mirrored(part: int, chart: _Chart) -> _Chart:
    """The chart of the part on the other side."""
    matrices = []
    for half in chart.matrices:
        matrix = half.copy()
        if part in _TURNS:
            matrix[:, 2] += matrix[:, 0]
            matrix[:, 0] *= -1.0
        matrix[0] = _ONE - matrix[0]
        matrices.append(matrix)
    low, high = (MIRROR[own] for own in chart.parts)
    if part in _TURNS and chart.axis == 0:
        return _Chart(0, 1.0 - chart.at, (high, low), (matrices[1], matrices[0]))
    return _Chart(chart.axis, chart.at, (low, high), (matrices[0], matrices[1]))


def _behind(chart: _Chart) -> _Chart:
    """The chart of the back of a limb, as if it were the front's seen through the body."""
    matrices = [half.copy() for half in chart.matrices]
    for matrix in matrices:
        matrix[0] = _ONE - matrix[0]
    low, high = (REVERSE[own] for own in chart.parts)
    return _Chart(chart.axis, chart.at, (low, high), (matrices[0], matrices[1]))


def _table() -> dict[int, _Chart]:
    charts = {
        2: _whole(2, _TORSO),
        3: _whole(3, _HAND),
        6: _whole(6, _FOOT),
        9: _whole(9, _THIGH),
        13: _Chart(0, 0.19, (9, 13), (np.array(_KNEE, np.float32), np.array(_SHIN, np.float32))),
        16: _arm(16, _UPPER_INNER, front_is_high=True),
        18: _arm(16, _UPPER_OUTER, front_is_high=True),
        20: _arm(20, _LOWER_INNER, front_is_high=False),
        22: _arm(20, _LOWER_OUTER, front_is_high=True),
        23: _Chart(0, 0.5, (23, 23), (np.array(_NAPE, np.float32), np.array(_FACE, np.float32))),
    }
    charts |= {REVERSE[front]: _behind(charts[front]) for front in (2, 9, 13)}
    return charts | {MIRROR[k]: _mirrored(k, chart) for k, chart in charts.items() if k > 2}


_CHARTS = _table()
# The same by DensePose's part: axis and place of the division, parts and matrices on its sides.
_AXES, _AT = np.zeros(SCORES, np.intp), np.zeros(SCORES, np.float32)
_PARTS, _MATRICES = np.zeros((SCORES, 2), np.intp), np.zeros((SCORES, 2, 2, 3), np.float32)
for _part, _chart in _CHARTS.items():
    _AXES[_part], _AT[_part] = _chart.axis, _chart.at
    _PARTS[_part], _MATRICES[_part] = _chart.parts, _chart.matrices


@dataclass(frozen=True)
class Turned:
    """Which axes of the unseen charts run against what is assumed of them."""

    u: frozenset[int] = field(default_factory=frozenset)
    """Parts whose U does."""
    v: frozenset[int] = field(default_factory=frozenset)


def convert(iuv: NDArray[np.uint8], turned: Turned | None = None) -> tuple[Parts, Array, Array]:
    """The project's part, U and V of pixels of DensePose's.

    :param iuv: ``[..., 3]``: part 0 to 24, 255 U, 255 V, as DensePose has them.
    :param turned: what is known of the unseen charts.
    :return: ``[...]`` each: parts 0 to 24, U and V in [0, 1], 0 on the background.
    """
    theirs = iuv[..., 0].astype(np.intp)
    uv = iuv[..., 1:].astype(np.float32) / np.float32(255.0)
    if turned is not None:
        for axis, parts in enumerate((turned.u, turned.v)):
            if parts:
                against = np.isin(theirs, list(parts))
                uv[..., axis] = np.where(against, 1.0 - uv[..., axis], uv[..., axis])
    dividing = np.where(_AXES[theirs] == 0, uv[..., 0], uv[..., 1])
    half = (dividing >= _AT[theirs]).astype(np.intp)
    matrices = _MATRICES[theirs, half]
    ours = np.einsum("...ij,...j->...i", matrices[..., :2], uv) + matrices[..., 2]
    np.clip(ours, 0.0, 1.0, out=ours)
    return _PARTS[theirs, half], ours[..., 0], ours[..., 1]
