from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.body.filling import filled, gone_on, over_hips


@pytest.mark.parametrize("n", [96, 384])
def test_a_cloth_goes_on_with_its_grain_behind_an_arm(n: int) -> None:
    rows, columns = np.mgrid[:n, :n]
    stripes = 127.0 + 100.0 * np.sin(rows * 2.0 * np.pi / (n / 12.0))
    truth = np.repeat(stripes[..., None], 3, 2).astype(np.uint8)
    arm = np.abs(rows - columns) < n // 12
    window = np.where(arm[..., None], np.array([200, 60, 60], np.uint8), truth)
    smooth = filled(window.astype(np.float32) / np.float32(255.0), ~arm)
    plane = gone_on(window, smooth, ~arm, arm)
    wrong, before = (np.abs(one[arm] * 255.0 - truth[arm]).mean() for one in (plane, smooth))
    assert wrong < 0.35 * before
    assert np.array_equal(gone_on(window, smooth, ~arm, np.zeros_like(arm)), smooth)


def test_shorts_go_on_behind_a_hand_that_hides_all_of_a_thigh_that_they_cover() -> None:
    n = 256
    rows, columns = np.mgrid[:n, :n]
    person = (columns >= 90) & (columns < 170)
    shorts, skin = np.array([30, 60, 150], np.uint8), np.array([230, 180, 150], np.uint8)
    window = np.where((rows < 130)[..., None], shorts, skin)
    hand = person & (rows >= 100) & (rows < 140) & (columns < 115)
    window[hand] = (210, 150, 120)
    trunk = person & (rows < 100) | person & ~hand & (rows < 130)
    thigh = person & (rows >= 130) & ~hand
    smooth = filled(window.astype(np.float32) / np.float32(255.0), thigh)
    behind = hand & (rows < 124)

    alone, over = (
        gone_on(window, smooth, known, hand)[behind]
        for known in (thigh, over_hips(thigh, trunk, hand, 100.0))
    )
    assert (alone[:, 0] > alone[:, 2]).all()  # of what is seen of the thigh, which is bare
    assert (over[:, 0] < over[:, 2]).mean() > 0.9
    # What is far up the trunk is not asked, nor anything where nothing is hidden.
    assert not over_hips(thigh, trunk, hand, 100.0)[:65].any()
    assert over_hips(thigh, trunk, np.zeros_like(hand), 100.0) is thigh


def test_planes_go_on_smoothly_where_nothing_is_known() -> None:
    colours = np.zeros((64, 64, 3), np.float32)
    colours[:, 32:] = 1.0
    known = np.zeros((64, 64), np.bool_)
    known[20:40, 10:50] = True
    result = filled(colours, known)
    assert np.array_equal(result[known], colours[known])
    # As the rim beside it, not as the mean of all: a dark sleeve stays dark beside a white print.
    assert result[:, :10].max() < 0.1
    assert result[:, 50:].min() > 0.9
    assert np.abs(np.diff(result[:18, :, 0], axis=1)).max() < 0.25


def test_a_hem_goes_on_behind_a_hand_of_a_small_person() -> None:
    n = 512
    rows, columns = np.mgrid[:n, :n]
    hem = 268.0 + 0.1 * (columns - 230)
    grain = np.random.default_rng(5).integers(-12, 12, (n, n, 1))
    denim, seam, skin = np.array([(40, 70, 140), (150, 160, 190), (230, 180, 150)])
    photo = np.where((rows < hem)[..., None], denim + grain, skin + grain // 4)
    photo = np.where((np.abs(rows - hem + 18) < 1)[..., None], seam, photo)
    person = (columns >= 212) & (columns <= 260)
    hand = person & (np.hypot((columns - 224) / 14.0, (rows - 258) / 26.0) < 1.0)
    photo[~person], photo[hand] = 220, (210, 150, 120)
    window, known = photo.astype(np.uint8), person & ~hand
    smooth = filled(window.astype(np.float32) / np.float32(255.0), known)
    plane = gone_on(window, smooth, known, hand)
    blue = plane[..., 2] > plane[..., 0]
    assert (blue == (rows < hem))[hand].mean() > 0.95
