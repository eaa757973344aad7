from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.surface import CHANNELS
from bunraku.training.faults import (
    SHARE,
    TREMBLE,
    Fault,
    FaultyTracker,
    broken,
    hole_mask,
    length,
    punch,
)

FRAME = np.zeros((8, 8, 3), np.uint8)


def person() -> Array:
    """All visible, 200 pixels tall and 40 wide."""
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, 0] = np.linspace(30, 70, 33)
    landmarks[:, 1] = np.linspace(10, 210, 33)
    landmarks[:, 3] = 1.0
    return landmarks


class Still:
    """Sees the same person in every frame but those that it is told to miss."""

    def __init__(self, missed: tuple[float, ...] = ()) -> None:
        self.missed = missed
        self.resets = 0

    def observe(self, picture: Picture) -> Pose | None:
        return self.track(picture, 0.0)

    def track(self, _frame: Picture, time_s: float, *, mask: bool = True) -> Pose | None:
        if time_s in self.missed:
            return None
        return Pose(
            person(),
            np.zeros((33, 3), np.float32),
            1.0,
            np.ones((8, 8), np.float32) if mask else None,
        )

    def reset(self) -> None:
        self.resets += 1


def test_a_person_is_as_long_as_what_is_seen() -> None:
    landmarks = person()
    assert length(landmarks) == pytest.approx(200.0)
    landmarks[16:, 3] = 0.0
    assert length(landmarks) == pytest.approx(200.0 * 15 / 32)
    landmarks[:, 3] = 0.0
    assert length(landmarks) == pytest.approx(200.0)


def test_holes_take_a_fifth_of_the_landmarks() -> None:
    made = broken(person(), Fault.HOLES, 1.0)
    missing = made[:, 3] == 0.0
    assert missing.sum() == 7  # a fifth of 33
    assert np.array_equal(made[~missing], person()[~missing])
    assert (made[missing, :2] != person()[missing, :2]).all()
    assert np.array_equal(made, broken(person(), Fault.HOLES, 1.0))
    assert not np.array_equal(made, broken(person(), Fault.HOLES, 1.04))


def test_a_limb_is_missing_for_a_while() -> None:
    missing = []
    for time_s in (0.41, 0.6, 0.79):
        made = broken(person(), Fault.LIMBS, time_s)
        missing.append(tuple(np.flatnonzero(made[:, 3] == 0.0)))
    assert len(set(missing)) == 1
    assert len(missing[0]) in (4, 5)  # knee, ankle, foot; or elbow, wrist, hand
    root = made[list(missing[0]), :2]
    assert (root == root[0]).all()
    others = {
        tuple(np.flatnonzero(broken(person(), Fault.LIMBS, 0.4 * i)[:, 3] == 0)) for i in range(30)
    }
    assert len(others) == 4


def test_jitter_is_of_the_persons_length() -> None:
    moved = np.stack([broken(person(), Fault.JITTER, i / 25) - person() for i in range(40)])
    assert moved[..., :3].std() == pytest.approx(TREMBLE * 200, rel=0.05)
    assert not moved[..., 3].any()


@pytest.mark.parametrize("fault", Fault)
def test_the_first_frame_stays_whole(fault: Fault) -> None:
    tracker = FaultyTracker(Still(), fault)
    for _ in range(2):  # calibrating, it is tracked twice
        first = tracker.track(FRAME, 0.0)
        assert first is not None
        assert np.array_equal(first.landmarks, person())
    second = tracker.track(FRAME, 0.04, mask=False)
    assert second is not None
    assert second.mask is None
    assert not np.array_equal(second.landmarks, person())
    still = tracker.observe(FRAME)
    assert still is not None
    assert np.array_equal(still.landmarks, person())
    tracker.reset()
    again = tracker.track(FRAME, 0.08)
    assert again is not None
    assert np.array_equal(again.landmarks, person())


def test_who_is_lost_stays_lost() -> None:
    inner = Still(missed=(0.0, 0.04))
    tracker = FaultyTracker(inner, Fault.JITTER)
    assert tracker.track(FRAME, 0.0) is None
    assert tracker.track(FRAME, 0.04) is None
    tracker.reset()
    assert inner.resets == 1


def test_holes_take_a_fifth_of_the_surface() -> None:
    body = np.zeros((64, 64), np.bool_)
    body[10:50, 20:40] = True
    holes = hole_mask(body, 1.0)
    share = (holes & body).sum() / body.sum()
    assert SHARE <= share < SHARE + 16 / 800  # the last square may reach over it
    assert not hole_mask(np.zeros((8, 8), np.bool_), 1.0).any()


def test_a_surface_is_punched() -> None:
    surface = np.zeros((1, CHANNELS, 64, 64), np.float32)
    surface[0, 0] = 1.0
    surface[0, :, 8:56, 8:56] = 0.5
    surface[0, 0, 8:56, 8:56] = 0.0
    driving = Driving(Later.of(surface), person())
    made = punch(driving, 0.5).surface
    gone = (made[0, 0] == 1.0) & (surface[0, 0] == 0.0)
    assert SHARE <= gone.sum() / 48**2 < SHARE + 0.01
    assert not made[0, 1:, gone].any()
    assert np.array_equal(made[0, :, ~gone], surface[0, :, ~gone])
    assert (surface[0, 1:, 8:56, 8:56] == 0.5).all()  # the given one stays
