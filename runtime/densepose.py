"""Where the driver stands, as the networks want to know it: landmarks, then an IUV map.

``DensePoseEstimator`` is the seam: the paper's DensePose network is one choice behind it, and
``BlazePoseEstimator``, pose networks and a small net from landmarks to IUV, is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bunraku.errors import BundleError
from bunraku.runtime.arrays import Array, Picture
from bunraku.runtime.engine import Engine
from bunraku.runtime.pose import Pose, PoseTracker
from bunraku.runtime.skeleton import LANDMARKS

CHANNELS = 73
"""25 part scores, the background first, then 24 U and 24 V."""
CONFIDENT = 0.5
"""Presence from which a person is taken to be there."""


@dataclass(frozen=True, eq=False)
class DensePose:
    """One person in one window."""

    densepose: Array
    """P, ``[1, 73, n, n]``, each in [0, 1]: 25 part scores, 24 U, 24 V."""
    landmarks: Array
    """``[33, 4]``: x, y, z in window units, visibility."""
    confidence: float
    """In [0, 1]."""
    mask: Array | None = None
    """``[n, n]`` in [0, 1], what the map was told of the outline, if anything."""


class DensePoseEstimator(Protocol):
    """Finds a person and maps its surface."""

    def count(self, picture: Picture) -> int:
        """How many people a picture shows."""

    def observe(self, picture: Picture) -> Pose | None:
        """The largest person of a picture by itself, with a mask."""

    def track(self, frame: Picture, time_s: float) -> Pose | None:
        """The person followed through frames; None while nobody is found."""

    def estimate(self, landmarks: Array, mask: Array | None, confidence: float) -> DensePose:
        """The IUV map of a person.

        :param landmarks: ``[33, 4]`` in window units.
        :param mask: ``[n, n]`` in [0, 1], the person's outline in the window; None for none.
        """

    def reset(self) -> None:
        """Forget the person that was followed."""


class BlazePoseEstimator:
    """MediaPipe's pose networks and the IUV net (see ``DensePoseEstimator``).

    :param tracker: the pose networks.
    :param engine: the IUV net: landmarks ``[1, 33, 4]`` and mask ``[1, 1, n, n]`` (zero for none)
        to densepose ``[1, 73, n, n]``.
    :param mask: whether frames are tracked with a mask.
    :raises BundleError: the engine is not an IUV net.
    """

    def __init__(self, tracker: PoseTracker, engine: Engine, *, mask: bool = False) -> None:
        self._tracker = tracker
        self._engine = engine
        self._mask = mask
        shapes = dict(engine.inputs), dict(engine.outputs)
        side = engine.inputs.get("mask", (0,))[-1]
        expected = (
            {"landmarks": (1, LANDMARKS, 4), "mask": (1, 1, side, side)},
            {"densepose": (1, CHANNELS, side, side)},
        )
        if shapes != expected:
            raise BundleError(
                f"The engine {engine.name!r} is not an IUV net: "
                f"it maps {shapes[0]} to {shapes[1]}.",
                "Give the folder of an IUV bundle.",
            )
        self._no_mask = np.zeros((1, 1, side, side), np.float32)

    @property
    def size(self) -> int:
        """Side of the IUV maps, in pixels."""
        return int(self._no_mask.shape[-1])

    def count(self, picture: Picture) -> int:
        return len(self._tracker.detect(picture))

    def observe(self, picture: Picture) -> Pose | None:
        return self._tracker.observe(picture)

    def track(self, frame: Picture, time_s: float) -> Pose | None:
        return self._tracker.track(frame, time_s, mask=self._mask)

    def estimate(self, landmarks: Array, mask: Array | None, confidence: float) -> DensePose:
        told = self._no_mask if mask is None else mask[None, None]
        feeds = {"landmarks": landmarks[None].astype(np.float32, copy=False), "mask": told}
        return DensePose(self._engine.run(feeds)["densepose"], landmarks, confidence, mask)

    def reset(self) -> None:
        self._tracker.reset()
