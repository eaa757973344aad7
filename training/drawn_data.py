"""What the body driver draws of synthetic people, beside the truth: what the touch-up learns from.

One person is a photo and a driver at once: the frame that faces the camera most is the photo, the
others drive it, through the same networks, fit and binding as at run time. So the drawings have the
faults that drawings have, those of the pose networks among them.

A pose that was misjudged cannot be seen in a drawing, so it must not be taught: learned from a limb
that stands elsewhere, edges would only get soft. Each drawing therefore has the truth twice, as it
is to be measured against, and moved to where the drawing has it, with a belief how far it agrees
there.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bunraku.errors import InputError, NoPersonError, OutputError
from bunraku.runtime.drivers.body.showing import NOT_FITTED
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.models import Models
from bunraku.runtime.options import DriverKind, PuppetOptions
from bunraku.runtime.source.gaps import NETWORK_PX
from bunraku.runtime.source.window import crop
from bunraku.spec.arrays import Array
from bunraku.training.folders import make_folder
from bunraku.training.people.records import Record, compose, list_records, read_record
from bunraku.training.workers import in_processes

FARTHEST_PX = 10.0
"""How far the truth is moved at most to where the drawing has it."""
SMOOTH_PX = 2.0
"""How smoothly it is moved."""
NEAR_PX = 5.0
"""How far from the photo's own pixels what they say about the pose holds."""
AGREEING = 0.06
"""Difference of colours, of 1, from which pixels rather do not show the same."""
FEWEST = 0.02
"""Share of the photo's own pixels nearby, below which nothing is known about the pose."""


@dataclass(frozen=True)
class DrawnPairs:
    """F drawings of one person in the photo's window of n pixels, and the truth in it."""

    drawn: NDArray[np.uint8]
    """``[F, n, n, 5]``: colours, mask and trust as ``Drawn`` has them, 255 for 1."""
    flow: NDArray[np.float16]
    """``[F, n, n, 2]`` as ``Drawn`` has it."""
    truth: NDArray[np.uint8]
    """``[F, n, n, 4]``: the true person, premultiplied, and its alpha."""
    settled: NDArray[np.uint8]
    """``[F, n, n, 5]``: the same, moved to where the drawing has it, and the belief in it."""
    plate: NDArray[np.uint8]
    """``[F, n, n, 3]``: the background."""


def pairs_path(folder: Path, record: Path) -> Path:
    """person_000001.npz → FOLDER/drawn_000001.npz"""
    return folder / record.name.replace("person_", "drawn_")


def list_pairs(folder: Path) -> list[Path]:
    """All files of a folder in order. Raises InputError when there are none."""
    found = sorted(folder.glob("drawn_*.npz"))
    if not found:
        raise InputError(f"{folder} holds no drawings.", "Make some with: bunraku train drawings")
    return found


def read_pairs(path: Path) -> DrawnPairs:
    """Load one person's drawings. Raises InputError for a file that holds none."""
    try:
        with np.load(path) as stored:
            return DrawnPairs(*(stored[field.name] for field in fields(DrawnPairs)))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as exc:
        raise InputError(f"{path} is no file of drawings.", "Remove it, and draw again.") from exc


def write_pairs(path: Path, pairs: DrawnPairs) -> None:
    """Store one person's drawings; the file appears whole or not at all."""
    part = path.with_suffix(".part.npz")
    try:
        np.savez_compressed(part, **vars(pairs))
        part.replace(path)
    except OSError as exc:
        part.unlink(missing_ok=True)
        raise OutputError.of(path, exc) from exc


def draw_people(data: Path, out: Path, workers: int = 1) -> int:
    """Draw every person of ``data`` that ``out`` does not hold yet.

    :return: how many were drawn. Interrupted, it goes on where it stopped.
    :raises InputError: ``data`` holds nobody.
    :raises OutputError: the folder ``out`` cannot be made.
    """
    records = list_records(data)
    make_folder(out)
    waiting = [p for p in records if not pairs_path(out, p).exists()]
    if workers <= 1:
        for record in waiting:
            _draw(record, out)
        return len(waiting)
    return sum(1 for _ in in_processes(_draw, [(record, out) for record in waiting], workers))


_models: Models | None = None


def _draw(record: Path, out: Path) -> None:
    global _models
    if _models is None:
        _models = Models.load(
            threads=1, driver=DriverKind.BODY, face=False, hands=False, resolution=NETWORK_PX
        )
    write_pairs(pairs_path(out, record), draw_person(read_record(record), _models))


def draw_person(person: Record, models: Models) -> DrawnPairs:
    """One person's drawings; none if no body fits, or nobody is found.

    :param models: of the body driver.
    """
    turned = np.abs((person.yaw + np.pi) % (2.0 * np.pi) - np.pi)
    photo = int(turned.argmin())
    driver = models.driver(PuppetOptions())
    pairs: list[tuple[NDArray[np.generic], ...]] = []
    n = models.layout.window
    try:
        identity, report = models.make_identity(compose(person, photo), driver, models.generator())
        if NOT_FITTED in report.notes:
            return _gathered(pairs, n)
        driver.follow(compose(person, photo), 0.0, identity.subject)  # calibrates
    except NoPersonError:
        return _gathered(pairs, n)
    window = identity.source.framing.window
    bare = replace(person, rgba=np.zeros_like(person.rgba))
    for index in range(len(person)):
        driving = driver.follow(compose(person, index), 1.0 + index, identity.subject)
        if index == photo or driving is None or driving.drawn is None:
            continue
        truth = np.asarray(crop(person.rgba[index], window, n), np.uint8)
        drawn, flow = _stored(models.on_host(driving.drawn))
        plate = crop(compose(bare, index), window, n)
        pairs.append((drawn, flow, truth, settled(drawn, truth), plate))
    return _gathered(pairs, n)


def settled(drawn: NDArray[np.uint8], truth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The truth where the drawing has it, and how far it is believed: ``[n, n, 5]``.

    :param drawn: ``[n, n, 5]`` and :param truth: ``[n, n, 4]``, as ``DrawnPairs`` has them.
    """
    made, true = (part.astype(np.float32) / np.float32(255.0) for part in (drawn, truth))
    mask, own = made[..., 3:4], made[..., 3] * made[..., 4]
    made = made[..., :3] * mask
    before, after = (
        cv2.cvtColor(np.round((over * 255.0).clip(0.0, 255.0)).astype(np.uint8), cv2.COLOR_RGB2GRAY)
        for over in (made + 0.5 * (1.0 - mask), true[..., :3] + 0.5 * (1.0 - true[..., 3:]))
    )
    finder = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = _blurred(finder.calc(before, after, np.zeros((*before.shape, 2), np.float32)), SMOOTH_PX)
    length = np.linalg.norm(flow, axis=-1, keepdims=True)
    flow *= np.minimum(1.0, FARTHEST_PX / np.maximum(length, 1e-6))
    rows, columns = np.indices(before.shape, np.float32)
    border = cv2.BORDER_REPLICATE
    x, y = columns + flow[..., 0], rows + flow[..., 1]
    moved = np.asarray(cv2.remap(true, x, y, cv2.INTER_LINEAR, borderMode=border), np.float32)
    apart = np.abs(moved[..., :3] + 0.5 * (mask - moved[..., 3:]) - made).mean(-1)
    near = _blurred(own, NEAR_PX)
    apart = _blurred(apart * own, NEAR_PX) / np.maximum(near, 1e-6)
    belief = np.exp(-((apart / AGREEING) ** 2)) * (near > FEWEST)
    both = np.concatenate([moved, belief[..., None]], -1)
    return np.round(both * 255.0).astype(np.uint8)


def _blurred(values: NDArray[np.integer[Any] | np.floating[Any]], sigma_px: float) -> Array:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma_px), np.float32)


def _stored(drawn: Drawn) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    planes = np.concatenate([drawn.image, drawn.mask, drawn.trust], 1)[0].clip(0.0, 1.0)
    levels = np.round(planes.transpose(1, 2, 0) * 255.0).astype(np.uint8)
    return levels, drawn.flow[0].transpose(1, 2, 0).astype(np.float16)


def _gathered(pairs: list[tuple[NDArray[np.generic], ...]], n: int) -> DrawnPairs:
    u8 = np.uint8
    kinds = ((5, u8), (2, np.float16), (4, u8), (5, u8), (3, u8))
    arrays = [np.zeros((len(pairs), n, n, channels), kind) for channels, kind in kinds]
    for index, pair in enumerate(pairs):
        for array, part in zip(arrays, pair, strict=True):
            array[index] = part
    return DrawnPairs(*arrays)
