from __future__ import annotations

import math

import pytest
import torch

from bunraku.kernels import warp_occlude
from bunraku.networks.densepose import densepose_from_iuv
from bunraku.networks.layers import identity_grid, up2
from bunraku.training.losses import motion
from bunraku.training.losses.motion import (
    affine_regularisation,
    bending,
    consistency,
    correctness,
    distance_to_exact,
    exact_flow,
    total_variation,
)
from bunraku.training.people.records import Record

HERE = torch.ones(1, 1, 2, 2)


def directions() -> torch.Tensor:
    """Four pixels whose features point in four directions of a plane: 0°, 90°, 180°, 270°."""
    return torch.tensor([[[[1.0, 0.0], [-1.0, 0.0]], [[0.0, 1.0], [0.0, -1.0]]]])


def test_correctness_of_the_best_match_is_nothing() -> None:
    """Equation 10, λ_cor: every pixel finds itself, μ / μ_max = 1."""
    f = directions()
    assert float(correctness(f, 3.0 * f, torch.zeros(1, 2, 2, 2), HERE)) == pytest.approx(0.0)


def test_correctness_of_a_wrong_match() -> None:
    """Read one pixel (1 in [-1, 1] units) to the left: two pixels at the border read themselves,
    two find what stands at a right angle to them, whose cosine is 0: exp(0) − exp(−1)."""
    left = torch.zeros(1, 2, 2, 2)
    left[:, 0] = -1.0
    worst = 1.0 - math.exp(-1.0)
    got = float(correctness(directions(), directions(), left, HERE))
    assert got == pytest.approx(worst / 2.0, abs=1e-6)
    only_left = HERE * torch.tensor([1.0, 0.0])
    got = float(correctness(directions(), directions(), left, only_left))
    assert got == pytest.approx(0.0, abs=1e-6)


def test_matches_are_looked_for_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = torch.rand(2, 5, 4, 4), torch.rand(2, 5, 4, 4)
    where, flow = torch.ones(2, 1, 4, 4), torch.zeros(2, 2, 4, 4)
    where[0, :, 2:] = 0.0
    whole = correctness(source, target, flow, where)
    monkeypatch.setattr(motion, "MATCHED_ROWS", 5)
    assert float(correctness(source, target, flow, where)) == pytest.approx(float(whole))
    assert float(correctness(source, target, flow, 0.0 * where)) == 0.0


def test_matches_are_as_exact_where_convolutions_are_not() -> None:
    """As on a GPU, and on processors that have instructions for bfloat16."""
    source, target = torch.rand(1, 5, 4, 4), torch.rand(1, 5, 4, 4)
    where, flow = torch.ones(1, 1, 4, 4), torch.zeros(1, 2, 4, 4)
    exact = correctness(source, target, flow, where)
    with torch.autocast("cpu", torch.bfloat16):
        assert float(correctness(source, target, flow, where)) == float(exact)


def test_correctness_teaches_the_flow() -> None:
    flow = torch.full((1, 2, 2, 2), 0.3, requires_grad=True)
    torch.autograd.backward(correctness(directions(), directions(), flow, HERE))
    assert flow.grad is not None
    assert bool(flow.grad.any())


def test_affine_flow_costs_nothing() -> None:
    """Equation 10, λ_reg."""
    grid = identity_grid(8)
    x, y = grid[:, :1], grid[:, 1:]
    affine = torch.cat([0.3 * x - 0.2 * y + 0.1, 0.5 * y + 0.4 * x], 1)
    assert float(affine_regularisation(affine)) == pytest.approx(0.0, abs=1e-9)


def test_affine_regularisation_of_a_parabola() -> None:
    """x' = x² in pixels: over a patch of 3 × 3 the best affine map leaves 1/3, −2/3, 1/3 in each
    row, whose squares have the mean 2/9; y costs nothing."""
    x = torch.arange(8.0)
    flow = torch.zeros(1, 2, 8, 8)
    flow[:, 0] = x**2 * (2.0 / 8.0)  # pixels in [-1, 1] units
    assert float(affine_regularisation(flow)) == pytest.approx(2.0 / 9.0, rel=1e-4)


def test_total_variation_of_ramps() -> None:
    """Equation 10, λ_tv: a ramp of 0.5 a pixel in x alone, of one channel of two: 0.25 at each of
    the scales."""
    ramp = torch.zeros(1, 2, 4, 4)
    ramp[:, 0] = 0.5 * torch.arange(4.0)
    assert float(total_variation([ramp])) == pytest.approx(0.25)
    assert float(total_variation([ramp, torch.ones(1, 2, 8, 8), ramp])) == pytest.approx(0.5)


def test_consistency_of_scales() -> None:
    """Equation 10, λ_con: the middle flow is 0.2 off and the fine one 0.3, and only they learn."""
    coarse = torch.full((1, 2, 2, 2), 0.1, requires_grad=True)
    middle = torch.full((1, 2, 4, 4), 0.3, requires_grad=True)
    fine = torch.full((1, 2, 8, 8), -0.2, requires_grad=True)
    cost = consistency([coarse, middle, fine])
    assert float(cost.detach()) == pytest.approx(0.5)
    torch.autograd.backward(cost)
    assert coarse.grad is None
    assert middle.grad is not None
    assert fine.grad is not None


def test_distance_to_the_exact_flow_is_over_what_is_known() -> None:
    wanted = torch.zeros(1, 2, 4, 4)
    known = torch.zeros(1, 1, 4, 4)
    wanted[..., :2], known[..., :2] = 0.5, 1.0  # the left half
    flow = torch.full((1, 2, 4, 4), 0.25)
    # 8 pixels of two numbers each are 0.25 off; the denominator is one larger than their count.
    assert float(distance_to_exact([flow], wanted, known)) == pytest.approx(4.0 / 17.0, rel=1e-5)
    coarse = torch.full((1, 2, 2, 2), 0.25)
    assert float(distance_to_exact([coarse], wanted, known)) == pytest.approx(1.0 / 5.0, rel=1e-5)


def test_exact_flow_of_a_moved_person(person: Record) -> None:
    """Frame i stands 4 pixels further right and 2 further up than frame i - 1."""
    exact = densepose_from_iuv(torch.from_numpy(person.iuv))
    flow, known = exact_flow(exact[:1], exact[3:4])
    body = 1.0 - exact[3:4, :1]
    assert float(known.sum()) > 0.95 * float(body.sum())
    assert not bool((known * (1.0 - body)).any())
    pixels = flow[:, :, known[0, 0] > 0] * 64.0
    assert pixels[0, 0].mean() == pytest.approx(-12.0, abs=0.1)
    assert pixels[0, 1].mean() == pytest.approx(6.0, abs=0.1)
    assert float((pixels[0, 0] + 12.0).abs().max()) < 1.5
    assert not flow[:, :, known[0, 0] == 0].any()


def test_exact_flow_takes_the_colours_along(person: Record) -> None:
    exact = densepose_from_iuv(torch.from_numpy(person.iuv[[0, 2]]))
    rgb = torch.from_numpy(person.rgba[[0, 2], ..., :3]).permute(0, 3, 1, 2).float() / 255.0
    flow, known = (up2(x) for x in exact_flow(exact[:1], exact[1:]))
    sure = known > 0.99
    warped = warp_occlude(rgb[:1], flow, torch.ones_like(flow[:, :1]))
    difference = ((warped - rgb[1:]).abs() * sure).sum()
    unmoved = ((rgb[:1] - rgb[1:]).abs() * sure).sum()
    assert float(difference) < 0.1 * float(unmoved)


def test_several_frames_of_one_source(person: Record) -> None:
    exact = densepose_from_iuv(torch.from_numpy(person.iuv))
    both = exact_flow(exact[:2], torch.cat([exact[1:3], exact[2:4]]))
    alone = [exact_flow(exact[:1], exact[2:3]), exact_flow(exact[1:2], exact[2:3])]
    assert all(torch.equal(both[i][1:3], torch.cat([a[i] for a in alone])) for i in (0, 1))


def test_exact_flow_knows_nothing_of_unseen_parts(person: Record) -> None:
    iuv = torch.from_numpy(person.iuv[:1])
    back = iuv.clone()
    back[..., 0][iuv[..., 0] == 2] = 1  # the back of the torso, never seen in the source
    flow, known = exact_flow(densepose_from_iuv(iuv), densepose_from_iuv(back))
    torso = (back[..., 0] == 1)[:, None]
    assert not bool((known.bool() & torso).any())
    assert bool(torch.isfinite(flow).all())


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_steady_motion_costs_nothing(slope: float) -> None:
    flow = 0.1 + slope * identity_grid(16)
    assert float(bending(flow)) == pytest.approx(0.0, abs=1e-6)
    bent = flow + 0.1 * identity_grid(16) ** 2
    assert float(bending(bent)) > 1e-4
