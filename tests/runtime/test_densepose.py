from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest
from tests.runtime.fakes import FakeEngine, standing, street

from bunraku.errors import BundleError
from bunraku.runtime.arrays import Array, Picture, Tensors
from bunraku.runtime.densepose import BlazePoseEstimator, DensePoseEstimator
from bunraku.runtime.pose import Pose, PoseTracker

SIDE = 16


class FakeTracker:
    """Sees the same person in every picture."""

    def __init__(self) -> None:
        self.calls: list[Any] = []
        self.pose = standing(10.0, 100.0, 80.0, (240, 320))

    def detect(self, frame: Picture) -> list[Any]:
        return [None, None]

    def observe(self, frame: Picture) -> Pose:
        return self.pose

    def track(self, frame: Picture, time_s: float, mask: bool = True) -> Pose:
        self.calls.append((time_s, mask))
        return self.pose

    def reset(self) -> None:
        self.calls.append("reset")


def iuv(side: int = SIDE) -> FakeEngine:
    def run(known: Tensors) -> dict[str, Array]:
        result = np.zeros((1, 73, side, side), np.float32)
        result[:, 0] = 1.0 - known["mask"][:, 0]
        result[:, 25] = known["landmarks"][0, 0, 0]
        return {"densepose": result}

    return FakeEngine(
        "iuv",
        {"landmarks": (1, 33, 4), "mask": (1, 1, side, side)},
        {"densepose": (1, 73, side, side)},
        run,
    )


def estimator(tracker: FakeTracker, mask: bool = False) -> BlazePoseEstimator:
    return BlazePoseEstimator(cast(PoseTracker, tracker), iuv(), mask=mask)


def test_landmarks_and_mask_become_a_map() -> None:
    made: DensePoseEstimator = estimator(FakeTracker())
    landmarks = np.full((33, 4), 0.25, np.float32)
    told = np.full((SIDE, SIDE), 0.5, np.float32)
    result = made.estimate(landmarks, told, 0.9)
    assert result.densepose.shape == (1, 73, SIDE, SIDE)
    assert result.densepose[0, 25].max() == 0.25
    assert result.densepose[0, 0].max() == 0.5
    assert result.confidence == 0.9
    assert result.mask is told
    without = made.estimate(landmarks, None, 0.9)
    assert without.densepose[0, 0].min() == 1.0
    assert without.mask is None


def test_frames_are_tracked_without_a_mask_unless_it_is_used() -> None:
    tracker = FakeTracker()
    for mask in (False, True):
        made = estimator(tracker, mask)
        assert made.track(street(), 0.5) is tracker.pose
    made.reset()
    assert tracker.calls == [(0.5, False), (0.5, True), "reset"]
    assert made.count(street()) == 2
    assert made.observe(street()) is tracker.pose
    assert made.size == SIDE


def test_another_engine_is_refused() -> None:
    other = iuv()
    other.outputs = {"image": (1, 3, SIDE, SIDE)}
    with pytest.raises(BundleError, match="not an IUV net"):
        BlazePoseEstimator(cast(PoseTracker, FakeTracker()), other)
