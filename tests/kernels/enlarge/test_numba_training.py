from __future__ import annotations

import pytest
import torch
from tests.kernels.harness import assert_close

from bunraku.kernels import enlarge_flow
from bunraku.kernels.enlarge import reference
from bunraku.kernels.enlarge.tears import TORN


def torn_flow(n: int) -> torch.Tensor:
    """Smooth but for one edge down the middle."""
    torch.manual_seed(0)
    flow = torch.randn(2, 2, n, n) * (TORN / 50.0)
    flow[:, 0, :, n // 2 :] += 3.0 * TORN
    return flow


@pytest.mark.parametrize(("n", "side"), [(8, 16), (5, 13), (1, 4), (6, 3)])
@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_equal_the_reference_in_float64(n: int, side: int, threads: int) -> None:
    flow = torn_flow(n).requires_grad_()
    exact = flow.detach().double().requires_grad_()
    pull = torch.cos(torch.arange(4 * side * side, dtype=torch.float64)).view(2, 2, side, side)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        made = enlarge_flow(flow, side)
        (gradient,) = torch.autograd.grad(made, flow, pull.float())
    finally:
        torch.set_num_threads(before)
    expected = reference.enlarge_flow(exact, side)
    (wanted,) = torch.autograd.grad(expected, exact, pull)
    assert_close(made.detach(), expected.detach())
    assert_close(gradient, wanted)


def test_a_torn_pixel_is_pulled_at_by_its_own_copies_alone() -> None:
    flow = torch.zeros(1, 2, 4, 4)
    flow[:, :, :, 2:] = 1.0
    flow.requires_grad_()
    (gradient,) = torch.autograd.grad(enlarge_flow(flow, 8)[..., 4].sum(), flow)
    # The fifth column of eight is the third of four, torn; each of its pixels is there twice.
    assert gradient[..., 2].tolist() == [[[2.0] * 4] * 2]
    assert not gradient[..., :2].any()
