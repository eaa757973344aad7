"""The face of one person: found by the pose's head, then followed by its own points."""

from __future__ import annotations

import math

from bunraku.runtime.drivers.face.landmarks import Face, FaceLandmarker, head_roi
from bunraku.runtime.drivers.face.networks import FaceNetworks
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Array, Picture

MIN_PRESENCE = 0.5
SURE = 0.95
"""Presence of what is a face without a doubt; of heads that the pose network sees where nobody is
few have more than 0.2."""
_LOOKS = 3  # at a still: each places the next crop
_STRAYED = 0.4  # of a crop's side: farther from the pose's head, the points follow something else
_SMALLEST_PX = 12.0  # side of a crop below which there is nothing to see


class FaceFinder:
    """Finds the face of a person whose pose is known, in stills; for several threads at once.

    Pictures are RGB u8 [H,W,3]; pixels count from the centre of the top-left pixel.
    """

    def __init__(self, landmarker: FaceLandmarker) -> None:
        """Find with a network that is loaded."""
        self._landmarker = landmarker

    @classmethod
    def load(
        cls,
        networks: FaceNetworks,
        engines: EngineFactory | None = None,
        crops: Crops = HOST,
    ) -> FaceFinder:
        """Load the network.

        Args:
            networks: from ``FaceNetworks.find()``.
            engines: of which library, with how many threads; None for the usual one.
            crops: where the crops of frames are cut.

        Raises:
            MissingExtraError: the inference library is not installed.
            EngineError: the network cannot be loaded.
        """
        return cls(FaceLandmarker.load(networks, engines, crops))

    def find(self, picture: Picture, pose: Array) -> Face | None:
        """The face in a still.

        Args:
            picture: that the pose was found in.
            pose: [33, 2 or more] its landmarks, x and y in pixels.

        Returns:
            None where no face is seen: the person turns away, or it is hidden or too small.

        Raises:
            EngineError: the network failed.
        """
        roi, face = head_roi(pose), None
        for _ in range(_LOOKS):
            if roi is None or roi.side < _SMALLEST_PX:
                return None
            face = self._landmarker.run(picture, roi)
            if face.presence < MIN_PRESENCE:
                return None
            roi = face.roi
        return face

    def is_sure(self, picture: Picture, pose: Array) -> bool:
        """Whether there is a face beyond doubt; as ``find``."""
        face = self.find(picture, pose)
        return face is not None and face.presence >= SURE

    def follower(self) -> FaceTracker:
        """A tracker of the same network, of a face of its own."""
        return FaceTracker(self._landmarker)


class FaceTracker:
    """Follows one face through frames, one at a time, with one call of the network each."""

    def __init__(self, landmarker: FaceLandmarker) -> None:
        """Follow with a network that is loaded."""
        self._landmarker = landmarker
        self.reset()

    def reset(self) -> None:
        """Forget the face: the next frame starts with the pose's head."""
        self._roi: Roi | None = None

    def track(self, frame: Picture, pose: Array) -> Face | None:
        """The face in the next frame; see ``FaceFinder.find``."""
        head = head_roi(pose)
        if head is None or head.side < _SMALLEST_PX:
            self._roi = None
            return None
        roi = self._roi
        if roi is None or _apart(roi, head) > _STRAYED * head.side:
            roi = head
        face = self._landmarker.run(frame, roi)
        if face.presence < MIN_PRESENCE and roi is not head:
            face = self._landmarker.run(frame, head)
        self._roi = face.roi if face.presence >= MIN_PRESENCE else None
        return None if self._roi is None else face


def _apart(a: Roi, b: Roi) -> float:
    return math.hypot(a.x - b.x, a.y - b.y)
