from __future__ import annotations

import pytest
import torch
from torch import Tensor

from bunraku.networks.densepose import densepose_from_hard
from bunraku.networks.iuv import (
    BONES,
    Iuv,
    IuvNet,
    IuvOptions,
    bone_maps,
    landmark_vector,
    torso_length,
)
from bunraku.spec.landmarks import MIRRORED

TINY = IuvOptions(encoder=(4, 8, 8, 8), latent=8, decoder=8)


def person() -> Tensor:
    """Landmarks [1, 33, 4] that stand upright in the middle of the window."""
    landmarks = torch.rand(1, 33, 4) * 0.2 + 0.4
    landmarks[0, 11, :2] = torch.tensor([0.6, 0.3])
    landmarks[0, 12, :2] = torch.tensor([0.4, 0.3])
    landmarks[0, 23, :2] = torch.tensor([0.56, 0.6])
    landmarks[0, 24, :2] = torch.tensor([0.44, 0.6])
    landmarks[..., 3] = 1.0
    return landmarks


def test_shapes() -> None:
    net = IuvNet(TINY).eval()
    out = net(person().repeat(2, 1, 1), torch.rand(2, 1, 128, 128))
    assert out.parts.shape == (2, 25, 128, 128)
    assert out.u.shape == out.v.shape == (2, 24, 128, 128)
    coarse = net.coarse(person(), torch.rand(1, 1, 128, 128))
    assert coarse.parts.shape == (1, 25, 64, 64)


def test_size_is_a_laptops() -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in IuvNet().parameters()) < 2.2e6


def test_densepose_is_in_range() -> None:
    raw = Iuv(*(torch.randn(2, n, 8, 8) * 3.0 for n in (25, 24, 24)))
    densepose = raw.densepose()
    assert densepose.shape == (2, 73, 8, 8)
    # One part a pixel: mixed scores would mix coordinates that are far apart in the photo.
    assert torch.equal(densepose[:, :25].sum(1), torch.ones(2, 8, 8))
    assert torch.equal(densepose[:, :25].argmax(1), raw.parts.argmax(1))
    assert 0.0 <= float(densepose.min()) <= float(densepose.max()) <= 1.0


def test_the_hard_form_says_the_same_of_each_pixel_s_own_part() -> None:
    raw = Iuv(*(torch.randn(2, n, 8, 8) * 3.0 for n in (25, 24, 24)))
    whole, expanded = raw.densepose(), densepose_from_hard(raw.hard())
    own = whole[:, 1:25].repeat(1, 2, 1, 1)
    assert torch.equal(expanded[:, :25], whole[:, :25])
    assert torch.equal(expanded[:, 25:], whole[:, 25:] * own)


def test_without_a_mask() -> None:
    net = IuvNet(TINY).eval()
    out = net(person(), torch.zeros(1, 1, 128, 128))
    assert bool(torch.isfinite(out.densepose()).all())


def test_the_mask_matters_at_full_size() -> None:
    net = IuvNet(TINY).eval()
    mask = torch.zeros(1, 1, 128, 128)
    plain = net(person(), mask).parts
    mask[..., 40:50, 40:50] = 1.0
    assert not torch.allclose(net(person(), mask).parts, plain, atol=1e-4)


def test_torso_length() -> None:
    landmarks = person()
    assert float(torso_length(landmarks)) == pytest.approx(0.3)
    assert float(torso_length(landmarks * 0.0)) == pytest.approx(0.08)


def test_vector_does_not_see_place_or_size_apart() -> None:
    """All but the last three numbers stay when a person moves or comes nearer."""
    landmarks = person()
    vector = landmark_vector(landmarks)
    assert vector.shape == (1, 33 * 4 + 3)
    moved = landmarks.clone()
    moved[..., :3] *= 1.4
    moved[..., 0] += 0.1
    assert torch.allclose(landmark_vector(moved)[:, :-3], vector[:, :-3], atol=1e-5)
    assert float(landmark_vector(moved)[0, -1]) == pytest.approx(0.3 * 1.4, rel=1e-4)


def test_bones_move_with_the_landmarks() -> None:
    landmarks = person()
    moved = landmarks.clone()
    moved[..., 0] += 4 / 64
    moved[..., 1] -= 6 / 64
    maps, shifted = bone_maps(landmarks), bone_maps(moved)
    assert maps.shape == (1, 4 * len(BONES), 64, 64)
    assert torch.allclose(shifted[..., 6:40, 12:50], maps[..., 12:46, 8:46], atol=1e-4)


def test_bone_map_of_one_bone() -> None:
    landmarks = person()
    across_shoulders = BONES.index((11, 12))
    near, depth, along, across = bone_maps(landmarks)[0].view(4, len(BONES), 64, 64)[
        :, across_shoulders
    ]
    row = int(0.3 * 64)
    assert float(near[row, 32]) > 0.9
    assert float(near[60, 5]) < 0.01
    # From the left shoulder (0.6) to the right one (0.4), so the position runs right to left.
    assert float(along[row, 27]) > 0.3 > -0.3 > float(along[row, 37])
    assert float(across[row - 4, 32]) * float(across[row + 4, 32]) < 0.0
    assert bool(torch.isfinite(depth).all())


def test_left_right_pairs() -> None:
    assert sorted(MIRRORED) == list(range(33))
    for i, j in enumerate(MIRRORED):
        assert MIRRORED[j] == i
    assert MIRRORED[11] == 12
    assert MIRRORED[0] == 0
    assert MIRRORED[7] == 8
