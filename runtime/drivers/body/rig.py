"""From 33 landmarks to where each bone of the body has gone since the photo.

A bone's frame has the columns e1 (along it, as long as it is), e2 and e3 (across, one common
length), and its origin; the frame of now times the inverse of the photo's carries what hangs on it.

- Trunk: affine, so that shoulders and hips are where the landmarks are.
- Limbs: swung from the parent's turn, which has no free twist; then turned about themselves, as far
  as the joint allows, so that the side which faced the camera in the photo goes on facing it: that
  side is all that the photo shows of them.
- Head: the similarity of the face's eleven landmarks.
- Hands, where the hands' own landmarks are known: the way and the side that they say, and fingers
  bent as they are (``drivers.hands.rigging``); else as limbs, with their fingers at rest.

Convention: points are in pixels of the photo's window, x right, y down, z away from the camera.
"""

from __future__ import annotations

import math

import numpy as np

from bunraku.kernels import Facing, Kept, Limbs, frame_limbs, swing_limbs
from bunraku.kernels.limbs.terms import NOTHING
from bunraku.runtime.drivers.body.face_points import FACE, face_moved, head_moved
from bunraku.runtime.drivers.body.limbs import (
    HAND_ENDS,
    LIMBS,
    POSED_BY,
    down_the_limbs,
    with_hands,
    within,
)
from bunraku.runtime.drivers.body.stance import Stance
from bunraku.runtime.drivers.body.trunk import PAIRS, keep_hips, trunk_axes, trunk_frames
from bunraku.runtime.drivers.body.turning import Vectors, cross, dot, unit
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES, HandRig
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.few import clipped
from bunraku.spec.landmarks import LEFT_WRIST, RIGHT_WRIST
from bunraku.spec.skeleton import BODY_BONES, FINGERS, JOINTS, SIDES, BodyBone

FACING = (0.25, 0.6)
"""How far a bone lies in the picture, as a sine, before its side towards the camera means anything,
and from where it means all."""
HAND_LENGTH = 0.85, 1.2
"""How long a hand may be, in lengths of the template's, if fingers are posed."""
NO_HANDS: HandPoses = (None, None)

_STRAIGHT = np.tile(np.eye(4), (SIDES, FINGERS, JOINTS, 1, 1))
_TRUNK = np.array([BodyBone.CHEST, BodyBone.PELVIS])
_UNTURNED = np.eye(3)
_HAND_LIMBS = tuple(int(np.flatnonzero(LIMBS.bones == bone)[0]) for bone in HAND_BONES)
_WRISTS = LEFT_WRIST, RIGHT_WRIST
_FOREARMS = np.array([BodyBone.FOREARM_L, BodyBone.FOREARM_R])


class Rig:
    """Poses bones by landmarks.

    :param rest: ``[33, 3]``, the template's landmarks at rest, in metres.
    :param fingers: ``[2, 5, 4, 3]``, its fingers (``Template.fingers``); None to leave them.
    """

    def __init__(self, rest: Array, fingers: Array | None = None) -> None:
        self.rest = with_hands(rest)
        self._widths = np.linalg.norm(self.rest[PAIRS[:, 0]] - self.rest[PAIRS[:, 1]], axis=1)
        self._trunk_at_rest = trunk_frames(self.rest)
        along = unit(self.rest[LIMBS.ends] - self.rest[LIMBS.starts])
        side = unit(cross(along, np.array([[0.1, 0.2, 1.0]])))
        self._limbs = Limbs(*LIMBS, along, np.stack([side, cross(along, side)], -1))
        hands = list(_HAND_LIMBS)
        ends = self.rest[list(HAND_ENDS)] - self.rest[list(_WRISTS)]
        self._hand_lengths = np.sqrt(dot(ends, ends)).tolist()
        self.hands: HandRig | None = None
        if fingers is not None:
            axes = along[hands], side[hands]
            self.hands = HandRig(rest[list(_WRISTS)], fingers, *axes)
        self.at_rest = self._stance(self.rest, 1.0, np.eye(4))

    def stance(self, landmarks: Array, size: float, hands: HandPoses = NO_HANDS) -> Stance:
        """The photo's person.

        :param landmarks: ``[33, 3 or more]`` in pixels of the window.
        :param size: pixels a metre of the template.
        :param hands: as the photo shows them, along its axes.
        """
        points = with_hands(landmarks)
        scale, turn, shift = face_moved(self.rest[FACE], points[FACE])
        head = np.eye(4)
        head[:3, :3], head[:3, 3] = scale * turn, shift
        return self._stance(points, size, head, hands, self._fingers(hands))

    def transforms(
        self, photo: Stance, landmarks: Array, belief: Array, hands: HandPoses = NO_HANDS
    ) -> Array:
        """Where each bone has gone since the photo.

        :param landmarks: ``[33, 3 or more]``, the driver's in pixels of the photo's window.
        :param belief: ``[33]`` in [0, 1], how far each landmark is believed. A limb that is not
            goes with what it hangs on, as the photo has it; so do hips.
        :param hands: the driver's, along the window's axes.
        :return: ``[len(BodyBone), 3, 4]`` float32, from the photo's window to where it is now.
        """
        points, believed = with_hands(landmarks), down_the_limbs(belief)
        keep_hips(points, photo.points, believed)
        self._keep_hands_fair(points, photo.size)
        self._point_hands(points, hands, photo.points)
        trunk = trunk_frames(points)
        turns, (twists, facing) = self._swings(points, trunk, photo, believed)
        wanted = (twists - photo.twists + np.pi) % (2.0 * np.pi) - np.pi
        start, full = FACING
        means = np.minimum(facing, photo.facing)
        wanted = wanted * clipped((means - start) / (full - start), 0.0, 1.0)
        twisted = photo.twisted + within(wanted)
        self._turn_hands(twisted, points, turns, hands)
        frames = self._frames(points, photo.size, trunk, turns, twisted)
        moved = frames @ photo.inverse
        moved[BodyBone.HEAD] = head_moved(photo.points[FACE], points[FACE])
        result = moved[POSED_BY]
        for side, hand in self._known(hands):
            bone = HAND_BONES[side]
            rest = photo.frames[bone] @ self.at_rest.inverse[bone]
            since = self._hand_rig.bent(side, hand) @ photo.unbent[side]
            back = self.at_rest.frames[bone] @ photo.inverse[bone]
            result[FINGER_BONES[side]] = moved[bone] @ rest @ since @ back
        return np.ascontiguousarray(result[:, :3], np.float32)

    def forearms(self, photo: Stance, landmarks: Array, belief: Array) -> Vectors:
        """Rotations ``[2, 3, 3]`` of the forearms since the rest, without twist, as ``transforms``
        has them.
        """
        points, believed = with_hands(landmarks), down_the_limbs(belief)
        keep_hips(points, photo.points, believed)
        turns, _ = self._swings(points, trunk_frames(points), photo, believed)
        return np.asarray(turns[_FOREARMS])

    def _stance(
        self,
        points: Vectors,
        size: float,
        head: Vectors,
        hands: HandPoses = NO_HANDS,
        fingers: Vectors = _STRAIGHT,
    ) -> Stance:
        self._keep_hands_fair(points, size)
        self._point_hands(points, hands, points)
        trunk = trunk_frames(points)
        turns, (twists, facing) = self._swings(points, trunk)
        twisted = np.zeros(len(LIMBS.bones))
        self._turn_hands(twisted, points, turns, hands)
        frames = self._frames(points, size, trunk, turns, twisted)
        frames[BodyBone.HEAD] = head
        inverse = np.asarray(np.linalg.inv(frames), np.float64)
        return Stance(points, size, frames, inverse, turns, twists, facing, twisted, fingers)

    def _fingers(self, hands: HandPoses) -> Vectors:
        result = _STRAIGHT.copy()
        for side, hand in enumerate(hands):
            if self.hands is not None and hand is None:
                result[side] = self.hands.at_ease(side)
        return result

    @property
    def _hand_rig(self) -> HandRig:
        assert self.hands is not None, "a rig without fingers poses no hands"
        return self.hands

    @staticmethod
    def _known(hands: HandPoses) -> list[tuple[int, HandPose]]:
        return [(side, hand) for side, hand in enumerate(hands) if hand is not None]

    def _keep_hands_fair(self, points: Vectors, size: float) -> None:
        """Hands about as long as the template's: a pose shows little of them."""
        if self.hands is None:
            return
        low, high = HAND_LENGTH
        for side, (wrist, end) in enumerate(zip(_WRISTS, HAND_ENDS, strict=True)):
            usual, bone = self._hand_lengths[side] * size, points[end] - points[wrist]
            length = _length(bone)
            fair = min(max(length, low * usual), high * usual)
            points[end] = points[wrist] + bone * (fair / max(length, NOTHING))

    def _point_hands(self, points: Vectors, hands: HandPoses, photo: Vectors) -> None:
        """Move the ends of hands that are seen to where these point, as long as in the photo."""
        for side, hand in self._known(hands):
            wrist, end = _WRISTS[side], HAND_ENDS[side]
            long = _length(photo[end] - photo[wrist])
            bone = self._hand_rig.pointed(side, points[end] - points[wrist], long, hand)
            points[end] = points[wrist] + bone

    def _turn_hands(
        self, twisted: Vectors, points: Vectors, turns: Vectors, hands: HandPoses
    ) -> None:
        """Turn hands that are seen about themselves, as far as they are believed."""
        for side, hand in self._known(hands):
            limb, bone = _HAND_LIMBS[side], HAND_BONES[side]
            along = unit(points[HAND_ENDS[side]] - points[_WRISTS[side]])
            seen = self._hand_rig.twist(side, turns[bone], along, hand)
            more = (seen - twisted[limb] + np.pi) % (2.0 * np.pi) - np.pi
            twisted[limb] += more * hand.belief

    def _swings(
        self,
        points: Vectors,
        trunk: Vectors,
        photo: Stance | None = None,
        believed: Vectors | None = None,
    ) -> tuple[Vectors, Facing]:
        """Rotations since the rest, ``[15, 3, 3]``, and how limbs face the camera; limbs that are
        not believed are moved.
        """
        turns = np.empty((BODY_BONES, 3, 3))
        turns[BodyBone.HEAD] = _UNTURNED
        turns[_TRUNK] = trunk @ self._trunk_at_rest.transpose(0, 2, 1)
        kept = None
        if photo is not None and believed is not None:
            kept = Kept(photo.points, photo.turns, believed)
        twists, means = swing_limbs(self._limbs, points, turns, kept)
        return turns, Facing(np.where(means > FACING[0], twists, 0.0), means)

    def _frames(
        self, points: Vectors, size: float, trunk: Vectors, turns: Vectors, twist: Vectors
    ) -> Vectors:
        frames = np.zeros((BODY_BONES, 4, 4))
        frames[:, 3, 3] = 1.0
        frames[BodyBone.HEAD, :3, :3] = _UNTURNED
        frames[_TRUNK, :3] = trunk_axes(points, trunk, size, self._widths)
        return frame_limbs(self._limbs, points, turns, twist, size, frames)


def _length(bone: Vectors) -> float:
    return math.sqrt(bone @ bone)
