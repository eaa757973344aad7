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

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.drivers.body.face_points import FACE, face_middle, face_moved
from bunraku.runtime.drivers.body.limbs import (
    HAND_ENDS,
    LIMB_LEVELS,
    LIMBS,
    POSED_BY,
    down_the_limbs,
    with_hands,
    within,
)
from bunraku.runtime.drivers.body.trunk import NOTHING, trunk_frames
from bunraku.runtime.drivers.body.turning import (
    Vectors,
    about,
    cross,
    dot,
    swing,
    unit,
)
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES, HandRig
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from bunraku.spec.skeleton import BODY_BONES, FINGERS, JOINTS, SIDES, BodyBone

FACING = (0.25, 0.6)
"""How far a bone lies in the picture, as a sine, before its side towards the camera means anything,
and from where it means all."""
SHORTEST = 0.5
"""Shoulders and hips count as at least this wide, in rest widths: a frame must have an inverse."""
HEAD_SCALE = 0.75, 1.33
"""By how much a head may look smaller or larger than in the photo."""
HAND_LENGTH = 0.85, 1.2
"""How long a hand may be, in lengths of the template's, if fingers are posed."""
NO_HANDS: HandPoses = (None, None)

_STRAIGHT = np.tile(np.eye(4), (SIDES, FINGERS, JOINTS, 1, 1))
_TRUNK = np.array([BodyBone.CHEST, BodyBone.PELVIS])
_PAIRS = np.array([[LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP]])
_TOWARDS_CAMERA = np.array([0.0, 0.0, -1.0])
_HAND_LIMBS = tuple(int(np.flatnonzero(LIMBS.bones == bone)[0]) for bone in HAND_BONES)
_WRISTS = LEFT_WRIST, RIGHT_WRIST
_FOREARMS = np.array([BodyBone.FOREARM_L, BodyBone.FOREARM_R])


@dataclass(frozen=True, eq=False)
class Stance:
    """How the photo's person stands."""

    points: Vectors
    """``[35, 3]`` (``with_hands``)."""
    size: float
    """Pixels a metre of the template."""
    frames: Vectors
    """``[15, 4, 4]``, from a bone's own axes to the window."""
    inverse: Vectors
    turns: Vectors
    """``[15, 3, 3]``, each bone's rotation since the rest, without twist."""
    twists: Vectors
    """``[12]`` radians from the rest's front to the camera, of ``LIMBS``."""
    facing: Vectors
    """``[12]`` how much that means, the sine of the bone against the line of sight."""
    twisted: Vectors
    """``[12]`` radians by which the frames are turned about their bones: hands that are seen."""
    fingers: Vectors
    """``[2, 5, 3, 4, 4]``: where the body's finger bones are bent to since the rest, at hands at
    rest: nowhere, or to where they are at ease if the photo does not tell."""

    def placed(self, bones: Vectors) -> Array:
        """``[len(BodyBone), 3, 4]``: bones ``[15, 4, 4]`` of the body at rest that have been moved
        to the photo, with the fingers as they are bent there."""
        result = bones[POSED_BY]
        for side, hand in enumerate(HAND_BONES):
            result[FINGER_BONES[side]] = bones[hand] @ self.fingers[side]
        return np.ascontiguousarray(result[:, :3], np.float32)


class Rig:
    """Poses bones by landmarks.

    :param rest: ``[33, 3]``, the template's landmarks at rest, in metres.
    :param fingers: ``[2, 5, 4, 3]``, its fingers (``Template.fingers``); None to leave them.
    """

    def __init__(self, rest: Array, fingers: Array | None = None) -> None:
        self.rest = with_hands(rest)
        self._widths = np.linalg.norm(self.rest[_PAIRS[:, 0]] - self.rest[_PAIRS[:, 1]], axis=1)
        self._trunk_at_rest = trunk_frames(self.rest)
        along = unit(self.rest[LIMBS.ends] - self.rest[LIMBS.starts])
        self._along = along
        self._level_along = np.split(along, len(LIMB_LEVELS))
        across = unit(cross(along, np.array([[0.1, 0.2, 1.0]])))
        self._across = np.stack([across, cross(along, across)], -1)
        hands = list(_HAND_LIMBS)
        self.hands: HandRig | None = None
        if fingers is not None:
            axes = along[hands], self._across[hands, :, 0]
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
        self._keep_hips(points, photo, believed)
        self._keep_hands_fair(points, photo.size)
        self._point_hands(points, hands, self._hand_lengths(photo.points))
        turns = self._swings(points, photo, believed)
        twists, facing = self._facing(points, turns)
        wanted = (twists - photo.twists + np.pi) % (2.0 * np.pi) - np.pi
        start, full = FACING
        means = np.minimum(facing, photo.facing)
        wanted = wanted * np.clip((means - start) / (full - start), 0.0, 1.0)
        twisted = photo.twisted + within(wanted)
        self._turn_hands(twisted, points, turns, hands)
        frames = self._frames(points, photo.size, turns, twisted)
        moved = frames @ photo.inverse
        moved[BodyBone.HEAD] = self._head(photo.points, points)
        result = moved[POSED_BY]
        for side, hand in self._known(hands):
            bone = HAND_BONES[side]
            rest = photo.frames[bone] @ self.at_rest.inverse[bone]
            bent = self._hand_rig.bent(side, hand)
            since = bent @ np.linalg.inv(photo.fingers[side])
            result[FINGER_BONES[side]] = moved[bone] @ rest @ since @ np.linalg.inv(rest)
        return np.ascontiguousarray(result[:, :3], np.float32)

    def forearms(self, photo: Stance, landmarks: Array, belief: Array) -> Vectors:
        """Rotations ``[2, 3, 3]`` of the forearms since the rest, without twist, as ``transforms``
        has them.
        """
        points, believed = with_hands(landmarks), down_the_limbs(belief)
        self._keep_hips(points, photo, believed)
        return np.asarray(self._swings(points, photo, believed)[_FOREARMS])

    def _stance(
        self,
        points: Vectors,
        size: float,
        head: Vectors,
        hands: HandPoses = NO_HANDS,
        fingers: Vectors = _STRAIGHT,
    ) -> Stance:
        self._keep_hands_fair(points, size)
        self._point_hands(points, hands, self._hand_lengths(points))
        turns = self._swings(points)
        twisted = np.zeros(len(LIMBS.bones))
        self._turn_hands(twisted, points, turns, hands)
        frames = self._frames(points, size, turns, twisted)
        frames[BodyBone.HEAD] = head
        twists, facing = self._facing(points, turns)
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

    @staticmethod
    def _hand_lengths(points: Vectors) -> Vectors:
        bones = points[list(HAND_ENDS)] - points[list(_WRISTS)]
        return np.asarray(np.sqrt(dot(bones, bones)))

    def _keep_hands_fair(self, points: Vectors, size: float) -> None:
        """Hands about as long as the template's: a pose shows little of them."""
        if self.hands is None:
            return
        usual = self._hand_lengths(self.rest) * size
        length = self._hand_lengths(points)
        low, high = HAND_LENGTH
        factor = np.clip(length, low * usual, high * usual) / np.maximum(length, NOTHING)
        for wrist, end, stretch in zip(_WRISTS, HAND_ENDS, factor, strict=True):
            points[end] = points[wrist] + (points[end] - points[wrist]) * stretch

    def _point_hands(self, points: Vectors, hands: HandPoses, lengths: Vectors) -> None:
        """Move the ends of hands that are seen to where these point."""
        for side, hand in self._known(hands):
            wrist, end = _WRISTS[side], HAND_ENDS[side]
            bone = self._hand_rig.pointed(side, points[end] - points[wrist], lengths[side], hand)
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

    def _head(self, photo: Vectors, points: Vectors) -> Vectors:
        before, now = photo[FACE], points[FACE]
        scale, turn, _ = face_moved(before, now)
        scale = min(max(scale, HEAD_SCALE[0]), HEAD_SCALE[1])
        moved = np.eye(4)
        moved[:3, :3] = scale * turn
        moved[:3, 3] = face_middle(now) - scale * turn @ face_middle(before)
        return moved

    def _trunk(self, points: Vectors, size: float) -> Vectors:
        """Frames of chest and pelvis, ``[2, 3, 4]``."""
        pairs = points[_PAIRS]
        middles = 0.5 * (pairs[:, 0] + pairs[:, 1])
        wide = pairs[:, 0] - pairs[:, 1]
        length = np.sqrt(dot(wide, wide))
        wide[length < NOTHING] = -_TOWARDS_CAMERA * NOTHING
        least = SHORTEST * self._widths * size
        wide *= np.maximum(1.0, least / np.maximum(length, NOTHING))[:, None]
        axis = np.broadcast_to(middles[1] - middles[0], wide.shape)
        away = unit(cross(wide, axis)) * size
        return np.stack([wide, axis, away, middles], -1)

    def _swings(
        self, points: Vectors, photo: Stance | None = None, believed: Vectors | None = None
    ) -> Vectors:
        """Rotations since the rest, ``[15, 3, 3]``; limbs that are not believed are moved."""
        turns = np.empty((BODY_BONES, 3, 3))
        turns[BodyBone.HEAD] = np.eye(3)
        turns[_TRUNK] = trunk_frames(points) @ self._trunk_at_rest.transpose(0, 2, 1)
        for level, along in zip(LIMB_LEVELS, self._level_along, strict=True):
            parent = turns[level.parents]
            start = points[level.starts]
            if photo is not None and believed is not None:
                since = parent @ photo.turns[level.parents].transpose(0, 2, 1)
                bone = photo.points[level.ends] - photo.points[level.starts]
                kept = start + (since @ bone[..., None])[..., 0]
                share = believed[level.ends][:, None]
                points[level.ends] = kept + (points[level.ends] - kept) * share
            now = unit(points[level.ends] - start)
            turns[level.bones] = swing(unit((parent @ along[..., None])[..., 0]), now) @ parent
        return turns

    def _facing(self, points: Vectors, turns: Vectors) -> tuple[Vectors, Vectors]:
        """Angle of each limb from its rest's front to the camera, and how much it means."""
        along = unit(points[LIMBS.ends] - points[LIMBS.starts])
        front = -turns[LIMBS.bones][:, :, 2]
        front = unit(front - along * dot(front, along)[:, None])
        camera = _TOWARDS_CAMERA + along * along[:, 2:]
        means = np.sqrt(dot(camera, camera))
        camera = unit(camera)
        angle = np.arctan2(dot(cross(front, camera), along), dot(front, camera))
        return np.where(means > FACING[0], angle, 0.0), means

    def _frames(self, points: Vectors, size: float, turns: Vectors, twist: Vectors) -> Vectors:
        frames = np.zeros((BODY_BONES, 4, 4))
        frames[:, 3, 3] = 1.0
        frames[BodyBone.HEAD] = np.eye(4)
        frames[_TRUNK, :3] = self._trunk(points, size)
        bone = points[LIMBS.ends] - points[LIMBS.starts]
        away = (turns[LIMBS.bones] @ self._along[..., None])[..., 0]
        bone += away * (dot(bone, bone) < NOTHING**2)[:, None] * NOTHING
        across = about(unit(bone), twist) @ turns[LIMBS.bones] @ self._across * size
        frames[LIMBS.bones, :3, 0] = bone
        frames[LIMBS.bones, :3, 1:3] = across
        frames[LIMBS.bones, :3, 3] = points[LIMBS.starts]
        return frames

    @staticmethod
    def _keep_hips(points: Vectors, photo: Stance, believed: Vectors) -> None:
        shoulders, hips = _PAIRS
        shift = points[shoulders].mean(0) - photo.points[shoulders].mean(0)
        kept = photo.points[hips] + shift
        points[hips] = kept + (points[hips] - kept) * believed[hips].min()
