"""The head's own correspondence: an affine map of the face's landmarks from driver to photo.

The IUV charts of the head are coarse, and a face is what people look at. While both heads face
the camera alike, eleven landmarks say better than a chart where each pixel of the head comes from.
Ours, not the paper's.
"""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HEAD

STIFFNESS = 0.4
"""How strongly the map is held to a similarity, against shear from noisy landmarks."""
RESIDUAL_GOOD, RESIDUAL_BAD = 0.2, 0.45
"""Root mean square misfit of the landmarks, in radii of the face: used fully, not used."""
NARROW_GOOD, NARROW_BAD = 0.8, 0.6
"""Area of the mapped face against the best similarity's; a turned head is narrow, one seen from
behind is mirrored and has a negative area."""


def head_map(source: Array, driving: Array) -> Array:
    """From the driver's head to the photo's, with how much it is to be believed.

    :param source: ``[33, 3 or 4]`` landmarks of the photo in window units.
    :param driving: the driver's in the same window.
    :return: float32 ``[7]``: the rows of a 2×3 matrix that maps (x, y, 1) of the driving window to
        the source window, both in [-1, 1], and the belief in [0, 1]; all zero where the faces
        do not correspond.
    """
    there = source[list(HEAD), :2].astype(np.float64) * 2.0 - 1.0
    here = driving[list(HEAD), :2].astype(np.float64) * 2.0 - 1.0
    there_middle, here_middle = there.mean(0), here.mean(0)
    s, d = there - there_middle, here - here_middle
    spread, radius = (d**2).sum(), np.sqrt((s**2).sum())
    if spread < 1e-8 or radius < 1e-4:
        return np.zeros(7, np.float32)
    # The similarity first (rotation and scale, closed form), then what an affine map adds.
    a = (d * s).sum() / spread
    b = (d[:, 0] * s[:, 1] - d[:, 1] * s[:, 0]).sum() / spread
    similar = np.array([[a, -b], [b, a]])
    rest = s - d @ similar.T
    held = d.T @ d + STIFFNESS * spread / 2.0 * np.eye(2)
    matrix = similar + np.linalg.solve(held, d.T @ rest).T
    misfit = np.sqrt(((s - d @ matrix.T) ** 2).sum()) / radius
    # Against the landmarks' own extents: a mirrored or narrow face has no similarity near it.
    area = np.linalg.det(matrix) * spread / radius**2
    belief = _ramp(misfit, RESIDUAL_BAD, RESIDUAL_GOOD) * _ramp(area, NARROW_BAD, NARROW_GOOD)
    belief *= _ramp(area, 1.0 / NARROW_BAD, 1.0 / NARROW_GOOD)
    shift = there_middle - matrix @ here_middle
    rows = np.concatenate([matrix, shift[:, None]], 1).ravel()
    return np.append(rows, belief).astype(np.float32)


def _ramp(value: float, bad: float, good: float) -> float:
    """0 at ``bad``, 1 at ``good``, linear between."""
    return float(min(max((value - bad) / (good - bad), 0.0), 1.0))
