"""Where the pose networks lie in the user's cache, and whether they are whole."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from bunraku.errors import FetchError

FORMAT = 2
"""Number of the layout of each folder in the cache: another number means that its networks are
fetched anew."""
DETECTOR = "pose_detection.onnx"
LANDMARKS = "pose_landmark_full.onnx"
SEGMENTATION = "selfie_segmentation.onnx"
FILES = (DETECTOR, LANDMARKS, SEGMENTATION)
MANIFEST = "manifest.json"

FETCH_HINT = "Run `bunraku fetch` once, with a connection to the internet."
FETCH_AGAIN = "Fetch the networks again with `bunraku fetch --force`."
"""For networks that are there, and whole, but not what they should be."""


def cache_folder() -> Path:
    """The folder for everything that Bunraku fetches: BUNRAKU_CACHE, or the system's place."""
    chosen = os.environ.get("BUNRAKU_CACHE")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("bunraku"))


def pose_folder() -> Path:
    """The folder of the pose networks inside the cache."""
    return cache_folder() / "pose"


@dataclass(frozen=True)
class PoseNetworks:
    """Paths of the three ONNX files."""

    detector: Path
    """image [1,3,224,224] in -1..1 -> boxes [1,2254,12], scores [1,2254,1] (logits)"""
    landmarks: Path
    """image [1,3,256,256] in 0..1 -> landmarks, presence, mask, heatmap, world"""
    segmentation: Path
    """image [1,3,256,256] in 0..1 -> mask [1,1,256,256] in 0..1"""

    @classmethod
    def find(cls, folder: Path | None = None) -> PoseNetworks:
        """The networks in the cache, checked against the hashes of their manifest.

        Args:
            folder: where to look instead of ``pose_folder()``.

        Raises:
            FetchError: they are missing, of another version, or damaged.
        """
        folder = pose_folder() if folder is None else folder
        return cls(*find_files(folder, FILES, "pose"))


def find_files(folder: Path, names: tuple[str, ...], kind: str) -> list[Path]:
    """Networks in a folder of the cache, checked against the hashes of its manifest.

    Args:
        folder: the networks' own.
        names: of the files.
        kind: what the networks are called to the user: "pose".

    Raises:
        FetchError: they are missing, of another version, or damaged.
    """
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FetchError(f"The {kind} networks are not there yet.", FETCH_HINT) from None
    except (OSError, ValueError) as e:
        raise _damaged(folder / MANIFEST, kind) from e
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise FetchError(f"The cached {kind} networks are of another version.", FETCH_HINT)
    files = manifest.get("files")
    for name in names:
        entry = files.get(name) if isinstance(files, dict) else None
        expected = entry.get("sha256") if isinstance(entry, dict) else None
        if expected is None or _sha256(folder / name) != expected:
            raise _damaged(folder / name, kind)
    return [folder / name for name in names]


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _damaged(path: Path, kind: str) -> FetchError:
    return FetchError(f"The cached {kind} network {path} is missing or damaged.", FETCH_HINT)
