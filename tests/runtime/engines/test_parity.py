"""What other libraries lose against the reference, on the networks that are really used."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.engines.registry import AUTO, REFERENCE, EngineFactory
from bunraku.runtime.models import Models
from bunraku.runtime.options import PuppetOptions
from bunraku.runtime.pose.landmarks import Landmarker, Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture

PHOTO = Path(__file__).parents[3] / "examples" / "photo.jpg"
MOST_PX = 0.02
"""Of a landmark, in pixels of the photo."""


@pytest.fixture(scope="module")
def photo() -> Picture:
    return read_photo(PHOTO)


def looked(photo: Picture, engine: str) -> Landmarks:
    height, width = photo.shape[:2]
    roi = Roi(width / 2, height / 2, max(height, width), 0.0)
    return Landmarker.load(ensure(), EngineFactory(engine, 1)).run(photo, roi)


def moved(photo: Picture, engine: str) -> Picture:
    models = Models.load(
        engine=engine, networks=ensure(), threads=1, driver="landmarks", face=False
    )
    puppet = Puppet(models, PuppetOptions(face=0.0))
    puppet.set_source(photo)
    return puppet.animate(photo, 0.0)


@pytest.fixture(scope="module")
def landmarks(photo: Picture) -> Landmarks:
    """What the reference sees."""
    return looked(photo, REFERENCE)


@pytest.fixture(scope="module")
def picture(photo: Picture) -> Picture:
    """What the reference makes of it."""
    return moved(photo, REFERENCE)


@pytest.mark.parametrize("engine", ["openvino", "torch", AUTO])
def test_landmarks_stay_where_they_are(photo: Picture, landmarks: Landmarks, engine: str) -> None:
    """No library may round them by its own choice: with bf16 they move by half a pixel."""
    found = looked(photo, engine)
    assert np.abs(found.points - landmarks.points).max() < MOST_PX
    assert np.abs(found.world - landmarks.world).max() < 1e-3
    assert found.mask is not None
    assert landmarks.mask is not None
    assert np.abs(found.mask - landmarks.mask).max() < 1e-2


@pytest.mark.parametrize(
    ("engine", "most_levels"),
    [("openvino", 0.3), ("openvino:f32", 0.02), ("torch", 0.02), ("torch:bf16", 0.3)],
)
def test_the_picture_of_the_generator_is_the_same_to_the_eye(
    photo: Picture, picture: Picture, engine: str, most_levels: float
) -> None:
    """In the mean over a picture whose person the generator paints, of 255 levels."""
    difference = np.abs(moved(photo, engine).astype(int) - picture)
    assert difference.mean() < most_levels
