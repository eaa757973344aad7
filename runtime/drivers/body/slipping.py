"""How far a driver's clothes have slipped from where the bones alone would carry them.

Folds hang, sleeves ride up, a belly swings, and a joint is a little off: what is drawn of a photo
would lie a pixel or two beside the driver's. At the calibration a body is fitted to the driver too,
as to a photo, and pixels are bound to it. In a later frame the bones carry them as they carry the
photo's, and from there they are aligned with the picture (``kernels.align``), spot by spot of the
body (``spots``). What is found moves the same spots of the photo's person.

Nothing is carried from frame to frame. Spots whose pixels look otherwise stay where the bones have
them: other light, something before them, a blur, a side that was not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import Hung, interpolate, rasterise, skin
from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.front import body_weights
from bunraku.runtime.drivers.body.neck import hold_head
from bunraku.runtime.drivers.body.regions import nearest_reached
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.spots import BARE, Hanging, Spots, heaviest, in_a_row
from bunraku.runtime.drivers.body.template import Template
from bunraku.runtime.drivers.body.trunk import hold_trunk
from bunraku.runtime.drivers.hands.pinning import pin_driver
from bunraku.runtime.drivers.hands.shape import HandPoses
from bunraku.runtime.drivers.locating import Located
from bunraku.runtime.drivers.looking import SIDE, Looked
from bunraku.runtime.drivers.refining import FLAT, aligned, in_square
from bunraku.runtime.drivers.shares import Following
from bunraku.runtime.parts import Part
from bunraku.runtime.source.window import crop
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped
from bunraku.spec.landmarks import LEFT_KNEE, RIGHT_KNEE
from bunraku.spec.skeleton import BODY_BONES

ROUNDS = 2, 2, 2
"""How often spots are moved at each of ``FACTORS``."""
STEP, A_SPOT = 2, 40
"""Every so many rows and columns a pixel is taken, and at most so many of each spot: where the
picture changes most."""
USUAL_PX = 3.0
"""How far clothes slip, in pixels of the square."""
MOST_PX = 4.0
"""They are never moved farther."""
FEWEST = 6
"""Pixels that say something of a spot."""
BEHIND = 0.06
"""How much farther away than the nearest surface a pixel's is that is hidden, in trunks."""
CLOTH = 0.5
"""The share of the spots in a pixel: of others heads and hands have more."""
LITTLE = 0.3
"""By how much bones turn, all together, that have hardly turned: radians."""
COARSE = 2
"""Pixels to one of the picture in which that is looked for."""
_CLOTHED = [bone for bone in range(BODY_BONES) if bone not in BARE]
PARTS = [Part.TRUNK] * 2 + [Part.HEAD] + [Part.ARMS] * 6 + [Part.LEGS] * 6
"""The part that each bone belongs to."""


@dataclass(frozen=True, eq=False)
class _Worn:
    """The driver at the calibration."""

    fit: Fit
    """All is in pixels of the square."""
    place: Array
    """``[m, 3]``: some of the driver's pixels."""
    weights: Array
    """``[m, 4]``, of the bones that carry them."""
    bones: NDArray[np.int32]
    """``[m, 4]``"""
    nearest: NDArray[np.int32]
    """``[m]``: the spot that each is nearest to, as a number of ``known``."""
    spots: NDArray[np.int32]
    """``[m, 4]``: the spots they hang on, likewise, in their order; those that hang on the same
    follow each other, as ``kernels.align`` likes it."""
    shares: Array
    """``[m, 4]``"""
    known: NDArray[np.intp]
    """``[k]``: the spots that have pixels."""
    grey: tuple[Array, ...]
    """``[m]`` of each of ``FACTORS``: how the pixels look."""


@dataclass(frozen=True, eq=False)
class Slips:
    """How far one driver's clothes have slipped in one frame."""

    moves: Array
    """``[s, 2]`` of each spot, in pixels of the frame."""
    turned: Array
    """How the bones have turned since the calibration (``_turned``)."""


class Slipping:
    """Sees how far one driver's clothes have slipped.

    :param rig: of this template.
    """

    def __init__(self, template: Template, rig: Rig) -> None:
        self._template, self._rig = template, rig
        self._spots = Spots.of(template)
        self.reset()

    def reset(self) -> None:
        """Forget how the driver looks."""
        self._worn: _Worn | None = None

    def follow(self, located: Located, belief: Array, hands: HandPoses) -> Slips | None:
        """How far the driver's clothes have slipped in this frame.

        :param belief: ``[33]`` in [0, 1], how far the driver's landmarks are believed.
        :param hands: the driver's, that pin the wrists.
        :return: None where nothing is known of it: where they are is where they belong.
        """
        looked, pose, landmarks = located.looked, located.pose, located.in_square
        if looked is None or pose is None or landmarks is None:
            return None
        landmarks = pin_driver(landmarks, hands, NO_HANDS, 1.0 / looked.scale)
        if located.calibrated and pose.mask is not None:
            mask = np.asarray(crop(pose.mask, looked.window, SIDE), np.float32)
            self._worn = self._learnt(looked, landmarks, mask)
        elif self._worn is not None:
            worn = self._worn
            legs = float(belief[[LEFT_KNEE, RIGHT_KNEE]].max())
            held = hold_trunk(landmarks, worn.fit.stance.points, legs)
            transforms = self._rig.transforms(worn.fit.stance, held, belief)
            slipped = np.zeros((len(self._spots.bone), 2), np.float32)
            slipped[worn.known] = self._moves(worn, looked, transforms) * looked.scale
            return Slips(slipped, _turned(transforms))
        return None

    def moves(self, slips: Slips, scale: float, transforms: Array, following: Following) -> Array:
        """``[s, 3, 4]``: what moves the spots of a photo's person, for ``Body.draw``.

        As much as what has turned since the calibration has since the photo too: who comes to stand
        as in the photo has clothes that lie as it shows them.

        :param scale: pixels of the photo's window to one of the frame.
        :param transforms: ``[bones, 3, 4]``, where its bones have gone since the photo.
        """
        bone = self._spots.bone
        both = float((_turned(transforms) * slips.turned).sum()) + LITTLE**2
        share = min(max(both / (float((slips.turned**2).sum()) + LITTLE**2), 0.0), 1.0)
        followed = np.array([following[part] for part in PARTS], np.float32)[bone]
        result = np.zeros((len(bone), 3, 4), np.float32)
        result[:, :2, 3] = slips.moves * (scale * share * followed)[:, None]
        return result

    def _learnt(self, looked: Looked, landmarks: Array, mask: Array) -> _Worn | None:
        """:param landmarks: ``[33, 4]``; :param mask: ``[SIDE, SIDE]`` in [0, 1]."""
        template = self._template
        fit = fit_body(template, self._rig, hold_head(landmarks), mask, view=looked.view())
        if fit is None:
            return None
        front = rasterise(fit.mesh, template.triangles, (SIDE, SIDE))
        seen, change = front.triangle >= 0, looked.change()
        telling = (mask > 0.5) & (change > FLAT)
        y, x = STEP * np.array(np.nonzero(telling[::STEP, ::STEP]))
        if not seen.any() or not len(x):
            return None
        order = np.argsort(-change[y, x], kind="stable")
        y, x = y[order], x[order]
        at = nearest_reached(seen)[y, x]  # cloth goes beyond the body
        place = np.stack([x, y, front.depth.ravel()[at]], 1).astype(np.float32)
        every = interpolate(front, template.triangles, body_weights(fit))
        weights, bones = heaviest(every.reshape(-1, BODY_BONES)[at])
        hanging = self._spots.hang(place, weights, bones, fit.placed)
        best = _best(hanging)
        if not len(best):
            return None
        known = in_a_row(np.unique(hanging.spots[best, 0]), hanging.spots[best])
        numbers = np.full(len(self._spots.bone), len(known), np.int32)  # the rest stays
        numbers[known] = np.arange(len(known))
        along = numbers[hanging.spots[best]]
        order = np.lexsort(np.sort(along, 1).T)
        best, along = best[order], along[order]
        corners = np.argsort(along, 1, kind="stable")
        worn = _Worn(
            fit,
            place[best],
            weights[best],
            bones[best],
            along[:, 0],
            np.take_along_axis(along, corners, 1),
            np.take_along_axis(hanging.shares[best], corners, 1),
            known,
            looked.read(place[best, :2].astype(np.float64)),
        )
        still = self._rig.transforms(fit.stance, landmarks, np.ones(len(landmarks), np.float32))
        self._moves(worn, looked, still)  # what must be compiled is, before a frame waits for it
        return worn

    def _moves(self, worn: _Worn, looked: Looked, transforms: Array) -> Array:
        """``[k, 2]``: by how much the known spots have slipped, in pixels of the square."""
        spots = len(worn.known)
        place = skin(worn.place, worn.weights, worn.bones, transforms)
        seen = self._seen(worn, place, transforms)
        hung = Hung(
            place[:, :2].take(seen, 0),
            worn.nearest.take(seen),
            worn.spots.take(seen, 0),
            worn.shares.take(seen, 0),
            np.zeros((len(seen), 2, 2), np.float32),
        )
        firm = np.full(spots, USUAL_PX**-2, np.float32)
        grey = [one[seen] for one in worn.grey]
        moves, alike = aligned(looked, ROUNDS, hung, grey, firm, spots, FEWEST)
        believed = moves * alike[:, None]
        return np.asarray(clipped(believed, -MOST_PX, MOST_PX), np.float32)

    def _seen(self, worn: _Worn, place: Array, transforms: Array) -> NDArray[np.intp]:
        """Which of the pixels are in the square, and behind nothing."""
        template, side = self._template, SIDE // COARSE
        moved = skin(worn.fit.mesh, template.weights, template.bones, transforms)
        moved[:, :2] = (moved[:, :2] + 0.5) / COARSE - 0.5
        nearest = rasterise(moved, template.triangles, (side, side), cull=True)
        x, y = (np.clip(place[:, :2], 0.0, SIDE - 1.0) / COARSE).astype(int).T
        open_to = place[:, 2] - nearest.depth[y, x] <= BEHIND * worn.fit.trunk_px
        return np.flatnonzero(in_square(place) & open_to)


def _best(hanging: Hanging) -> NDArray[np.intp]:
    """The first places of each spot that has enough, at most so many."""
    nearest = hanging.spots[:, 0]
    cloth = np.flatnonzero(hanging.shares.sum(1) > CLOTH)
    own = [cloth[nearest[cloth] == spot][:A_SPOT] for spot in np.unique(nearest[cloth])]
    return np.concatenate([np.zeros(0, np.intp), *(few for few in own if len(few) >= FEWEST)])


def _turned(transforms: Array) -> Array:
    """``[k, 3, 3]``: how the bones of spots have turned, of transforms ``[bones, 3, 4]``."""
    return np.asarray(transforms[_CLOTHED, :, :3] - np.eye(3, dtype=np.float32))
