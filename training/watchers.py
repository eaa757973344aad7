"""Who looks at true and generated frames, and what they see in one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.training.contender import in_picture
from bunraku.training.face_match import FaceJudge
from bunraku.training.judge import Judge, Keypoints, Seen
from bunraku.training.likeness import LikenessJudge, Look


@dataclass(frozen=True, eq=False)
class Sight:
    """A frame in a window, and what was seen there."""

    picture: Picture
    """The window, ``[256, 256, 3]``."""
    seen: Seen | None
    face: npt.NDArray[np.float32] | None = None
    """The face's points in pixels of the whole frame, upright."""
    look: Look | None = None
    """None where nobody looks at likeness."""
    portrait: Array | None = None
    """The face's row (``LikenessJudge.face``)."""
    landmarks: Array | None = None
    """What AKD and MKR are of, ``[33, 4]`` in the window's pixels; None where nobody was seen."""

    @property
    def mask(self) -> Array | None:
        """The person's share of the window's pixels, ``[256, 256]``; None where nobody was seen."""
        return None if self.seen is None else self.seen.mask


@dataclass(frozen=True)
class Watchers:
    """Who finds people, and those of faces, likeness and keypoints where they are wanted."""

    judge: Judge
    faces: FaceJudge | None = None
    likeness: LikenessJudge | None = None
    keypoints: Keypoints | None = None
    """Of AKD and MKR; None for the judge's own. Masks and faces are where the judge sees them."""

    def see(self, picture: Picture, whole: Picture, window: Window, *, mask: bool) -> Sight:
        """Look at a frame.

        Args:
            picture: its window.
            whole: the whole frame, for the face.
            window: where the window is in it.
            mask: whether the person's share of pixels is wanted; likeness asks for it anyway.
        """
        seen = self.judge.look(picture, mask=mask or self.likeness is not None)
        face, look, portrait = None, None, None
        if self.faces is not None and seen is not None:
            face = self.faces.look(whole, in_picture(seen.landmarks, window))
        if self.likeness is not None:
            look = self.likeness.look(picture, None if seen is None else seen.mask)
            if face is not None:
                portrait = self.likeness.face(whole, face)
        if self.keypoints is not None:
            landmarks = self.keypoints.find(picture)
        else:
            landmarks = None if seen is None else seen.landmarks
        return Sight(picture, seen, face, look, portrait, landmarks)
