from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.spec.arrays import Array, Picture
from bunraku.training import flicker
from bunraku.training.flicker import (
    FlickerMeter,
    Trembling,
    TrueFlow,
    flow_back,
    second_difference,
)


def grey(level: int) -> Picture:
    return np.full((32, 40, 3), level, np.uint8)


def meter(results: list[int], true: list[int], alpha: Array | None) -> Trembling:
    made = FlickerMeter()
    for a, b in zip(results, true, strict=True):
        made.add(grey(a), grey(b), alpha)
    return made.trembling


EVERYWHERE = np.ones((32, 40), np.float32)


def test_even_change_is_no_trembling() -> None:
    found = meter([10, 20, 30, 40], [0, 51, 0, 51], EVERYWHERE)
    assert found.ratio == 0.0
    # 0, 51, 0: the second difference is 102 of 255, and so for 51, 0, 51.
    assert found.means is not None
    assert found.means[0] == 0.0
    assert found.means[1] == pytest.approx(0.4)


def test_twice_the_trembling() -> None:
    found = meter([100, 120, 100, 120], [100, 110, 100, 110], EVERYWHERE)
    assert found.ratio == pytest.approx(2.0)
    assert found.weight == 2 * 1280


def test_bytes_do_not_wrap() -> None:
    assert second_difference(grey(255), grey(0), grey(255)) == pytest.approx(2.0)
    assert second_difference(grey(0), grey(255), grey(0)) == pytest.approx(2.0)


def test_only_the_person_counts() -> None:
    made = FlickerMeter()
    left = np.zeros((32, 40), np.float32)
    left[:, :20] = 1.0
    for level in (0, 90, 0):
        result, true = grey(50), grey(level)
        result[:, 20:] = level
        made.add(result, true, left)
    assert made.trembling.ratio == 0.0


def test_frames_without_a_person_are_left_out() -> None:
    made = FlickerMeter()
    for level, alpha in ((0, EVERYWHERE), (90, None), (0, EVERYWHERE), (0, EVERYWHERE)):
        made.add(grey(level), grey(level), alpha)
    assert made.trembling.weight == 1280  # of the second of two triples alone
    assert made.trembling.ratio == 1.0


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_short_to_tell(count: int) -> None:
    found = meter([0] * count, [0] * count, EVERYWHERE)
    assert found.ratio is None
    assert found.means is None


def test_a_still_clip_tells_nothing() -> None:
    assert meter([0, 9, 0], [7, 7, 7], EVERYWHERE).ratio is None


def texture(shift: int, seed: int = 1) -> Picture:
    """A soft pattern that has moved to the right, in pixels."""
    noise = np.random.default_rng(seed).random((64, 128)).astype(np.float32)
    soft = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.0), noise, 20, 235, cv2.NORM_MINMAX)
    return np.repeat(np.roll(soft, shift, 1)[:, 20:84, None], 3, 2).astype(np.uint8)


def test_what_moves_as_the_true_clip_does_does_not_swim() -> None:
    """Pixels that stay where they are on the screen, instead of on the person, do."""
    inside = np.zeros((64, 64), np.float32)
    inside[8:-8, 8:-8] = 1.0
    along, stuck, other = FlickerMeter(), FlickerMeter(), FlickerMeter()
    for frame in range(4):
        true = texture(2 * frame)
        along.add(true, true, inside)
        stuck.add(texture(0), true, inside)
        other.add(texture(2 * frame, seed=2), true, inside)
    assert along.swimming.ratio == pytest.approx(1.0)
    assert along.swimming.means is not None
    assert along.swimming.means[1] < 0.02
    assert other.swimming.ratio is not None
    assert 1 < other.swimming.ratio < 2, "moves likewise: the flow suits the true colours best"
    assert stuck.swimming.ratio is not None
    assert stuck.swimming.ratio > 5
    assert along.swimming.weight > 2.5 * inside.sum(), "nearly all of three pairs"


def test_meters_of_one_clip_share_its_flow(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Picture] = []

    def counted(now: Picture, before: Picture) -> tuple[Array, NDArray[np.bool_]]:
        asked.append(now)
        return flow_back(now, before)

    monkeypatch.setattr(flicker, "flow_back", counted)
    everywhere, shared = np.ones((64, 64), np.float32), TrueFlow()
    meters, alone = [FlickerMeter(shared), FlickerMeter(shared)], FlickerMeter()
    for frame in range(3):
        true = texture(2 * frame)
        for meter in (*meters, alone):
            meter.add(texture(frame), true, everywhere)
    assert len(asked) == 2 + 2, "two pairs for those that share, two for the other"
    assert meters[0].swimming == meters[1].swimming == alone.swimming


def test_what_the_flow_does_not_find_is_left_out() -> None:
    made = FlickerMeter()
    for seed in (3, 4):
        made.add(texture(0, seed), texture(0, seed), np.ones((64, 64), np.float32))
    assert made.swimming.weight < 0.5 * 64 * 64


def test_sum() -> None:
    both = Trembling(1.0, 2.0, 10.0) + Trembling(5.0, 2.0, 30.0)
    assert both == Trembling(6.0, 4.0, 40.0)
    assert both.ratio == 1.5
