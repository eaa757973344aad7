"""Drivers who come, go, stand still or are not seen move the body softly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.standing import PHOTO, Standing, puppet_of

from bunraku.runtime.parts import Part
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
from bunraku.spec.arrays import Picture


def middle_of(puppet: Puppet, time_s: float) -> float:
    """The column of the window around which the photo's person is drawn."""
    driving = puppet.drive(puppet.identity, PHOTO, time_s)
    assert driving is not None
    assert driving.drawn is not None
    mask = driving.drawn.mask[0, 0]
    columns = np.arange(puppet.identity.source.mask.shape[0])
    return float((mask.sum(0) * columns).sum() / mask.sum())


def test_who_comes_back_elsewhere_is_not_there_at_once() -> None:
    class Away(Standing):
        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            return None if 0.1 < time_s < 0.5 else super().track(frame, time_s, mask=mask)

    estimator = Away()
    puppet = puppet_of(estimator)
    puppet.set_source(PHOTO)
    puppet.animate(PHOTO, 0.0)
    for time_s in (0.2, 0.3, 0.46):
        puppet.animate(PHOTO, time_s)
    assert puppet.lost == 3
    estimator.right = 60.0
    middles = [middle_of(puppet, time_s) for time_s in (0.5, 0.54, 0.9, 1.0)]
    ways = np.diff(middles)
    assert middles[0] < middles[1] < middles[2] - 0.5 * (middles[2] - middles[0])
    assert ways[-1] == pytest.approx(0.0, abs=0.2)


def test_somebody_else_takes_over_without_a_jump() -> None:
    class Others(Standing):
        person = 0

        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            pose = super().track(frame, time_s, mask=mask)
            return None if pose is None else replace(pose, person=self.person)

    estimator = Others()
    puppet = puppet_of(estimator)
    puppet.set_source(PHOTO)
    first = middle_of(puppet, 0.0)
    estimator.right = 40.0
    aside = middle_of(puppet, 1.0)
    assert abs(aside - first) > 3.0
    estimator.person = 1
    assert middle_of(puppet, 1.04) == pytest.approx(aside, abs=0.3)
    between = [middle_of(puppet, time_s) for time_s in (1.12, 1.2, 1.28, 1.5)]
    assert all(first + 0.2 < m < aside - 0.2 for m in between[:3])
    assert between[-1] == pytest.approx(first, abs=0.3)


def test_nobody_is_lost_and_a_reset_forgets() -> None:
    class Gone(Standing):
        def track(self, frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
            return None if time_s > 0.5 else super().track(frame, time_s, mask=mask)

    puppet = puppet_of(Gone())
    puppet.set_source(PHOTO)
    first = puppet.animate(PHOTO, 0.0)
    assert np.array_equal(puppet.animate(PHOTO, 1.0), first)
    assert puppet.lost == 1
    assert puppet.driving_window is not None
    puppet.calibrate()
    puppet.set_source(PHOTO)
    assert puppet.driving_window is None


def test_a_person_of_whom_nothing_follows_stands_still_and_goes_there_softly() -> None:
    estimator = Standing()
    puppet = puppet_of(estimator)
    puppet.set_source(PHOTO)
    puppet.animate(PHOTO, 0.0)
    estimator.right = 40.0
    for k in range(1, 20):
        puppet.animate(PHOTO, k / 30)
    puppet.parts = frozenset({Part.FACE})
    assert puppet.parts == {Part.FACE}
    columns = np.arange(puppet.identity.source.mask.shape[0])
    middles = []
    for k in range(19, 34):
        driving = puppet.drive(puppet.identity, PHOTO, k / 30)
        assert driving is not None
        assert driving.drawn is not None
        mask = driving.drawn.mask[0, 0]
        middles.append(float((mask.sum(0) * columns).sum() / mask.sum()))
    ways = np.diff(middles)
    whole = middles[0] - middles[-1]
    assert whole > 5.0
    assert (ways < 0.2).all()
    assert np.abs(ways).max() < 0.25 * whole
    assert ways[-4:] == pytest.approx(0.0, abs=1e-3)
    still = puppet_of(Standing())
    still.parts = frozenset({Part.FACE})
    still.set_source(PHOTO)
    shown = still.animate(PHOTO, 0.0)
    moved = puppet.animate(PHOTO, 2.0)
    assert np.abs(shown.astype(int) - moved).mean() < 0.5
