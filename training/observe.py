"""What the pose networks see on synthetic pictures, kept beside the records.

The IUV net is trained on the pose network's own output, so that it learns its true errors
(measured: a median landmark error of 1.6 % of the frame, torn and coarse masks).
"""

from __future__ import annotations

import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bunraku.errors import InputError, OutputError
from bunraku.spec.landmarks import LANDMARKS
from bunraku.training.workers import in_processes

if TYPE_CHECKING:
    from bunraku.runtime.pose.tracker import PoseTracker

MASK_SIDE = 128
"""Side of the stored masks: the IUV net's."""
DEPTH_SCALE, DEPTH_OFFSET = 2.4, -0.07
"""BlazePose's z against the records' metric one, as measured."""


@dataclass(frozen=True)
class Observation:
    """One person's frames as the pose networks see them."""

    landmarks: NDArray[np.float32]
    """[F, 33, 4]: x, y, z in window units, visibility."""
    mask: NDArray[np.uint8]
    """[F, 128, 128], 255 for the person."""
    found: NDArray[np.bool_]
    """[F]: whether the pose network found anybody; the rest is meaningless where it did not."""


def observation_path(record: Path) -> Path:
    """Where the observation of a record file lives: person_000001.npz → pose_000001.npz."""
    return record.with_name(record.name.replace("person_", "pose_"))


def read_observation(record: Path) -> Observation:
    """The observation of one record file; :func:`observe` makes them.

    Raises:
        InputError: there is none, or it is damaged.
    """
    path = _observed(record)
    try:
        with np.load(path) as data:
            return Observation(data["landmarks"], data["mask"], data["found"])
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as exc:
        raise _damaged(path) from exc


def check_observation(record: Path) -> None:
    """See that a record has an observation, and that it is not cut short.

    Raises:
        InputError: it has none, or a damaged one.
    """
    path = _observed(record)
    if not zipfile.is_zipfile(path):
        raise _damaged(path)


def _observed(record: Path) -> Path:
    path = observation_path(record)
    if not path.exists():
        raise InputError(f"{path.name} is missing.", "Run `bunraku synth --observe` on the folder.")
    return path


def _damaged(path: Path) -> InputError:
    return InputError(f"{path} is damaged or cut short.", "Remove it, and run again what made it.")


def write_observation(record: Path, observation: Observation) -> None:
    """Store the observation of a record file; it appears whole or not at all.

    Raises:
        OutputError: it cannot be written, or the disk is full.
    """
    path = observation_path(record)
    part = path.with_suffix(f".partial-{os.getpid()}")
    try:
        with part.open("wb") as file:
            np.savez_compressed(file, **vars(observation))
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise OutputError.of(path, exc) from exc


def observe(directory: Path, workers: int = 2) -> int:
    """Run the pose networks over every record of ``directory`` that has no observation yet.

    Returns:
        How many people were observed. Interrupted, it goes on where it stopped.
    """
    from bunraku.training.people.records import list_records

    waiting = [p for p in list_records(directory) if not observation_path(p).exists()]
    if workers <= 1:
        for record in waiting:
            observe_record(record)
        return len(waiting)
    return sum(1 for _ in in_processes(observe_record, [(one,) for one in waiting], workers))


_tracker: PoseTracker | None = None


def observe_record(record: Path) -> None:
    """Observe one person and write the result beside the record, atomically."""
    global _tracker
    from bunraku.runtime.engines.registry import EngineFactory
    from bunraku.runtime.pose.networks import PoseNetworks
    from bunraku.runtime.pose.tracker import PoseTracker
    from bunraku.training.people.records import compose, read_record

    if _tracker is None:
        _tracker = PoseTracker.load(PoseNetworks.find(), EngineFactory(threads=1), smooth=False)
    person = read_record(record)
    frames = len(person.rgba)
    side = person.rgba.shape[1]
    landmarks = np.zeros((frames, LANDMARKS, 4), np.float32)
    masks = np.zeros((frames, MASK_SIDE, MASK_SIDE), np.uint8)
    found = np.zeros(frames, np.bool_)
    for i in range(frames):
        pose = _tracker.observe(compose(person, i))
        if pose is None or pose.mask is None:
            continue
        found[i] = True
        landmarks[i, :, :3] = pose.landmarks[:, :3] / side
        # Pixel centres are whole numbers in pictures and halves in window units.
        landmarks[i, :, :2] += 0.5 / side
        landmarks[i, :, 3] = pose.landmarks[:, 3]
        step = side // MASK_SIDE
        mask = pose.mask.reshape(MASK_SIDE, step, MASK_SIDE, step).mean((1, 3))
        masks[i] = np.round(mask * 255.0).astype(np.uint8)
    write_observation(record, Observation(landmarks, masks, found))
