"""What is stored of a person, synthetic or of a clip: one .npz file with several frames.

Arrays (F frames): ``rgba`` uint8 [F,256,256,4] premultiplied colour and soft alpha; ``iuv`` uint8
[F,n,n,3] part, round(255 U), round(255 V), taken from the nearest sample, n 128 or 256; ``plate``
uint8 [256,256,3] background; ``shade`` uint8 [F,64,64] multiplies the plate, 255 = 1; ``landmarks``
float32 [F,33,4] in BlazePose's order: x, y in window units (0..1, origin top left), z in window
units relative to the hips, negative towards the camera, visibility 0 or 1; ``yaw`` float32 [F]
radians, 0 = facing the camera, positive = turned to the person's own right; ``half`` bool;
``seed`` and ``index`` int64; ``in_order`` bool, whether the frames follow each other, about a tenth
of a second apart: else they lie far apart, as in all files that lack it.

Of people of clips (training/prepare) all of this is as good as the networks that looked at them:
maps of 256 are the IUV net's of 128, enlarged. Their seed is -1.
"""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

import numpy as np
from PIL import Image

from bunraku.errors import InputError, OutputError

SIZE = 256
IUV_SIZE = 128
"""Side of the IUV maps, unless it is asked for another: the IUV net's."""
IUV_SIZES = IUV_SIZE, 256
"""Sides that IUV maps may have."""

_DAMAGE = (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error)
"""What reading a file raises that is none of these, or was cut short."""


def check_side(surface: int) -> None:
    """Raises InputError for a side that IUV maps of records do not have."""
    if surface not in IUV_SIZES:
        known = " or ".join(map(str, IUV_SIZES))
        raise InputError(f"Surfaces have {known} pixels, not {surface}.")


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
    in_order: bool = False

    def __len__(self) -> int:
        return len(self.rgba)


def record_path(folder: Path, index: int) -> Path:
    """``person_000123.npz``"""
    return folder / f"person_{index:06d}.npz"


def list_records(folder: Path) -> list[Path]:
    """All records of a folder in order. Raises InputError when there are none."""
    found = sorted(folder.glob("person_*.npz"))
    if not found:
        raise InputError(
            f"{folder} holds no people to learn from.",
            "Make some with `bunraku synth` or `bunraku prepare`.",
        )
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
                in_order=np.bool_(record.in_order),
            )
        partial.replace(path)
    except OSError as exc:
        partial.unlink(missing_ok=True)
        raise OutputError.of(path, exc) from exc
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
                in_order=_is_in_order(stored),
            )
    except _DAMAGE as exc:
        raise _no_record(path) from exc


def read_header(path: Path) -> tuple[int, int]:
    """Seed and number of frames of a record, without its pictures; (-1, 0) for a damaged file."""
    try:
        with np.load(path) as stored:
            return int(stored["seed"]), len(stored["yaw"])
    except _DAMAGE:
        return -1, 0


def is_in_order(path: Path) -> bool:
    """Whether a record's frames follow each other. Raises InputError for a file that is none."""
    try:
        with np.load(path) as stored:
            return _is_in_order(stored)
    except _DAMAGE as exc:
        raise _no_record(path) from exc


def _is_in_order(stored: Mapping[str, np.ndarray]) -> bool:
    return bool(stored["in_order"]) if "in_order" in stored else False


def check_record(path: Path) -> int:
    """See that a record is whole and of a size that is known, without reading its pictures.

    Returns:
        The side of its IUV maps, one of ``IUV_SIZES``.

    Raises:
        InputError: it is cut short, or no record, or its pictures are of another size.
    """
    sides = {"rgba": (SIZE,), "plate": (SIZE,), "iuv": IUV_SIZES}
    shapes = {}
    try:
        with zipfile.ZipFile(path) as stored:
            needed = {f"{one.name}.npy" for one in fields(Record) if one.default is MISSING}
            missing = needed - {*stored.namelist()}
            if missing:
                raise KeyError(missing)
            for name in sides:
                with stored.open(f"{name}.npy") as array:
                    np.lib.format.read_magic(array)
                    shapes[name], _, _ = np.lib.format.read_array_header_1_0(array)
    except _DAMAGE as exc:
        raise _no_record(path) from exc
    if shapes["rgba"][0] < 1:
        raise _no_record(path)
    for name, known in sides.items():
        found = shapes[name][-3:-1]
        if found not in [(side, side) for side in known]:
            raise InputError(
                f"{path} has pictures of {' x '.join(map(str, found))} pixels in {name!r}, and "
                f"training takes {' or '.join(f'{side} x {side}' for side in known)}.",
                "Make the folder's people again, all with this version.",
            )
    return int(shapes["iuv"][-2])


def taken_down(iuv: np.ndarray, side: int) -> np.ndarray:
    """IUV maps in fewer pixels.

    Each pixel is of the part that most of those under it are of, the first of equals, and at the
    mean of the places that these have on its chart: places on two charts have no mean.

    Args:
        iuv: uint8 [F, n, n, 3] as in records.
        side: of the result; divides n.

    Returns:
        uint8 [F, side, side, 3]; ``iuv`` itself where it has the side.
    """
    step = iuv.shape[1] // side
    if step == 1:
        return iuv
    under = np.stack([iuv[:, y::step, x::step] for y in range(step) for x in range(step)])
    parts = under[..., 0]
    votes = (parts[:, None] == parts).sum(1, dtype=np.uint8)
    part = np.take_along_axis(parts, votes.argmax(0)[None], 0)
    own = (parts == part)[..., None]
    places = (under[..., 1:] * own).sum(0, dtype=np.float32) / own.sum(0, dtype=np.float32)
    return np.concatenate([part[0, ..., None], np.round(places).astype(np.uint8)], -1)


def _no_record(path: Path) -> InputError:
    return InputError(
        f"{path} is damaged, cut short or not a record of a person.",
        "Remove it, and run again what made it.",
    )


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
