"""Where the hands' network lies in the user's cache."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bunraku.runtime.cache import cache_folder
from bunraku.runtime.pose.networks import find_files

HAND = "hand_landmark_lite.onnx"


def hand_folder() -> Path:
    """The folder of the hands' network inside the cache."""
    return cache_folder() / "hand"


@dataclass(frozen=True)
class HandNetworks:
    """Path of the ONNX file."""

    landmarks: Path
    """image [1,3,224,224] in 0..1 -> landmarks [1,63] in pixels of the crop, presence and right
    (0..1, whether it is a right hand), world [1,63] in metres around the hand's middle"""

    @classmethod
    def find(cls, folder: Path | None = None) -> HandNetworks:
        """The network in the cache, checked against the hash of its manifest.

        Args:
            folder: where to look instead of ``hand_folder()``.

        Raises:
            FetchError: it is missing, of another version, or damaged.
        """
        folder = hand_folder() if folder is None else folder
        return cls(*find_files(folder, (HAND,), "hand"))
