"""Scenes as the files that training reads: people as synthetic ones are stored.

A record is small, so that little is read that is not used, and its frames lie far apart: those of a
scene are dealt to its records in turn, so that each shows all that the person does. Some records of
a long scene are of frames that follow each other instead: from them motion is learned.
"""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.runtime.source.smooth_fill import smooth_colours
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import VISIBLE
from bunraku.training.observe import (
    DEPTH_OFFSET,
    DEPTH_SCALE,
    MASK_SIDE,
    Observation,
    write_observation,
)
from bunraku.training.people.records import SIZE, Record, record_path, write_record
from bunraku.training.prepare.scenes import Scene, Shot
from bunraku.training.prepare.surfaces import shrunken

FRAMES = 12
"""Of a record, at most."""
SHADE_SIDE = 64
OF_A_CLIP = -1
"""What stands in place of a synthetic person's seed."""
RECORDS = 10_000
"""Numbers that each clip has to itself."""
PLATE_FRAMES = 24
"""Frames of a scene that its background is taken from."""
_CLEAR = 13
"""Side in pixels of the square around the person that is not taken for background."""

IN_ORDER_EVERY = 4
"""One in so many records of a scene is of frames that follow each other."""
_GAP = 1.5
"""Of the usual step from frame to frame: beyond it some were left out."""

_FILE = re.compile(r"(?:person|pose)_(\d+)\.")


def pack(scene: Scene, folder: Path, first: int, *, runs: bool = False) -> int:
    """Write a scene's records and observations; each file appears whole or not at all, and a record
    after its observation, so that none is read without.

    Args:
        scene: of at least one shot.
        folder: where to.
        first: number of the first record.
        runs: whether some records shall be of frames that follow each other.

    Returns:
        How many records there are.

    Raises:
        OutputError: the folder cannot be written to, or the disk is full.
    """
    plate = plate_of(scene.shots)
    count = -(-len(scene.shots) // FRAMES)
    wanted = count // IN_ORDER_EVERY if runs else 0
    ordered = runs_of([shot.index for shot in scene.shots], wanted)
    taken = {at for run in ordered for at in run}
    rest = [shot for at, shot in enumerate(scene.shots) if at not in taken]
    count -= len(ordered)
    dealt = [rest[number::count] for number in range(count)]
    groups = [*dealt, *([scene.shots[at] for at in run] for run in ordered)]
    for number, shots in enumerate(groups):
        index = first + number
        in_order = number >= count
        record = record_of(shots, plate, half=scene.half, index=index, in_order=in_order)
        write_observation(record_path(folder, index), observation_of(shots))
        write_record(folder, record)
    return len(groups)


def runs_of(frames: list[int], count: int) -> list[range]:
    """Up to so many runs of ``FRAMES`` shots that follow each other, spread over a scene.

    Args:
        frames: each shot's number in its clip, rising.
        count: how many runs.

    Returns:
        Places in ``frames``; none is in two runs, and none of them leaves a frame out.
    """
    steps = np.diff(frames)
    usual = np.median(steps) * _GAP if len(steps) else 0.0
    runs: list[range] = []
    for share in range(count):
        start = max(share * len(frames) // count, runs[-1].stop if runs else 0)
        whole = (
            at
            for at in range(start, len(frames) - FRAMES + 1)
            if (steps[at : at + FRAMES - 1] <= usual).all()
        )
        at = next(whole, None)
        if at is not None:
            runs.append(range(at, at + FRAMES))
    return runs


def record_of(
    shots: list[Shot], plate: Picture, *, half: bool, index: int, in_order: bool = False
) -> Record:
    """Some shots of a scene as a record."""
    landmarks = np.stack([shot.landmarks for shot in shots]).astype(np.float32)
    landmarks[..., 2] = (landmarks[..., 2] - DEPTH_OFFSET) / DEPTH_SCALE
    landmarks[..., 3] = landmarks[..., 3] >= VISIBLE
    return Record(
        rgba=np.stack([_cut_out(shot) for shot in shots]),
        iuv=np.stack([shot.iuv for shot in shots]),
        plate=plate,
        shade=np.full((len(shots), SHADE_SIDE, SHADE_SIDE), 255, np.uint8),
        landmarks=landmarks,
        yaw=np.array([shot.yaw for shot in shots], np.float32),
        half=half,
        seed=OF_A_CLIP,
        index=index,
        in_order=in_order,
    )


def observation_of(shots: list[Shot]) -> Observation:
    """What the pose networks saw in them."""
    masks = np.stack([shrunken(shot.mask, MASK_SIDE) for shot in shots])
    return Observation(
        np.stack([shot.landmarks for shot in shots]).astype(np.float32),
        np.round(masks * 255.0).astype(np.uint8),
        np.ones(len(shots), np.bool_),
    )


def plate_of(shots: list[Shot]) -> Picture:
    """The background: the median of what is seen of it, and smooth colours where nothing is.

    Returns:
        ``[256, 256, 3]``.
    """
    few = shots[:: -(-len(shots) // PLATE_FRAMES)]
    pictures = np.stack([shot.picture for shot in few])
    square = np.ones((_CLEAR, _CLEAR), np.uint8)
    hidden = [cv2.dilate(_people(shot).astype(np.uint8), square) > 0 for shot in few]
    plate, unseen = _median(pictures, ~np.stack(hidden))
    if unseen.all():
        plate[:] = pictures.reshape(-1, 3).mean(0).astype(np.uint8)
    elif unseen.any():
        smooth = cv2.resize(smooth_colours(plate, unseen.astype(np.uint8)), (SIZE, SIZE))
        plate[unseen] = np.clip(smooth[unseen] + 0.5, 0.0, 255.0).astype(np.uint8)
    return plate


def _people(shot: Shot) -> NDArray[np.bool_]:
    """Where the person is, or somebody else who is followed."""
    person: NDArray[np.bool_] = shot.mask > 0.1
    return person if shot.others is None else person | shot.others


def clear(folder: Path, kept: set[int]) -> None:
    """Remove what is left of clips that were not finished, or have changed since.

    Args:
        folder: of records.
        kept: numbers of the clips that are complete.
    """
    for path in folder.iterdir():
        found = _FILE.match(path.name)
        if found is not None and int(found[1]) // RECORDS not in kept:
            path.unlink(missing_ok=True)


def _cut_out(shot: Shot) -> NDArray[np.uint8]:
    mask = shot.mask[..., None]
    return np.round(np.concatenate([shot.picture * mask, mask * 255.0], 2)).astype(np.uint8)


def _median(
    pictures: NDArray[np.uint8], seen: NDArray[np.bool_]
) -> tuple[Picture, NDArray[np.bool_]]:
    """The median of each pixel's colours where it is seen, and which pixels never are."""
    count = seen.sum(0)
    # What is not seen is sorted behind the rest.
    levels = np.where(seen[..., None], pictures.astype(np.uint16), 256)
    levels.sort(0)
    middle = np.maximum(count - 1, 0)[None, ..., None] // 2
    found = np.take_along_axis(levels, np.broadcast_to(middle, (1, *pictures.shape[1:])), 0)[0]
    return np.minimum(found, 255).astype(np.uint8), count == 0
