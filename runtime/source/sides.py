"""The person's mask at a side of the photo that cuts the person, in a window that reaches beyond.

What the networks see beyond is no picture: the segmentation sees stripes, the pose network nothing.
Towards it each loses the person, and would leave a strip of their clothes behind in the plate.
There the person goes on as a little farther in, as long as the pose network sees anything of them.
"""

from __future__ import annotations

import numpy as np

from bunraku.spec.arrays import Array

FADES, RECEDES = 10.0 / 256.0, 20.0 / 256.0
"""How far from the photo's side the pose network's mask fades, and the segmentation's person ends
too early, in windows."""
ANYTHING = 0.25
"""Of the pose network's mask, where it fades."""


def up_to_the_sides(
    body: Array, segmentation: Array, shown: tuple[float, float]
) -> tuple[Array, Array]:
    """Both masks with the person up to the photo's sides, and beyond as at the side.

    :param body: ``[n, n]`` in [0, 1], the pose network's; :param segmentation: likewise.
    :param shown: from where to where the window's columns are the photo's, in units.
    """
    n = len(body)
    left, right = round(shown[0] * n), round(shown[1] * n)
    body, segmentation = body.copy(), segmentation.copy()
    if 0 < left < n // 2:
        _go_on(body[:, ::-1], segmentation[:, ::-1], n - left)
    if n // 2 < right < n:
        _go_on(body, segmentation, right)
    return body, segmentation


def _go_on(body: Array, segmentation: Array, end: int) -> None:
    """Change both before and beyond the column at which the photo ends on the right."""
    n = len(body)
    fades, recedes = (end - round(width * n) for width in (FADES, RECEDES))
    near = body[:, fades:end]
    seen = np.minimum(body[:, fades - 1 : fades], np.clip(near / ANYTHING, 0.0, 1.0))
    near[:] = np.maximum(near, seen)
    person = segmentation[:, recedes - 1 : recedes]
    last = segmentation[:, recedes:end]
    last[:] = np.maximum(last, np.minimum(person, body[:, recedes:end]))
    for mask in (body, segmentation):
        mask[:, end:] = mask[:, end - 1 : end]


def beyond_as_seen(mask: Array, segmentation: Array, shown: tuple[float, float]) -> Array:
    """A mask that was made of both, with no more of the stripes beyond the photo's sides than the
    segmentation took for the person: moved into the picture they would be.

    :param mask: ``[n, n]`` in [0, 1]; :param segmentation: likewise, as it was.
    :param shown: as of ``up_to_the_sides``.
    """
    middles = (np.arange(len(mask)) + 0.5) / len(mask)
    picture = (middles >= shown[0]) & (middles < shown[1])
    return np.where(picture, mask, np.minimum(mask, segmentation))
