from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from bunraku.networks.touch_up import COLOUR_BOUND, TouchUpNet, TouchUpOptions, gates

SIDE = 64
SMALL = TouchUpOptions(widths=(4, 4, 4, 4))
MOVED = 8.0 / (SIDE / 2)
"""A flow of eight pixels."""


def drawing(trust: float, flow: float = MOVED) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Image, mask, trust and flow of a square person of 32 pixels."""
    mask = torch.zeros(1, 1, SIDE, SIDE)
    mask[..., 16:48, 16:48] = 1.0
    image = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(3))
    return image, mask, trust * mask, torch.full((1, 2, SIDE, SIDE), flow) * mask


@pytest.fixture
def eager() -> TouchUpNet:
    """Wants to change everything as far as it may."""
    network = TouchUpNet(SMALL).eval()
    assert network.head.bias is not None
    nn.init.constant_(network.head.bias, 9.0)
    return network


def test_before_training_nothing_changes() -> None:
    image, mask, trust, flow = drawing(trust=0.0)
    touched = TouchUpNet().eval()(image, mask, trust, flow)
    assert torch.allclose((touched.image - image) * mask, torch.zeros(()), atol=1e-6)
    assert torch.equal(touched.mask, mask)


def test_a_slit_has_the_colours_around_it() -> None:
    _, mask, _, flow = drawing(trust=0.0)
    image = torch.tensor([0.8, 0.2, 0.1])[:, None, None] * mask
    mask[..., 28:31] = 0.0
    touched = TouchUpNet(SMALL).eval()(image * mask, mask, torch.zeros_like(mask), flow)
    assert touched.image[0, :, 30, 29].tolist() == pytest.approx([0.8, 0.2, 0.1], abs=1e-3)


def test_the_photos_own_pixels_keep_their_colours_and_their_mask(eager: TouchUpNet) -> None:
    nn.init.constant_(eager.head.bias, -9.0)  # type: ignore[arg-type]
    image, mask, trust, flow = drawing(trust=1.0)
    touched = eager(image, mask, trust, flow)
    own = trust.expand_as(image) == 1.0
    assert torch.equal(touched.image[own], image[own])
    assert bool((touched.mask[..., 18:46, 18:46] == 1.0).all())
    assert float(touched.mask[..., 16, 16:48].max()) < 1e-6  # the rim may go


def test_what_has_not_moved_is_left_alone(eager: TouchUpNet) -> None:
    image, mask, trust, _ = drawing(trust=0.0)
    touched = eager(image, mask, trust, torch.full((1, 2, SIDE, SIDE), 0.9 / (SIDE / 2)))
    assert torch.equal(touched.image, image)
    assert torch.equal(touched.mask, mask)


def test_what_is_made_up_may_change_within_bounds(eager: TouchUpNet) -> None:
    image, mask, trust, flow = drawing(trust=0.0)
    touched = eager(image, mask, trust, flow)
    change = (touched.image - image)[..., 16:48, 16:48]
    assert float(change.max()) == pytest.approx(COLOUR_BOUND, abs=1e-4)
    assert float(change.min()) >= 0.0
    assert float(touched.image.max()) <= 1.0


def test_the_mask_grows_by_its_rim_and_closes_slits() -> None:
    _, mask, trust, flow = drawing(trust=1.0)
    mask[..., 24:29], mask[..., 34:42] = 0.0, 0.0
    _, alpha = gates(mask, trust, flow)
    assert float(alpha[..., 15, 20]) == pytest.approx(1.0)
    assert float(alpha[..., 14, :].max()) == 0.0
    assert float(alpha[..., 30, 24:29].min()) == pytest.approx(1.0)
    assert float(alpha[..., 30, 36:40].max()) == 0.0  # a gap stays one


def test_half_trusted_colours_change_half_as_much() -> None:
    _, mask, trust, flow = drawing(trust=0.5)
    colour, _ = gates(mask, trust, flow)
    assert float(colour[..., 30, 30]) == pytest.approx(0.5)
