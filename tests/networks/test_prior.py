from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from bunraku.kernels import sample_texture
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.layers import identity_grid
from bunraku.networks.prior import (
    CONFIDENCE_FILLED,
    CONFIDENCE_MIRRORED,
    CONFIDENCE_REVERSED,
    RESOLUTION,
    fill,
    flow_from_prior,
    prior_atlas,
    splat,
)
from bunraku.spec.surface import PARTS, part_charts

Figure = Callable[..., Tensor]


def atlas_of(densepose: Tensor) -> Tensor:
    """The prior's atlas of a source whose colours are its coordinates."""
    grid = identity_grid(densepose.shape[-1])
    colours = torch.cat([grid, grid[:, :1]], 1)
    person = 1.0 - densepose[:, :1]
    values, confidence = fill(*splat(densepose, person, torch.cat([grid, colours], 1)))
    return prior_atlas(values[:, :, :2], values[:, :, 2:], confidence)


def test_splat_conserves_mass(figure: Figure) -> None:
    densepose = densepose_from_iuv(figure(2))
    weight = torch.rand(1, 1, 64, 64)
    values = torch.rand(1, 3, 64, 64)
    sums, mass = splat(densepose, weight, values)
    person = weight * (1.0 - densepose[:, :1])
    assert sums.shape == (1, PARTS, 3, RESOLUTION, RESOLUTION)
    assert float(mass.sum()) == pytest.approx(float(person.sum()), rel=1e-5)
    assert torch.allclose(sums.sum((1, 3, 4)), (values * person).sum((2, 3)), rtol=1e-4)


def test_splat_puts_a_pixel_between_its_four_texels() -> None:
    iuv = torch.zeros(1, 32, 32, 3, dtype=torch.uint8)
    iuv[0, 5, 7] = torch.tensor([3, 0, 255], dtype=torch.uint8)
    densepose = densepose_from_iuv(iuv)
    densepose[:, 25 + 2, 5, 7] = 10.25 / RESOLUTION
    densepose[:, 49 + 2, 5, 7] = 20.75 / RESOLUTION
    _, mass = splat(
        densepose, torch.ones(1, 1, 32, 32) * (1.0 - densepose[:, :1]), torch.zeros(1, 0, 32, 32)
    )
    near = mass[0, 2, 0, 19:23, 8:12]
    # x = 9.75, y = 20.25 in texel centres.
    want = torch.zeros(4, 4)
    want[1, 1], want[1, 2], want[2, 1], want[2, 2] = (
        0.25 * 0.75,
        0.75 * 0.75,
        0.25 * 0.25,
        0.75 * 0.25,
    )
    assert torch.allclose(near, want, atol=1e-5)
    assert float(mass.sum()) == pytest.approx(1.0)


def test_unseen_parts_are_taken_from_like_ones() -> None:
    ramp = torch.linspace(0.0, 1.0, RESOLUTION).expand(RESOLUTION, -1)
    sums = torch.zeros(1, PARTS, 1, RESOLUTION, RESOLUTION)
    mass = torch.zeros(1, PARTS, 1, RESOLUTION, RESOLUTION)
    sums[0, 9 - 1, 0], mass[0, 9 - 1, 0] = ramp, 1.0  # right thigh, front
    values, confidence = fill(sums, mass)
    thighs = {
        9: (ramp, 1.0),
        10: (ramp.flip(1), CONFIDENCE_MIRRORED),
        7: (ramp.flip(1), CONFIDENCE_REVERSED),
        # The back of the other leg: both changes turn U round, so together they leave it.
        8: (ramp, CONFIDENCE_REVERSED),
    }
    for part, (chart, believed) in thighs.items():
        assert torch.allclose(values[0, part - 1, 0], chart, atol=1e-4), part
        inside = confidence[0, part - 1, 0, 1:-1, 1:-1]
        assert torch.allclose(inside, torch.tensor(believed)), part
    torso = values[0, 2 - 1, 0]
    assert torch.allclose(torso, torch.full_like(torso, 0.5), atol=1e-4)
    assert not confidence[0, 2 - 1].any()


def test_a_few_texels_do_not_count_as_seen() -> None:
    sums = torch.zeros(1, PARTS, 1, RESOLUTION, RESOLUTION)
    mass = torch.zeros(1, PARTS, 1, RESOLUTION, RESOLUTION)
    mass[0, 0, 0, 3, 4:7] = 1.0
    _, confidence = fill(sums, mass)
    assert not confidence.any()
    mass[0, 0, 0, 3, 7] = 1.0
    _, confidence = fill(sums, mass)
    assert float(confidence[0, 0, 0, 30, 30]) == pytest.approx(CONFIDENCE_FILLED)
    assert float(confidence[0, 0, 0, 3, 5]) > CONFIDENCE_FILLED


def test_driving_by_the_source_itself_moves_nothing(figure: Figure) -> None:
    densepose = densepose_from_iuv(figure(2))
    sampled = sample_texture(atlas_of(densepose), *part_charts(densepose))
    flow, confidence = flow_from_prior(sampled)
    person = densepose[:, :1] == 0.0
    pixel = 2.0 / 64
    assert float((flow.abs() * person).max()) < pixel
    assert float((flow.abs() * person).sum() / person.sum()) < 0.3 * pixel
    assert float(confidence[person].min()) > 0.9
    assert not confidence[~person].any()
    assert bool(torch.isfinite(flow).all())


def test_driving_by_a_moved_person_points_back(figure: Figure) -> None:
    source, driving = (densepose_from_iuv(figure(2, dx, dy)) for dx, dy in ((-4, 2), (6, -3)))
    sampled = sample_texture(atlas_of(source), *part_charts(driving))
    flow, _ = flow_from_prior(sampled)
    person = (driving[:, :1] == 0.0)[0, 0]
    moved = flow[0][:, person].mean(1) * 64 / 2
    assert moved.tolist() == pytest.approx([-10.0, 5.0], abs=0.3)
    # Beyond the silhouette the flow goes on: no jump back to zero at the outline.
    beside = flow[0, :, 30, 50] * 64 / 2
    assert beside.tolist() == pytest.approx([-10.0, 5.0], abs=2.0)


def test_without_any_source_the_flow_is_zero(figure: Figure) -> None:
    nobody = densepose_from_iuv(torch.zeros_like(figure()))
    sampled = sample_texture(atlas_of(nobody), *part_charts(densepose_from_iuv(figure())))
    flow, confidence = flow_from_prior(sampled)
    assert not confidence.any()
    assert not flow.any()
