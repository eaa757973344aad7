"""Tensor forms write where they are told to, as array forms do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from bunraku.kernels import enlarge_flow, guide_head, sample_texture, warp_occlude

N = 6
Call = Callable[..., Tensor]


def maps(channels: int) -> Tensor:
    return torch.rand(1, channels, N, N, generator=torch.Generator().manual_seed(channels))


ATLAS = torch.rand(1, 24, 3, 4, 4, generator=torch.Generator().manual_seed(1))
CALLS: list[tuple[Call, tuple[Any, ...]]] = [
    (sample_texture, (ATLAS, *(maps(24),) * 3)),
    (sample_texture, (ATLAS.double(), *(maps(24),) * 3)),
    (warp_occlude, (maps(4), maps(2), maps(1))),
    (enlarge_flow, (maps(2), 2 * N)),
    (enlarge_flow, (maps(2), N)),
    (guide_head, (maps(6), maps(73), torch.rand(1, 7))),
]


@pytest.mark.parametrize(("operator", "given"), CALLS)
def test_a_result_is_written_where_it_is_wanted(operator: Call, given: tuple[Any, ...]) -> None:
    expected = operator(*given)
    out = torch.full_like(expected, torch.nan)
    assert operator(*given, threads=1, out=out) is out
    assert torch.equal(out, expected)
    with pytest.raises(ValueError, match="out must be"):
        operator(*given, out=out[:, :, :1])


def test_the_head_is_guided_in_place() -> None:
    prior, surface, head = maps(6), maps(73), torch.rand(1, 7)
    expected = guide_head(prior, surface, head)
    assert torch.equal(guide_head(prior, surface, head, out=prior), expected)
    assert torch.equal(prior, expected)
