from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.layers import down
from bunraku.training.losses.picture import (
    face_and_hands,
    l1,
    mask_bce,
    pyramid_perceptual,
    unsteadiness,
)
from bunraku.training.people.records import Record


def two_maps(picture: Tensor) -> list[Tensor]:
    """Features that can be computed by hand: the picture, and twice its half."""
    return [picture, 2.0 * down(picture, 2)]


def test_pyramid_perceptual_by_hand() -> None:
    """Equation 12, λ_p: a steady difference of 0.1 costs 0.1 in one map and 0.2 in the other, at
    each of the three levels."""
    wanted = torch.rand(2, 3, 16, 16)
    got = wanted + 0.1
    assert float(pyramid_perceptual(two_maps, got, wanted)) == pytest.approx(0.9, rel=1e-4)
    assert float(pyramid_perceptual(two_maps, got, wanted, levels=1)) == pytest.approx(0.3)


def test_pyramid_perceptual_sees_large_faults_most() -> None:
    """The root of the mean square: one pixel of four that is 0.4 off, not the mean of 0.1."""
    wanted = torch.zeros(1, 1, 2, 2)
    got = wanted.clone()
    got[..., 0, 0] = 0.4
    cost = pyramid_perceptual(lambda x: [x], got, wanted, levels=2)
    assert float(cost) == pytest.approx(0.2 + 0.1)


def test_l1_by_hand() -> None:
    """Equation 12, λ_1: all pixels 0.25 off, and masked."""
    wanted = torch.zeros(1, 3, 2, 2)
    got = wanted + torch.tensor([0.5, 0.0])
    assert float(l1(got, wanted)) == pytest.approx(0.25)
    left = torch.tensor([1.0, 0.0]).expand(1, 1, 2, 2)
    # Two pixels of three colours are 0.5 off; the denominator is one larger than their count.
    assert float(l1(got, wanted, left)) == pytest.approx(3.0 / 7.0)


def test_mask_bce_by_hand() -> None:
    """Equation 13: a logit of 0 costs log 2 whatever is true."""
    mask = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2)
    assert float(mask_bce(torch.zeros(1, 1, 1, 2), mask)) == pytest.approx(math.log(2.0))
    assert float(mask_bce((mask - 0.5) * 100.0, mask)) == pytest.approx(0.0)


def test_the_weight_is_on_face_and_hands(person: Record) -> None:
    surface = densepose_from_iuv(torch.from_numpy(person.iuv[:1]))
    mask = torch.from_numpy(person.rgba[:1, ..., 3:]).permute(0, 3, 1, 2).float() / 255.0
    weight = face_and_hands(surface, mask)
    assert weight.shape == (1, 1, 256, 256)
    background, torso, face = weight[0, 0, 250, 5], weight[0, 0, 120, 128], weight[0, 0, 50, 128]
    assert float(background) == pytest.approx(0.6)
    assert float(torso) == pytest.approx(3.0)
    assert float(face) == pytest.approx(6.0)


def moving(side: int = 8) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A true frame and the next, everything one pixel further right, with the flow back."""
    before = torch.rand(1, 3, side, side)
    after = before.roll(1, 3)
    flow = torch.zeros(1, 2, side, side)
    flow[:, 0] = -2.0 / side
    known = torch.ones(1, 1, side, side)
    known[..., 0] = 0.0
    return before, after, flow, known


def test_what_moves_as_the_truth_is_steady() -> None:
    """A wrong colour that stays on the body costs nothing, one that flickers does."""
    before, after, flow, known = moving()
    cost = unsteadiness((before + 0.3, before), (after + 0.3, after), flow, known)
    assert float(cost) == pytest.approx(0.0, abs=1e-6)
    cost = unsteadiness((before, before), (after + 0.3, after), flow, known)
    count = 8 * 7 * 3
    assert float(cost) == pytest.approx(0.3 * count / (count + 1.0), rel=1e-4)


def test_a_true_change_of_light_is_steady() -> None:
    before, after, flow, known = moving()
    cost = unsteadiness((before, before), (after + 0.2, after + 0.2), flow, known)
    assert float(cost) == pytest.approx(0.0, abs=1e-6)


def test_a_flow_of_half_the_side_is_enlarged() -> None:
    before, after = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    flow, known = torch.zeros(1, 2, 4, 4), torch.ones(1, 1, 4, 4)
    cost = unsteadiness((before, before), (after, before), flow, known)
    assert float(cost) == pytest.approx(0.5 * 192.0 / 193.0)
