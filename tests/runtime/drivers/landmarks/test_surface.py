from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.fakes import FakeEngine

from bunraku.errors import BundleError
from bunraku.runtime.drivers.landmarks.surface import IuvNet, SurfaceMaker
from bunraku.spec.arrays import Array, Tensors

SIDE = 16


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


def test_landmarks_and_mask_become_a_surface() -> None:
    made: SurfaceMaker = IuvNet(iuv())
    landmarks = np.full((33, 4), 0.25, np.float32)
    told = np.full((SIDE, SIDE), 0.5, np.float32)
    result = made.surface(landmarks, told)
    assert result.shape == (1, 73, SIDE, SIDE)
    assert result[0, 25].max() == 0.25
    assert result[0, 0].max() == 0.5
    assert made.surface(landmarks, None)[0, 0].min() == 1.0
    assert made.size == SIDE


def test_a_finer_surface_is_enlarged_and_its_mask_is_taken_down() -> None:
    made = IuvNet(iuv(), 2 * SIDE)
    assert made.size == 2 * SIDE
    told = np.zeros((2 * SIDE, 2 * SIDE), np.float32)
    told[0, 0], told[4:6, 4:6] = 1.0, 1.0
    landmarks = np.full((33, 4), 0.25, np.float32)
    result = made.surface(landmarks, told)
    assert result.shape == (1, 73, 2 * SIDE, 2 * SIDE)
    assert result[0, 0, 0, 0] == 0.75
    assert not result[0, 0, 4:6, 4:6].any()
    assert (result[0, 25] == 0.25).all()
    assert made.surface(landmarks, None)[0, 0].min() == 1.0


def test_a_size_that_is_no_multiple_is_refused() -> None:
    with pytest.raises(BundleError, match="gives surfaces of 16 pixels, and surfaces of 24"):
        IuvNet(iuv(), 24)


def test_another_engine_is_refused() -> None:
    other = iuv()
    other.outputs = {"image": (1, 3, SIDE, SIDE)}
    with pytest.raises(BundleError, match="not an IUV net"):
        IuvNet(other)
