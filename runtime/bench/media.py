"""What is measured on: a photo and the frames of a clip, held in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av.error
import numpy as np

from bunraku.errors import ClipError, InputError
from bunraku.runtime.engines.bundle import weights_folder
from bunraku.runtime.source.opening import film_stream, open_clip
from bunraku.runtime.source.place import Read, path_of
from bunraku.spec.arrays import Picture

CLIP_FRAMES = 48
"""Of the clip, held in memory; few, because the peak of the memory is reported too."""
ASSUMED_RATE = 30.0  # frames a second, of clips that do not say


def media(photo: Path | None, clip: Path | None) -> tuple[Path, Path]:
    """The photo and the clip to measure with: the user's, those that ship, or the examples.

    :raises InputError: one is not given and none is there.
    """
    examples = Path(__file__).resolve().parents[2] / "examples"
    chosen = []
    for given, pattern in ((photo, "photo.*"), (clip, "clip.*")):
        folders = (weights_folder() / "bench", examples)
        found = [p for folder in folders for p in sorted(folder.glob(pattern))]
        if given is None and not found:
            raise InputError(
                f"This installation has no {pattern.split('.')[0]} to measure with.",
                "Name one with --photo and --clip.",
            )
        chosen.append(given if given is not None else found[0])
    return chosen[0], chosen[1]


def read_clip(path: Path, most: int = CLIP_FRAMES) -> list[Picture]:
    """Up to ``most`` frames of a clip, HWC uint8 RGB.

    :raises ClipError: it cannot be read or has no frames.
    """
    path = path_of(path, Read.CLIP)
    frames: list[Picture] = []
    try:
        with open_clip(path) as container:
            for frame in container.decode(film_stream(container, path)):
                frames.append(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8))
                if len(frames) == most:
                    break
    except av.error.FFmpegError as error:
        raise ClipError(f"{path} is damaged: {error.strerror}.", "Use another clip.") from error
    if not frames:
        raise ClipError(f"{path} has no frames.", "Use another clip.")
    return frames


def there_and_back(clip: Sequence[Picture], index: int) -> Picture:
    """Frame ``index`` of a clip without end: forwards and backwards, so that the driver does not
    jump where it starts again.
    """
    step = index % max(1, 2 * len(clip) - 2)
    return clip[min(step, 2 * len(clip) - 2 - step)]
