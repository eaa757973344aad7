"""Spots of the template between which it is told how far clothes have slipped.

They lie evenly over the body at rest; front and back, which a camera never shows at once, share
them. Heads and hands, which are no cloth and have networks of their own, have none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import skin
from bunraku.runtime.drivers.body.limbs import POSED_BY
from bunraku.runtime.drivers.body.template import Template
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import BODY_BONES, BodyBone

SPACING_M = 0.1
"""From a spot to the next."""
ACROSS = 2.0
"""What lies on another limb is so many spacings farther."""
NEAR = 4
"""Spots that a place hangs on."""
REACH = 1.15
"""From how far away a spot carries nothing of a place, in distances of the nearest that does not:
none begins or ends to carry at once."""
LITTLE_BARE = 0.3
"""Up to this share of a head or a hand there are spots."""
BARE = [BodyBone.HEAD, BodyBone.HAND_L, BodyBone.HAND_R]
"""Bones that wear nothing that slips."""


@dataclass(frozen=True, eq=False)
class Hanging:
    """How places of a body hang on its spots."""

    spots: NDArray[np.int32]
    """``[v, 4]``, the nearest first."""
    shares: Array
    """``[v, 4]``; they sum to 1, less towards head and hands, and to 0 there."""


@dataclass(frozen=True, eq=False)
class Spots:
    """The spots of a template."""

    features: Array
    """``[s, 16]``: where each lies, in which limbs are apart."""
    bone: NDArray[np.intp]
    """``[s]``: on which bone each lies."""

    @classmethod
    def of(cls, template: Template) -> Spots:
        """The same of the same template."""
        weights = weights_of(template.weights, template.bones)
        cloth = weights[:, BARE].max(1) < LITTLE_BARE
        features = _features(template.vertices[cloth], weights[cloth])
        bone = weights[cloth].argmax(1)
        apart = np.full(len(features), np.inf)
        chosen = [int(features[:, 1].argmin())]
        while True:
            away = features - features[chosen[-1]]
            apart = np.minimum(apart, (away * away).sum(1))
            if apart.max() < 1.0:
                return cls(features[chosen], bone[chosen])
            chosen.append(int(apart.argmax()))

    def hang(
        self, places: Array, weights: Array, bones: NDArray[np.int32], placed: Array
    ) -> Hanging:
        """How places of a body that stands somewhere hang on the spots.

        :param places: ``[v, 3]``, where the body stands; beyond its surface too.
        :param weights: ``[v, 4]``, of :param bones: ``[v, 4]``.
        :param placed: ``[bones, 3, 4]``, from the template at rest to there (``Fit.placed``).
        """
        square = np.zeros((len(placed), 4, 4))
        square[:, :3], square[:, 3, 3] = placed, 1.0
        back = np.ascontiguousarray(np.linalg.inv(square)[:, :3], np.float32)
        rest, of_bone = skin(places, weights, bones, back), weights_of(weights, bones)
        features = _features(rest, of_bone)
        square_sum = (features * features).sum(1)[:, None] + (self.features**2).sum(1)
        far = np.sqrt(np.maximum(square_sum - 2.0 * features @ self.features.T, 0.0))
        spots = np.argpartition(far, NEAR, 1)[:, : NEAR + 1]
        near = np.take_along_axis(far, spots, 1)
        order = np.argsort(near, 1)
        spots, near = (np.take_along_axis(one, order, 1) for one in (spots, near))
        shares = (1.0 - near[:, :NEAR] / np.maximum(REACH * near[:, NEAR:], 1e-6)) ** 2
        cloth = np.prod(1.0 - np.minimum(2.0 * of_bone[:, BARE], 1.0), 1, keepdims=True)
        shares *= cloth / shares.sum(1, keepdims=True)
        return Hanging(
            np.ascontiguousarray(spots[:, :NEAR], np.int32),
            np.ascontiguousarray(shares, np.float32),
        )


def weights_of(weights: Array, bones: NDArray[np.int32]) -> Array:
    """``[v, 15]``: weights ``[v, 4]`` of the body's bones, fingers counted as their hand."""
    result = np.zeros((len(weights), BODY_BONES), np.float32)
    rows = np.arange(len(weights))
    for column in range(bones.shape[1]):
        result[rows, POSED_BY[bones[:, column]]] += weights[:, column]
    return result


def heaviest(weights: Array) -> tuple[Array, NDArray[np.int32]]:
    """The four heaviest of weights ``[v, 15]``, which sum to 1, and whose they are."""
    bones = np.argsort(-weights, 1)[:, :NEAR].astype(np.int32)
    heavy = np.take_along_axis(weights, bones, 1)
    return heavy / (heavy.sum(1, keepdims=True) + np.float32(1e-9)), bones


def in_a_row(spots: NDArray[np.intp], together: NDArray[np.int32]) -> NDArray[np.intp]:
    """The spots, neighbours one after the other: what ``align`` solves takes a fifth of the time.

    Source: E. Cuthill and J. McKee, "Reducing the bandwidth of sparse symmetric matrices", 1969.

    :param spots: ``[k]``. :param together: ``[m, 4]``: spots that a pixel hangs on.
    """
    beside: dict[int, set[int]] = {int(spot): set() for spot in spots}
    for group in {frozenset(row).intersection(beside) for row in together.tolist()}:
        for spot in group:
            beside[spot] |= group - {spot}
    few = sorted(beside, key=lambda spot: len(beside[spot]))
    order: dict[int, None] = {}
    for first in few:
        row = [first]
        for spot in row:
            if spot not in order:
                order[spot] = None
                row += [other for other in few if other in beside[spot] and other not in order]
    return np.array(list(order), np.intp)


def _features(rest: Array, weights: Array) -> Array:
    """``[v, 16]``: places at rest ``[v, 3]``, in spacings, and how far they are on each limb."""
    trunk = weights[:, [BodyBone.PELVIS, BodyBone.CHEST]].sum(1, keepdims=True)
    limbs = np.concatenate([trunk, weights[:, BodyBone.HEAD :]], 1)
    return np.concatenate([rest[:, :2] / np.float32(SPACING_M), limbs * np.float32(ACROSS)], 1)
