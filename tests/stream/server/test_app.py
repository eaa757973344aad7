from __future__ import annotations

from dataclasses import replace

from tests.runtime.drivers.hands.people import BlobFinder
from tests.runtime.fakes import FakeEstimator, models

from bunraku.runtime.drivers.hands.landmarks import HandLandmarker
from bunraku.runtime.drivers.hands.tracker import HandFinder
from bunraku.stream.server.app import _options


def test_hands_that_were_loaded_are_followed() -> None:
    loaded = models(FakeEstimator(), None)
    assert not _options(loaded).hands
    finder = HandFinder(HandLandmarker(BlobFinder()))
    assert _options(replace(loaded, hands=finder)).hands
