"""A face that a fake network sees, and a photo that has it."""

from __future__ import annotations

import pytest
from tests.runtime.drivers.face.drivers import Mouth, source_with_face
from tests.runtime.drivers.face.networks import SquareFinder

from bunraku.runtime.drivers.face.landmarks import FaceLandmarker
from bunraku.runtime.drivers.face.tracker import FaceFinder
from bunraku.runtime.source.source import Source


@pytest.fixture
def mouth() -> Mouth:
    return Mouth()


@pytest.fixture
def finder(mouth: Mouth) -> FaceFinder:
    return FaceFinder(FaceLandmarker(SquareFinder(mouth.points)))


@pytest.fixture
def source() -> Source:
    return source_with_face()
