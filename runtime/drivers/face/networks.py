"""Where the face's network lies in the user's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bunraku.runtime.cache import cache_folder
from bunraku.runtime.pose.networks import find_files

FACE = "face_landmark_with_attention.onnx"


def face_folder() -> Path:
    """The folder of the face's network inside the cache."""
    return cache_folder() / "face"


@dataclass(frozen=True)
class FaceNetworks:
    """Path of the ONNX file."""

    landmarks: Path
    """image [1,3,192,192] in 0..1 -> mesh, lips, eyes and irises in pixels of the crop, presence
    (a logit)"""

    @classmethod
    def find(cls, folder: Path | None = None) -> FaceNetworks:
        """The network in the cache, checked against the hash of its manifest.

        Args:
            folder: where to look instead of ``face_folder()``.

        Raises:
            FetchError: it is missing, of another version, or damaged.
        """
        folder = face_folder() if folder is None else folder
        return cls(*find_files(folder, (FACE,), "face"))
