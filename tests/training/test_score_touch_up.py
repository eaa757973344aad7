from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from bunraku.errors import InputError
from bunraku.networks.touch_up import Touched, TouchUpNet, TouchUpOptions
from bunraku.training.drawn_data import DrawnPairs, write_pairs
from bunraku.training.score_touch_up import score_touch_up

N = 64
SMALL = TouchUpOptions(widths=(4, 4, 4, 4))


class Knowing(TouchUpNet):
    """Knows that the person is red and in the middle."""

    def forward(self, image: Tensor, mask: Tensor, trust: Tensor, flow: Tensor) -> Touched:
        mended = torch.zeros_like(mask)
        mended[..., 16:48, 16:48] = 1.0
        return Touched(torch.tensor([1.0, 0.0, 0.0])[:, None, None] * mended, mended)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A red square before black, drawn without its left half and with a grey right one; the truth
    stands four pixels lower than the drawing has it."""
    drawn, settled = np.zeros((2, N, N, 5), np.uint8), np.zeros((2, N, N, 5), np.uint8)
    settled[:, 16:48, 16:48, :4] = (255, 0, 0, 255)
    settled[..., 4] = 255
    drawn[:, 16:48, 32:48] = (102, 102, 102, 255, 0)
    flow, plate = np.full((2, N, N, 2), 0.5, np.float16), np.zeros((2, N, N, 3), np.uint8)
    pairs = DrawnPairs(drawn, flow, np.roll(settled[..., :4], 4, 1), settled, plate)
    write_pairs(tmp_path / "drawn_000000.npz", pairs)
    return tmp_path


def test_who_knows_the_truth_makes_it_better(folder: Path) -> None:
    scores = score_touch_up(Knowing(SMALL).eval(), folder)
    assert {name: score.better for name, score in scores.items()} == dict.fromkeys(
        ("person_l1", "settled_l1", "painted_l1", "mask_l1"), 1.0
    )
    assert scores["settled_l1"].mended == scores["mask_l1"].mended == 0.0
    # Right half: (0.6 + 0.4 + 0.4) / 3 off; left half: 1 / 3, where the true person reaches it.
    expected = (32 * 16 * 1.4 / 3 + 28 * 16 / 3) / (32 * 32 + 4 * 16)
    assert scores["settled_l1"].drawn == pytest.approx(expected, abs=1e-3)
    assert scores["mask_l1"].drawn == pytest.approx(512 / N**2, abs=1e-3)
    # Nothing is the photo's, but the mask may grow by no more than one pixel to the left.
    expected = (28 * 15 / 3) / (32 * 32 + 4 * 16)
    assert scores["settled_l1"].reachable == pytest.approx(expected, abs=1e-3)
    assert 0.0 < scores["person_l1"].mended < scores["person_l1"].drawn


def test_before_training_nothing_is_better_or_worse(folder: Path) -> None:
    for score in score_touch_up(TouchUpNet(SMALL).eval(), folder).values():
        assert score.mended == pytest.approx(score.drawn, abs=1e-5)


def test_no_drawings(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no drawings"):
        score_touch_up(TouchUpNet(SMALL).eval(), tmp_path)
