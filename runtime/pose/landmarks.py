"""Landmarks and mask of one person: MediaPipe's BlazePose landmark network.

Source: mediapipe/modules/pose_landmark/pose_landmark_by_roi_cpu.pbtxt and
calculators/util/refine_landmarks_from_heatmap_calculator.cc.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bunraku.runtime.engines.protocol import Engine
from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.pose.crops import HOST, Crops
from bunraku.runtime.pose.networks import FETCH_AGAIN, PoseNetworks
from bunraku.runtime.pose.roi import Roi, paste
from bunraku.spec.arrays import Array, Picture, Tensors
from bunraku.spec.landmarks import LANDMARKS

SIZE = 256
PRESENT = 0.5
"""Presence from which a person is taken to be there."""
_ALL = 39  # the body's, and six that place the next crop, of which the first two are used
_CENTRE, _RIM = LANDMARKS, LANDMARKS + 1
_HEATMAP = 64
_REACH = 3  # heatmap cells looked at on each side of a landmark
_MIN_HEAT = 0.5
_HEAT = "heat"
_AROUND = np.arange(-_REACH, _REACH + 1)
_EACH = np.arange(_ALL)[:, None, None]  # heatmap
WITHOUT_MASK = ("landmarks", "presence", "heatmap", "world")
"""What a frame needs; the mask takes two fifths of the time."""


@dataclass(frozen=True, eq=False)
class Pose:
    """One person in one frame."""

    landmarks: npt.NDArray[np.float32]
    """[33,4]: x, y in frame pixels from the centre of the top-left pixel (they may lie outside),
    z in pixels of the same scale, negative towards the camera, about 0 at the hips; visibility
    0..1"""
    world: npt.NDArray[np.float32]
    """[33,3] metres around the hips, axes as the frame's"""
    presence: float
    """0..1, how sure the network is that there is a person"""
    mask: npt.NDArray[np.float32] | None
    """[H,W] in 0..1, or None if it was not asked for"""
    roi: Roi | None = None
    """where to look in the next frame"""
    person: int = 0
    """of who is followed through frames: another number once it is somebody else"""


@dataclass(frozen=True, eq=False)
class Landmarks:
    """What the network says about one crop."""

    points: npt.NDArray[np.float64]
    """[39,3]: x, y frame pixels, z pixels of the same scale"""
    visibility: npt.NDArray[np.float64]
    """[33] in 0..1"""
    world: npt.NDArray[np.float64]
    """[33,3] metres"""
    presence: float
    """0..1"""
    mask: npt.NDArray[np.float32] | None
    """[256,256] in 0..1, of the crop"""
    roi: Roi
    """the crop that was looked at"""


class Landmarker:
    """Runs the landmark network on crops of frames; for several threads at once.

    :param engine: with all outputs.
    :param maskless: likewise, without the mask, which takes two fifths of the time; None for
        ``engine`` itself.
    :param crops: where crops are cut.
    """

    def __init__(self, engine: Engine, maskless: Engine | None = None, crops: Crops = HOST) -> None:
        self._whole, self._maskless = (
            crops.of(one, SIZE, _near_landmarks) for one in (engine, maskless or engine)
        )

    @classmethod
    def load(
        cls, networks: PoseNetworks, engines: EngineFactory, crops: Crops = HOST
    ) -> Landmarker:
        """Load the network; raises MissingExtraError or EngineError."""
        name, path = "pose landmarks", networks.landmarks
        whole, maskless = (
            engines.make(path, name, advice=FETCH_AGAIN, outputs=outputs, each_frame=crops.place)
            for outputs in (None, WITHOUT_MASK)
        )
        return cls(whole, maskless, crops)

    def run(self, frame: Picture, roi: Roi, mask: bool = True) -> Landmarks:
        """Look at one crop.

        Args:
            frame: RGB u8 [H,W,3].
            roi: where the person is.
            mask: whether the mask is wanted too.
        """
        said = (self._whole if mask else self._maskless)(frame, roi)
        raw = said["landmarks"].reshape(_ALL, 5).astype(np.float64)
        world = said["world"].reshape(_ALL, 3)[:LANDMARKS].astype(np.float64)
        unit = raw[:, :2] / SIZE
        refine(unit, said[_HEAT])
        points = np.concatenate(
            [roi.points_to_frame(unit), raw[:, 2:3] * (roi.side / SIZE)], axis=1
        )
        return Landmarks(
            points,
            sigmoid(raw[:LANDMARKS, 3]),
            _turned(world, roi.angle),
            float(said["presence"].ravel()[0]),
            mask_of(said["mask"][0, 0]) if mask else None,
            roi,
        )


def next_roi(points: npt.NDArray[np.floating]) -> Roi:
    """The crop for the next frame from the landmarks [39,2 or 3] of this one."""
    return Roi.around(points[_CENTRE], points[_RIM])


def refine(unit: npt.NDArray[np.float64], heat: Array) -> None:
    """Move landmarks to the centre of mass of their heat nearby, in place.

    Args:
        unit: [39,2] in units of the crop.
        heat: [39,7,7] logits, of ``heat_around``. A landmark stays where its surroundings are cold.
    """
    cell = (unit * _HEATMAP).astype(np.int64)  # truncated, as MediaPipe does
    x, y = cell[:, :1] + _AROUND, cell[:, 1:] + _AROUND  # [39,7] each
    last = _HEATMAP - 1
    inside = ((y >= 0) & (y <= last))[:, :, None] & ((x >= 0) & (x <= last))[:, None, :]
    weight = np.where(inside, sigmoid(heat.astype(np.float64)), 0)
    warm = (weight.max(axis=(1, 2)) >= _MIN_HEAT) & (cell >= 0).all(1) & (cell <= last).all(1)
    total = np.maximum(weight.sum(axis=(1, 2)), 1e-9)
    refined = np.stack([(weight.sum(1) * x).sum(1), (weight.sum(2) * y).sum(1)], axis=1)
    unit[warm] = (refined / total[:, None])[warm] / _HEATMAP


def heat_around(heatmap: Any, cell: Any, around: Any = _AROUND, each: Any = _EACH) -> Any:
    """The cells of heatmaps around landmarks, of arrays and of tensors alike.

    Args:
        heatmap: [39,64,64] logits.
        cell: [39,2] int64, column and row of each landmark's own; beyond the border the cell at it
            is read.
        around: ``_AROUND``, where the heatmaps are; each: ``_EACH``, likewise.

    Returns:
        [39,7,7] rows and columns of each.
    """
    x, y = ((cell[:, axis : axis + 1] + around).clip(0, _HEATMAP - 1) for axis in range(2))
    return heatmap.reshape(_ALL, _HEATMAP, _HEATMAP)[each, y[:, :, None], x[:, None, :]]


def _near_landmarks(said: Tensors, stay: Callable[[npt.NDArray[Any]], Any]) -> Tensors:
    """What is wanted of the network: of 39 heatmaps the cells around the landmarks."""
    raw: Any = said["landmarks"]
    place = raw.reshape(_ALL, 5)[:, :2] * (_HEATMAP / SIZE)  # exact: a power of two
    cell = place.astype(np.int64) if isinstance(place, np.ndarray) else place.long()
    heat: Any = heat_around(said["heatmap"], cell, stay(_AROUND), stay(_EACH))
    return {**{name: said[name] for name in said if name != "heatmap"}, _HEAT: heat}


def mask_of(logits: Array) -> npt.NDArray[np.float32]:
    """Mask in 0..1 from the network's logits, [256,256]."""
    out = np.negative(logits)
    np.clip(out, -30, 30, out=out)
    np.exp(out, out=out)
    out += 1
    return np.reciprocal(out, out=out)


def sigmoid(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Logistic function without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(x, -80, 80))))


def _turned(world: npt.NDArray[np.float64], angle: float) -> npt.NDArray[np.float64]:
    """World landmarks of a turned crop, turned back to the frame's axes."""
    c, s = math.cos(angle), math.sin(angle)
    world[:, :2] = world[:, :2] @ np.array([[c, s], [-s, c]])
    return world


def pose_of(found: Landmarks, frame: Picture) -> Pose:
    """What was found in a crop, as a pose of the whole frame ``[H,W,3]``."""
    height, width = frame.shape[:2]
    landmarks = np.concatenate([found.points[:LANDMARKS], found.visibility[:, None]], axis=1)
    return Pose(
        landmarks.astype(np.float32),
        found.world.astype(np.float32),
        found.presence,
        None if found.mask is None else paste(found.mask, found.roi, height, width),
        next_roi(found.points),
    )
