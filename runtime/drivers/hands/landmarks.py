"""Points of one hand: MediaPipe's hand landmark network.

Source: mediapipe/modules/hand_landmark (hand_landmark_landmarks_to_roi.pbtxt) and
mediapipe/modules/holistic_landmark (hand_landmarks_from_pose_to_recrop_roi.pbtxt). Pixels count
from the centre of the top-left pixel.

The 21 points: the wrist, then four of each finger from the hand outwards, the thumb first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.hands.networks import HandNetworks
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.networks import FETCH_AGAIN
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import (
    LEFT_HAND,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from bunraku.spec.skeleton import SIDES

SIZE = 224
POINTS = 21
WRIST = 0
KNUCKLES = (5, 9, 13, 17)
"""Where the fingers begin, the index first."""
_MIDDLES = (6, 10, 14)  # second joints of index, middle and ring finger
_PALM = (0, 1, 2, 3, 5, 6, 9, 10, 13, 14, 17, 18)  # what the next crop is laid around
_MARGIN = 2.0  # of that crop, as MediaPipe has it
_POSE_MARGIN = 5.4  # of a crop by the pose, in ways from the wrist to the knuckles
_LEAST = 0.8  # side of a crop by the pose, in widths of the shoulders: hands point at the camera
_POSE_FORWARD = 0.2  # of that way the crop's middle lies beyond the knuckles
_FORWARD = 0.1  # of a crop's side it is moved towards the fingers
WRISTS = (LEFT_WRIST, RIGHT_WRIST)
HANDS = (LEFT_HAND, RIGHT_HAND)


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand in one picture."""

    points: npt.NDArray[np.float32]
    """[21,3]: x, y in pixels of the picture, z in pixels of the same scale, negative towards the
    camera"""
    world: npt.NDArray[np.float32]
    """[21,3]: metres around the hand's middle, along the picture's axes, z away from the camera"""
    presence: float
    """0..1, how sure the network is that there is a hand"""
    right: float
    """0..1, how sure it is that this is a right hand, the person's own right"""
    inside: float
    """0..1, the share of the points that lie in the picture: the rest are guessed"""

    @property
    def roi(self) -> Roi:
        """The crop for the next look at the same hand."""
        points = self.points[:, :2].astype(np.float64)
        first, middle, last = points[list(_MIDDLES)]
        along = ((first + last) / 2 + middle) / 2 - points[WRIST]
        angle = math.atan2(along[0], -along[1])
        return Roi.upright(points[list(_PALM)], angle, _MARGIN, _FORWARD)

    @property
    def length_px(self) -> float:
        """From the wrist to the middle finger's knuckle, in the picture and in depth."""
        return float(np.linalg.norm(self.points[KNUCKLES[1]] - self.points[WRIST]))

    @property
    def per_metre(self) -> float:
        """Pixels a metre: more of a hand that is held out to the camera."""
        places, metres = (at[:, :2] - at[:, :2].mean(0) for at in (self.points, self.world))
        return float((places * metres).sum() / max(float(np.square(metres).sum()), 1e-9))


class HandLandmarker:
    """Runs the network on crops of pictures; for several threads at once."""

    def __init__(self, engine: Engine, crops: Crops = HOST) -> None:
        """Look with a network that is loaded, at crops that are cut there."""
        self._look = crops.of(engine, SIZE)

    @classmethod
    def load(
        cls,
        networks: HandNetworks,
        engines: EngineFactory | None = None,
        crops: Crops = HOST,
    ) -> HandLandmarker:
        """Load the network; raises MissingExtraError or EngineError."""
        factory, name = engines or EngineFactory(), "hand landmarks"
        path, place = networks.landmarks, crops.place
        engine = factory.make(path, name, advice=FETCH_AGAIN, each_frame=place, bears_bf16=True)
        return cls(engine, crops)

    def run(self, picture: Picture, roi: Roi) -> Hand:
        """Look at one crop.

        Args:
            picture: RGB u8 [H,W,3].
            roi: where the hand is, its fingers up.

        Raises:
            EngineError: the network failed.
        """
        said = self._look(picture, roi)
        points = said["landmarks"].reshape(POINTS, 3).astype(np.float64)
        placed = np.concatenate(
            [roi.points_to_frame(points[:, :2] / SIZE), points[:, 2:] * (roi.side / SIZE)], axis=1
        )
        world = said["world"].reshape(POINTS, 3).astype(np.float64)
        c, s = math.cos(roi.angle), math.sin(roi.angle)
        world[:, :2] = world[:, :2] @ np.array([[c, s], [-s, c]])
        return Hand(
            placed.astype(np.float32),
            world.astype(np.float32),
            float(said["presence"].ravel()[0]),
            float(said["right"].ravel()[0]),
            float(((placed[:, :2] >= 0) & (placed[:, :2] < picture.shape[1::-1])).all(1).mean()),
        )


def hand_rois(landmarks: Array) -> tuple[Roi, Roi]:
    """Where the hands of a pose must be, the left one first.

    Args:
        landmarks: [33, 2 or more] x, y in pixels.
    """
    left, right = (_hand_roi(landmarks[:, :2].astype(np.float64), side) for side in range(SIDES))
    return left, right


def _hand_roi(points: npt.NDArray[np.float64], side: int) -> Roi:
    little, index, _ = HANDS[side]
    wrist = points[WRISTS[side]]
    middle = (2.0 * points[index] + points[little]) / 3.0
    along = middle - wrist
    x, y = middle + _POSE_FORWARD * along
    shoulders = float(np.hypot(*(points[LEFT_SHOULDER] - points[RIGHT_SHOULDER])))
    side_px = max(_POSE_MARGIN * float(np.hypot(*along)), _LEAST * shoulders)
    return Roi(float(x), float(y), side_px, math.atan2(along[0], -along[1]))
