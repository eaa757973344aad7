"""What is stored of a synthetic person: one .npz file with several frames.

Arrays (F frames): ``rgba`` uint8 [F,256,256,4] premultiplied colour and soft alpha; ``iuv`` uint8
[F,128,128,3] part, round(255 U), round(255 V), taken from the nearest sample; ``plate`` uint8
[256,256,3] background; ``shade`` uint8 [F,64,64] multiplies the plate, 255 = 1; ``landmarks``
float32 [F,33,4] in BlazePose's order: x, y in window units (0..1, origin top left), z in window
units relative to the hips, negative towards the camera, visibility 0 or 1; ``yaw`` float32 [F]
radians, 0 = facing the camera, positive = turned to the person's own right; ``half`` bool;
``seed`` and ``index`` int64.
"""

from __future__ import annotations

import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bunraku.errors import InputError, OutputError

SIZE = 256
IUV_SIZE = 128


@dataclass(frozen=True)
class Record:
    """The frames of one person; arrays as in the module's docstring."""

    rgba: np.ndarray
    iuv: np.ndarray
    plate: np.ndarray
    shade: np.ndarray
    landmarks: np.ndarray
    yaw: np.ndarray
    half: bool
    seed: int
    index: int

    def __len__(self) -> int:
        return len(self.rgba)


def record_path(folder: Path, index: int) -> Path:
    """``person_000123.npz``"""
    return folder / f"person_{index:06d}.npz"


def list_records(folder: Path) -> list[Path]:
    """All records of a folder in order. Raises InputError when there are none."""
    found = sorted(folder.glob("person_*.npz"))
    if not found:
        raise InputError(f"{folder} holds no synthetic people.", "Make some with: bunraku synth")
    return found


def write_record(folder: Path, record: Record) -> Path:
    """Store a record under its index; the file appears whole or not at all."""
    path = record_path(folder, record.index)
    partial = path.with_suffix(f".partial-{os.getpid()}")
    try:
        with partial.open("wb") as file:
            np.savez(
                file,
                rgba=record.rgba,
                iuv=record.iuv,
                plate=record.plate,
                shade=record.shade,
                landmarks=record.landmarks,
                yaw=record.yaw,
                half=np.bool_(record.half),
                seed=np.int64(record.seed),
                index=np.int64(record.index),
            )
        partial.replace(path)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise OutputError(f"{path} cannot be written: {exc.strerror}.") from exc
    return path


def read_record(path: Path) -> Record:
    """Load a record. Raises InputError for a file that is none."""
    try:
        with np.load(path) as stored:
            return Record(
                rgba=stored["rgba"],
                iuv=stored["iuv"],
                plate=stored["plate"],
                shade=stored["shade"],
                landmarks=stored["landmarks"],
                yaw=stored["yaw"],
                half=bool(stored["half"]),
                seed=int(stored["seed"]),
                index=int(stored["index"]),
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise InputError(f"{path} is not a record of a synthetic person.") from exc


def read_header(path: Path) -> tuple[int, int]:
    """Seed and number of frames of a record, without its pictures; (-1, 0) for a damaged file."""
    try:
        with np.load(path) as stored:
            return int(stored["seed"]), len(stored["yaw"])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return -1, 0


def compose(record: Record, i: int) -> np.ndarray:
    """Picture of frame ``i``, uint8 [256,256,3] RGB: the person over the shaded plate."""
    size = record.plate.shape[0]
    shade = Image.fromarray(record.shade[i]).resize((size, size), Image.Resampling.BILINEAR)
    alpha = record.rgba[i, ..., 3:].astype(np.float32) / 255
    plate = record.plate * (np.asarray(shade, np.float32)[..., None] / 255)
    return (
        np.asarray(record.rgba[i, ..., :3] + plate * (1 - alpha) + 0.5)
        .clip(0, 255)
        .astype(np.uint8)
    )
