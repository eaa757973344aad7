"""Points of one face: MediaPipe's face landmark network with attention.

Source: mediapipe/modules/face_landmark (face_landmark_landmarks_to_roi.pbtxt,
tensors_to_face_landmarks_with_attention.pbtxt). Pixels count from the centre of the top-left pixel.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bunraku.runtime.drivers.face import mesh
from bunraku.runtime.drivers.face.measures import HeadTurn, head_turn
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.networks import FETCH_AGAIN
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_EYE, MOUTH, RIGHT_EYE

SIZE = 192
_MARGIN = 1.5  # of the crop around the face, as MediaPipe has it
_RIGHT_EYE_CORNER, _LEFT_EYE_CORNER = 33, 263
_SHARE_ABOVE = 0.45  # of the way from the eyes to the mouth lies the middle of the face


@dataclass(frozen=True, eq=False)
class Face:
    """One face in one picture."""

    points: npt.NDArray[np.float32]
    """[478,3]: x, y in pixels of the picture, z in pixels of the same scale, negative towards the
    camera; their meaning is in ``mesh``"""
    presence: float
    """0..1, how sure the network is that there is a face"""

    @cached_property
    def turn(self) -> HeadTurn:
        """How the head is turned; asked for more than once a frame."""
        return head_turn(self.points)

    @property
    def roi(self) -> Roi:
        """The crop for the next look at the same face."""
        points = self.points[: mesh.MESH, :2].astype(np.float64)
        across = points[_LEFT_EYE_CORNER] - points[_RIGHT_EYE_CORNER]
        return Roi.upright(points, math.atan2(across[1], across[0]), _MARGIN)


class FaceLandmarker:
    """Runs the network on crops of pictures; for several threads at once."""

    def __init__(self, engine: Engine, crops: Crops = HOST) -> None:
        """Look with a network that is loaded, at crops that are cut there."""
        self._look = crops.of(engine, SIZE)

    @classmethod
    def load(
        cls,
        networks: FaceNetworks,
        engines: EngineFactory | None = None,
        crops: Crops = HOST,
    ) -> FaceLandmarker:
        """Load the network; raises MissingExtraError or EngineError."""
        factory, name = engines or EngineFactory(), "face landmarks"
        path, place = networks.landmarks, crops.place
        return cls(factory.make(path, name, advice=FETCH_AGAIN, each_frame=place), crops)

    def run(self, picture: Picture, roi: Roi) -> Face:
        """Look at one crop.

        Args:
            picture: RGB u8 [H,W,3].
            roi: where the face is.

        Raises:
            EngineError: the network failed.
        """
        said = self._look(picture, roi)
        points = np.empty((mesh.POINTS, 3))
        points[: mesh.MESH] = said["mesh"].reshape(mesh.MESH, 3)
        for name, numbers in (
            ("lips", mesh.LIPS),
            ("left_eye", mesh.RIGHT_EYE),  # the network's left is the picture's
            ("right_eye", mesh.LEFT_EYE),
            ("left_iris", mesh.RIGHT_IRIS),
            ("right_iris", mesh.LEFT_IRIS),
        ):
            points[list(numbers), :2] = said[name].reshape(-1, 2)
        for iris, eye in (
            (mesh.RIGHT_IRIS, mesh.RIGHT_EYE),
            (mesh.LEFT_IRIS, mesh.LEFT_EYE),
        ):
            points[list(iris), 2] = points[list(eye[: mesh.CONTOUR]), 2].mean()
        placed = np.concatenate(
            [roi.points_to_frame(points[:, :2] / SIZE), points[:, 2:] * (roi.side / SIZE)], axis=1
        )
        logit = float(said["presence"].ravel()[0])
        presence = 1 / (1 + math.exp(-min(max(logit, -80.0), 80.0)))
        return Face(placed.astype(np.float32), presence)


def head_roi(landmarks: Array) -> Roi | None:
    """Where the face of a pose must be.

    Args:
        landmarks: [33, 2 or more] x, y in pixels.

    Returns:
        The upright square around it, or None where the pose has no face to speak of: eyes and mouth
        in one place.
    """
    right_eye, left_eye = landmarks[[RIGHT_EYE, LEFT_EYE], :2].astype(np.float64)
    eyes, mouth = (right_eye + left_eye) / 2, landmarks[list(MOUTH), :2].mean(0)
    across, down = left_eye - right_eye, mouth - eyes
    size = max(2.6 * float(np.hypot(*down)), 2.2 * float(np.hypot(*across)))
    if not size > 2:
        return None
    # Seen from the side the eyes lie on each other and say nothing about up.
    if float(np.hypot(*across)) > 0.5 * float(np.hypot(*down)):
        angle = math.atan2(across[1], across[0])
    else:
        angle = math.atan2(-down[0], down[1])
    x, y = eyes + down * _SHARE_ABOVE
    return Roi(float(x), float(y), _MARGIN * size, angle)
