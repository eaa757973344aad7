from __future__ import annotations

import math

import pytest
import torch

from bunraku.kernels.joining import reference
from bunraku.kernels.joining.operator import join_channels


def maps() -> list[torch.Tensor]:
    torch.manual_seed(0)
    plain = torch.randn(2, 3, 5, 4)
    innermost = torch.randn(2, 5, 4, 6).permute(0, 3, 1, 2)
    expanded = torch.randn(1, 2, 5, 4).expand(2, -1, -1, -1)
    return [plain, innermost, expanded, torch.randn(2, 1, 5, 4).bfloat16()]


def test_it_is_what_a_convolution_would_have_read() -> None:
    expected = reference.join_channels(maps()).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        made = join_channels(maps())
    assert made.dtype == torch.bfloat16
    assert made.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(made, expected)


def test_without_autocast_nothing_is_rounded() -> None:
    assert torch.equal(join_channels(maps()), reference.join_channels(maps()))


def test_rounding_is_torch_s() -> None:
    edges = [0.0, -0.0, 1.00390625, 1.01171875, 3.4e38, 1e-40, math.inf, -math.inf, math.nan]
    values = torch.tensor(edges)[None, None, None]
    with torch.autocast("cpu", torch.bfloat16):
        made = join_channels([values])
    expected = values.bfloat16()
    assert torch.equal(made.isnan(), expected.isnan())
    assert torch.equal(made.nan_to_num(5.0), expected.nan_to_num(5.0))


@pytest.mark.parametrize("threads", [1, 2])
def test_gradients_are_split_again(threads: int) -> None:
    tensors = [one.clone().requires_grad_() for one in maps()]
    tensors[1].requires_grad_(False)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.autocast("cpu", torch.bfloat16):
            made = join_channels(tensors)
    finally:
        torch.set_num_threads(before)
    pull = torch.arange(made.numel(), dtype=torch.float32).view_as(made).bfloat16()
    asked = [one for one in tensors if one.requires_grad]
    found = torch.autograd.grad(made, asked, pull)
    expected = [
        part
        for part, one in zip(torch.split(pull, [3, 6, 2, 1], 1), tensors, strict=True)
        if one.requires_grad
    ]
    for gradient, wanted, tensor in zip(found, expected, asked, strict=True):
        assert gradient.dtype == tensor.dtype
        assert torch.equal(gradient, wanted.to(tensor.dtype))


def test_maps_that_are_rounded_already_are_only_joined() -> None:
    rounded = [one.bfloat16().requires_grad_() for one in maps()[:2]]
    with torch.autocast("cpu", torch.bfloat16):
        made = join_channels(rounded)
    assert torch.equal(made, torch.cat(rounded, 1))
    assert made.is_contiguous(memory_format=torch.channels_last)
    found = torch.autograd.grad(made.float().square().sum(), rounded)
    for gradient, one in zip(found, rounded, strict=True):
        torch.testing.assert_close(gradient, 2.0 * one)
        assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_maps_of_other_sides_are_refused() -> None:
    with torch.autocast("cpu", torch.bfloat16), pytest.raises(RuntimeError, match="does not join"):
        join_channels([torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 5)])
