"""Hands that the photo does not show as the driver holds them: the body's, in the photo's colour.

Where a driver's hand shows the side that the photo shows of its own, the photo's own pixels are
moved, finger by finger. Else the template's hand takes their place, shaded by its own form: on top
of all, since the hand was seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bunraku.kernels import interpolate, rasterise, skin
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.limbs import HAND_ENDS
from bunraku.runtime.drivers.body.parting import Group
from bunraku.runtime.drivers.body.pen import HOST, Pen
from bunraku.runtime.drivers.body.turning import Vectors
from bunraku.runtime.drivers.hands.choosing import Chosen, HandChoice, lost_for_now, share_anew
from bunraku.runtime.drivers.hands.landmarks import WRISTS
from bunraku.runtime.drivers.hands.own_drawing import lay_own, own_photo
from bunraku.runtime.drivers.hands.own_hand import OwnHand
from bunraku.runtime.drivers.hands.photo_hand import PhotoHand, lay
from bunraku.runtime.drivers.hands.relief import relief_of
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses, HandShape
from bunraku.runtime.drivers.hands.tone import colour_hands
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.spec.arrays import Array
from bunraku.spec.skeleton import FINGERS, SIDES

SMALLEST_PX = 30.0
"""From wrist to knuckles: fingers of a smaller hand are a few pixels wide, with what is behind them
in each. They would come apart, and move with it as they are."""
WRIST = 0.3, 0.75
"""Shares of a vertex that hang on the hand: from nothing of it to all of it is drawn."""
STEEPNESS = 3.0
"""Of the border between the hand's pixels and others."""


@dataclass(frozen=True, eq=False)
class PhotoHands:
    """The hands of a photo's body, left and right."""

    hands: tuple[PhotoHand, PhotoHand]
    _bare: dict[tuple[Body, Chosen], Body] = field(default_factory=dict)
    """Of ``without``."""

    @classmethod
    def of(
        cls, body: Body, to_bones: Vectors, poses: HandPoses, shapes: tuple[HandShape, HandShape]
    ) -> PhotoHands:
        """The hands of a body.

        :param to_bones: ``[15, 4, 4]``, from the template at rest to the axes of its bones.
        :param poses: as the photo holds its hands.
        :param shapes: the template's.
        """
        template = body.fit.template
        placed = body.fit.stance.placed(body.fit.stance.frames @ to_bones)
        loose = skin(template.vertices, template.weights, template.bones, placed)
        places = []
        for side, bone in enumerate(HAND_BONES):
            starts = np.concatenate([template.fingers[side, :, 0], np.ones((FINGERS, 1))], 1)
            places.append((starts @ placed[bone].T).astype(np.float32))
        placed[..., 3] = 0.0
        turned = skin(template.normals, template.weights, template.bones, placed)
        turned /= np.linalg.norm(turned, axis=1, keepdims=True) + 1e-6
        tone = colour_hands(body)
        left, right = (
            _photo_hand(body, loose, turned, places[side], tone, side, poses[side], shapes[side])
            for side in range(SIDES)
        )
        return cls((left, right))

    def draw(
        self,
        body: Body,
        transforms: Array,
        visibility: Array,
        poses: HandPoses,
        choice: HandChoice,
        pen: Pen = HOST,
        slips: Array | None = None,
    ) -> Drawn:
        """``Body.draw`` with hands held as a driver holds them.

        :param choice: this driver's. :param pen: what draws it.
        """
        lost, unseen = lost_for_now(poses), (poses[0] is None, poses[1] is None)
        poses = self._held(transforms, poses)
        anew = choice.of(self, self.shares(poses, unseen), lost)
        gone = self._gone(anew, poses)
        if not any(gone):
            return pen.draw(body, self.folded(transforms, anew), visibility, slips)
        handless, folded = self.without(body, gone), self.folded(transforms, gone)
        anew_by = [0.0] * SIDES  # how far the arm that a hand is on is another than the photo's
        for arm in body.layer.arms:
            anew_by[arm.side] = arm.faded(transforms)
        drawn = pen.draw(handless, folded, visibility, slips)
        moved = [hand.moved(transforms) for hand in self.hands]
        for side in sorted(range(SIDES), key=lambda one: -float(moved[one][:, 2].mean())):
            # The farther one first.
            hand, pose, share = self.hands[side], poses[side], anew_by[side]
            if anew[side]:
                lay(drawn, hand, moved[side], transforms, share, pen=pen)
            elif hand.own is not None and hand.moves_fingers and pose is not None:
                # The photo's hid its wrist: the palm of the body's goes over into the new arm.
                if share > 0.0:
                    lay(drawn, hand, hand.moved(folded), folded, share, share, pen)
                lay_own(drawn, hand.own, hand.photo, transforms[HAND_BONES[side]], pose, share, pen)
        return pen.finished(drawn)

    def _held(self, transforms: Array, poses: HandPoses) -> HandPoses:
        """How the hands are held as they are drawn."""
        left, right = (
            _as_drawn(hand, transforms[bone, :, :3], pose)
            for hand, bone, pose in zip(self.hands, HAND_BONES, poses, strict=True)
        )
        return left, right

    def _gone(self, anew: Chosen, poses: HandPoses) -> Chosen:
        """Which hands are left out of the photo's grid: all of those that move their fingers."""
        left, right = (
            new or (hand.moves_fingers and pose is not None)
            for new, hand, pose in zip(anew, self.hands, poses, strict=True)
        )
        return left, right

    def shares(self, poses: HandPoses, unseen: Chosen = (False, False)) -> tuple[float, float]:
        """How far the photo's hand cannot stand for the driver's, for each hand of a driver.

        :param unseen: which of the driver's are not seen: how their arms turn them is a guess, by
            which small hands are not drawn anew sooner than others.
        """
        left, right = (
            share_anew(hand.pose, pose, small=hand.small and not gone)
            for hand, pose, gone in zip(self.hands, poses, unseen, strict=True)
        )
        return left, right

    def without(self, body: Body, gone: Chosen) -> Body:
        """The body without these hands of its photo."""
        if (body, gone) not in self._bare:
            self._bare[body, gone] = self._cut_off(body, gone)
        return self._bare[body, gone]

    def _cut_off(self, body: Body, gone: Chosen) -> Body:
        picture, rim = body.photo.picture.copy(), body.photo.rim.copy()
        members = body.photo.members.copy()
        for side, hand in enumerate(self.hands):
            if not gone[side]:
                continue
            # At the wrist both the arm and the hand are whole: no gap is between the two.
            own, hangs = hand.pixels[hand.part], hand.hangs[hand.part]
            if hand.own is not None:
                own, hangs = (
                    np.clip(2.0 * own - 1.0, 0.0, 1.0),
                    np.clip(2.0 * hangs - 1.0, 0.0, 1.0),
                )
            members[Group.HAND_L + side][hand.part] *= np.float32(1.0) - hangs
            picture[..., 3][hand.part] *= np.float32(1.0) - own
            rim[hand.part] *= np.float32(1.0) - own
        return replace(body, photo=replace(body.photo, picture=picture, rim=rim, members=members))

    def folded(self, transforms: Array, gone: Chosen) -> Array:
        """Transforms of what is behind the photo's hands: its fingers keep still with theirs, and
        there are none behind hands that are drawn anew."""
        result = transforms.copy()
        for side, (hand, out) in enumerate(zip(self.hands, gone, strict=True)):
            bones = FINGER_BONES[side]
            if not out:
                result[bones] = transforms[HAND_BONES[side]]
                continue
            result[bones, :, :3] = 0.0
            result[bones, :, 3] = (hand.knuckles @ transforms[HAND_BONES[side]].T)[:, None]
        return result


def _photo_hand(
    body: Body,
    loose: Array,
    turned: Array,
    knuckles: Array,
    tone: Array,
    side: int,
    pose: HandPose | None,
    shape: HandShape,
) -> PhotoHand:
    template, grid = body.fit.template, body.grid
    own = np.isin(template.bones, [HAND_BONES[side], *FINGER_BONES[side].ravel()])
    share = (template.weights * own).sum(1)
    triangles = template.triangles[(share[template.triangles] > 0.0).any(1)]
    used, corners = np.unique(triangles, return_inverse=True)
    low, high = WRIST
    shown = np.clip((share[used] - low) / (high - low), 0.0, 1.0).astype(np.float32)
    n = len(body.photo.picture)
    raster = rasterise(grid.vertices, grid.triangles, (n, n))
    hangs = (grid.weights * (grid.bones == HAND_BONES[side])).sum(1, keepdims=True)
    hangs = interpolate(raster, grid.triangles, hangs.astype(np.float32))[..., 0]
    hangs = np.clip((hangs - low) / (high - low), 0.0, 1.0).astype(np.float32)
    limbs = [Group.HAND_L + side]
    if body.fit.places[side] is None:
        limbs.append(Group.FOREARM_L + side)  # where one ends and the other begins is not known
    members = body.photo.members[limbs].sum(0)
    pixels = hangs * np.clip((members - 0.5) * STEEPNESS + 0.5, 0.0, 1.0)
    start, end = body.fit.stance.points[[WRISTS[side], HAND_ENDS[side]]]
    length_px, pictured = float(np.linalg.norm(end - start)), _own_hand(pixels, start, shape, pose)
    return PhotoHand(
        np.ascontiguousarray(loose[used]),
        np.ascontiguousarray(turned[used]),
        np.ascontiguousarray(template.weights[used]),
        np.ascontiguousarray(template.bones[used]),
        np.ascontiguousarray(corners.reshape(-1, 3), np.int32),
        shown,
        tone,
        body.light,
        relief_of(template, used, side),
        pixels,
        hangs,
        _part(hangs > 0.0),
        np.concatenate([knuckles, np.ones((FINGERS, 1), np.float32)], 1),
        length_px,
        pose,
        pictured,
        own_photo(body, pixels, side),
        pictured is not None and length_px < SMALLEST_PX,
    )


def _part(there: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Rows and columns in which something is."""
    if not there.any():
        return slice(0, 0), slice(0, 0)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _as_drawn(hand: PhotoHand, turn: Array, pose: HandPose | None) -> HandPose | None:
    """A hand as its palm is turned. None for one that goes with its arm: the driver's is not seen,
    and the photo's does as it is, before or behind the trunk."""
    if hand.own is None:
        return pose
    held = hand.own.held(turn, pose)
    return None if pose is None and share_anew(hand.pose, held) == 0.0 else held


def _own_hand(
    pixels: Array, wrist: Vectors, shape: HandShape, pose: HandPose | None
) -> OwnHand | None:
    if pose is None or pose.place is None or not (pixels > 0.0).any():
        return None
    return OwnHand.of(pixels > 0.0, pose.place, float(wrist[2]), shape, pose)
