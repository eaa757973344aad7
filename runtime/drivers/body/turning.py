"""Rotations for many bones at once: the least turn between directions, turns about axes.

Convention: vectors are rows of ``[n, 3]`` float64, rotations ``[n, 3, 3]`` act on columns.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels.limbs.terms import ASIDE, OPPOSITE, TINY

Vectors = NDArray[np.float64]

_IDENTITY = np.eye(3)
_NEXT, _BEFORE = np.array([1, 2, 0]), np.array([2, 0, 1])
"""Of each axis, which comes after it and which before."""


def unit(vectors: Vectors) -> Vectors:
    """Of length 1; what has no length stays as it is."""
    return np.asarray(
        vectors / (np.sqrt(np.add.reduce(vectors * vectors, -1, keepdims=True)) + TINY)
    )


def cross(a: Vectors, b: Vectors) -> Vectors:
    """Products of rows; numpy's own takes ten times as long on a handful of them."""
    first = a.take(_NEXT, -1) * b.take(_BEFORE, -1)
    return np.asarray(first - a.take(_BEFORE, -1) * b.take(_NEXT, -1))


def dot(a: Vectors, b: Vectors) -> Vectors:
    """Products of rows, ``[n]``."""
    return np.asarray(np.add.reduce(a * b, -1))


def swing(start: Vectors, end: Vectors) -> Vectors:
    """The least rotation from each unit vector to another, ``[n, 3, 3]``.

    None at all to a vector without length, as ``unit`` leaves it.
    """
    axis, cosine = cross(start, end), dot(start, end)
    opposite = cosine < OPPOSITE
    shared = 1.0 / np.where(opposite, 1.0, 1.0 + cosine)
    turns = cosine[:, None, None] * _IDENTITY + _matrix(axis)
    turns += shared[:, None, None] * axis[:, :, None] * axis[:, None, :]
    if opposite.any():  # half a turn about something across
        across = unit(cross(start[opposite], np.array([ASIDE])))
        turns[opposite] = 2.0 * across[:, :, None] * across[:, None, :] - _IDENTITY
    turns[dot(end, end) < 0.5] = _IDENTITY
    return turns


def about(axis: Vectors, angle: Vectors) -> Vectors:
    """Rotations by angles ``[n]`` in radians about unit axes, ``[n, 3, 3]``."""
    k = _matrix(axis)
    sine, cosine = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.asarray(_IDENTITY + sine * k + (1.0 - cosine) * (k @ k))


def similarity(start: Vectors, end: Vectors, weights: Vectors) -> tuple[float, Vectors, Vectors]:
    """Scale, rotation ``[3, 3]`` and shift ``[3]`` that take points nearest to others.

    Source: S. Umeyama, "Least-squares estimation of transformation parameters between two point
    patterns", 1991.

    :param weights: ``[n]``, of the points.
    """
    share = weights / weights.sum()
    start_middle, end_middle = share @ start, share @ end
    x, y = start - start_middle, end - end_middle
    u, d, v = np.linalg.svd((y * share[:, None]).T @ x)
    signs = np.array([1.0, 1.0, 1.0 if np.linalg.det(u @ v) > 0 else -1.0])
    rotation = (u * signs) @ v
    spread = float(share @ (x * x).sum(1))
    scale = float((d * signs).sum()) / max(spread, TINY)
    return scale, rotation, end_middle - scale * rotation @ start_middle


def _matrix(axis: Vectors) -> Vectors:
    """What the vector product with each axis is, as matrices."""
    result = np.zeros((len(axis), 3, 3))
    result[:, 0, 1], result[:, 0, 2] = -axis[:, 2], axis[:, 1]
    result[:, 1, 0], result[:, 1, 2] = axis[:, 2], -axis[:, 0]
    result[:, 2, 0], result[:, 2, 1] = -axis[:, 1], axis[:, 0]
    return result
