"""The body where its outline turns inwards, as between neck and shoulder: in pieces, within it.

The fitted body's vertices lie within the photo's outline, and its triangles are large: one whose
vertices lie on both sides of such a corner goes across it, and a flap is seen beside the neck as
soon as the photo's own pixels make way for the body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.drivers.body.fit import Fit, kept_within
from bunraku.runtime.drivers.body.girth import main_bones
from bunraku.runtime.drivers.body.groups import GROUP, Group
from bunraku.runtime.drivers.body.trunk import middle_of
from bunraku.runtime.source.region import distance_to
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import HIPS, SHOULDERS

BESIDE_PX = 0.5
"""How far beyond the outline a triangle with its vertices within goes, in the networks' pixels, to
be taken in pieces."""
PARTS = 8
"""Into how many parts its sides are cut then."""


@dataclass(frozen=True, eq=False)
class Corners:
    """The pieces, in place of the template's own triangles."""

    gone: NDArray[np.bool_]
    """``[t]``: the template's triangles that are in pieces."""
    parents: NDArray[np.intp]
    """``[p]``: of which triangle each piece is."""
    triangles: NDArray[np.int32]
    """``[p, 3]``, of the vertices below."""
    vertices: Array
    """``[c, 3]`` in pixels of the photo's window, within the outline."""
    corners: NDArray[np.int32]
    """``[c, 3]``: between which of the template's vertices each lies,"""
    shares: Array
    """``[c, 3]``, and how near to each."""

    def between(self, values: Array) -> Array:
        """``[c, ...]``: what the template's vertices ``[v, ...]`` have there."""
        shares = self.shares.reshape(*self.shares.shape, *[1] * (values.ndim - 1))
        return np.asarray((values[self.corners] * shares).sum(1), np.float32)

    def hung(self, weights: Array, bones: NDArray[np.int32]) -> tuple[Array, NDArray[np.int32]]:
        """``[c, k]`` each: on which bones the vertices hang, and how much on each.

        :param weights: ``[v, k]`` of the template. :param bones: likewise.
        """
        count, most = len(self.corners), weights.shape[1]
        whole = np.zeros((count, int(bones.max()) + 1), np.float32)
        each = weights[self.corners] * self.shares[..., None]
        rows = np.broadcast_to(np.arange(count)[:, None, None], each.shape)
        np.add.at(whole, (rows, bones[self.corners]), each)
        first = np.argsort(-whole, axis=1, kind="stable")[:, :most]
        kept = np.take_along_axis(whole, first, 1)
        return kept / kept.sum(1, keepdims=True), first.astype(np.int32)


def find_corners(fit: Fit, mesh: Array) -> Corners:
    """The triangles of head, neck and trunk that go across a corner of the outline, above the line
    of the shoulders: others go beneath arms, or on beyond the photo's edge.

    :param mesh: ``[v, 3]``, the template's vertices as they were settled.
    """
    triangles = fit.template.triangles
    shares, pieces = _parts()
    own = (GROUP[main_bones(fit.template)][triangles] == Group.TRUNK).all(1)
    points = fit.stance.points[:, :2]
    shoulders, hips = (middle_of(points, pair) for pair in (SHOULDERS, HIPS))
    above = (mesh[:, :2] - shoulders) @ (hips - shoulders) < 0.0
    own &= above[triangles].any(1)
    numbers = np.flatnonzero(own)
    places = np.einsum("pk,tkc->tpc", shares, mesh[triangles[numbers]])
    n = len(fit.inside)
    x, y = np.moveaxis(np.rint(places[..., :2]).astype(int), -1, 0)
    within = (x >= 0) & (x < n) & (y >= 0) & (y < n)
    beyond = distance_to(fit.inside)[np.clip(y, 0, n - 1), np.clip(x, 0, n - 1)]
    ends = (shares == 1.0).any(1)
    bridging = (within & (beyond <= 0.0))[:, ends].all(1)
    bridging &= (within & (beyond > BESIDE_PX * fit.fine)).any(1)
    numbers, places = numbers[bridging], places[bridging]
    gone = np.zeros(len(triangles), np.bool_)
    gone[numbers] = True
    first = len(shares) * np.arange(len(numbers), dtype=np.int32)
    vertices = places.reshape(-1, 3).astype(np.float32)
    return Corners(
        gone,
        np.repeat(numbers, len(pieces)),
        (first[:, None, None] + pieces).reshape(-1, 3).astype(np.int32),
        kept_within(vertices, fit.inside),
        np.repeat(triangles[numbers], len(shares), 0),
        np.tile(shares, (len(numbers), 1)),
    )


def _parts() -> tuple[Array, NDArray[np.int32]]:
    """Places in a triangle ``[q, 3]``, as shares of its vertices, and the pieces between them
    ``[r, 3]``, which run as it does."""
    steps = [(i, j) for i in range(PARTS + 1) for j in range(PARTS + 1 - i)]
    number = {step: k for k, step in enumerate(steps)}
    shares = np.array([(PARTS - i - j, i, j) for i, j in steps], np.float32) / np.float32(PARTS)
    pieces = []
    for i, j in steps:
        if i + j < PARTS:
            pieces.append([number[step] for step in ((i, j), (i + 1, j), (i, j + 1))])
        if i + j < PARTS - 1:
            pieces.append([number[step] for step in ((i + 1, j), (i + 1, j + 1), (i, j + 1))])
    return shares, np.array(pieces, np.int32)
