"""Where the pose networks lie in the user's cache, and whether they are whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from bunraku.errors import FetchError, InputError
from bunraku.runtime.cache import cache_folder

FORMAT = 2
"""Number of the layout of each folder in the cache: another number means that its networks are
fetched anew."""
DETECTOR = "pose_detection.onnx"
SEGMENTATION = "selfie_segmentation.onnx"
MANIFEST = "manifest.json"
AUTO = "auto"

FETCH_HINT = "Run `bunraku fetch` once, with a connection to the internet."
FETCH_AGAIN = "Fetch the networks again with `bunraku fetch --force`."
"""For networks that are there, and whole, but not what they should be."""


class PoseModel(StrEnum):
    """Which landmark network looks at people, photo and driver alike."""

    LITE = "lite"
    FULL = "full"
    HEAVY = "heavy"
    """Half a pixel of 256 better than full, in about three times the time."""

    @property
    def file(self) -> str:
        """Its name in the cache."""
        return f"pose_landmark_{self}.onnx"

    @classmethod
    def choose(cls, asked: str, *, live: bool) -> PoseModel:
        """What ``--pose`` means.

        :param asked: a model, or ``auto``: heavy where it has been fetched and nobody waits, else
            full. Photo and driver get the same one: they err alike, and what they err alike
            cancels out, while a heavy photo under a full driver measured worse than full for both.
        :param live: whether frames come as fast as they are shown.
        :raises InputError: it is neither.
        """
        if asked != AUTO:
            if asked not in set(cls):
                known = ", ".join(cls)
                raise InputError(f"There is no pose network {asked!r}.", f"Use {known} or {AUTO}.")
            return cls(asked)
        if live:
            return cls.FULL
        try:
            PoseNetworks.find(model=cls.HEAVY)
        except FetchError:
            return cls.FULL
        return cls.HEAVY


def pose_folder(model: PoseModel = PoseModel.FULL) -> Path:
    """The folder of the pose networks inside the cache; those of another model have their own."""
    return cache_folder() / ("pose" if model is PoseModel.FULL else f"pose-{model}")


LANDMARKS = PoseModel.FULL.file
FILES = (DETECTOR, LANDMARKS, SEGMENTATION)


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
    def find(cls, folder: Path | None = None, model: PoseModel = PoseModel.FULL) -> PoseNetworks:
        """The networks in the cache, checked against the hashes of their manifest.

        Args:
            folder: where to look instead of ``pose_folder()``.
            model: whose landmark network it is to be.

        Raises:
            FetchError: they are missing, of another version, or damaged.
        """
        folder = pose_folder() if folder is None else folder
        found = cls(*find_files(folder, FILES, "pose"))
        if model is PoseModel.FULL:
            return found
        hint = f"Run `bunraku fetch --pose {model}` once, with a connection to the internet."
        own = find_files(pose_folder(model), (model.file,), f"{model} pose", hint)
        return replace(found, landmarks=own[0])


def find_files(
    folder: Path, names: tuple[str, ...], kind: str, hint: str = FETCH_HINT
) -> list[Path]:
    """Networks in a folder of the cache, checked against the hashes of its manifest.

    Args:
        folder: the networks' own.
        names: of the files.
        kind: what the networks are called to the user: "pose".
        hint: how they are fetched.

    Raises:
        FetchError: they are missing, of another version, or damaged.
    """
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FetchError(f"The {kind} networks are not there yet.", hint) from None
    except (OSError, ValueError) as e:
        raise _damaged(folder / MANIFEST, kind, hint) from e
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise FetchError(f"The cached {kind} networks are of another version.", hint)
    files = manifest.get("files")
    for name in names:
        entry = files.get(name) if isinstance(files, dict) else None
        expected = entry.get("sha256") if isinstance(entry, dict) else None
        if expected is None or _sha256(folder / name) != expected:
            raise _damaged(folder / name, kind, hint)
    return [folder / name for name in names]


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def _damaged(path: Path, kind: str, hint: str) -> FetchError:
    return FetchError(f"The cached {kind} network {path} is missing or damaged.", hint)
