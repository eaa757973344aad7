from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from bunraku.networks.densepose import (
    densepose_from_hard,
    densepose_from_iuv,
    flip_hard,
    hard_from_iuv,
    one_hot_maps,
)
from bunraku.spec.surface import MIRROR, REVERSE, part_charts


def test_hard_map_there_and_back(figure: Callable[..., Tensor]) -> None:
    iuv = figure()
    densepose = densepose_from_iuv(iuv)
    assert densepose.shape == (1, 73, 32, 32)
    assert densepose.dtype == torch.float32
    part = densepose[:, :25].argmax(1)
    _, u, v = part_charts(densepose)
    own = (part - 1).clamp(min=0)[:, None]
    back = torch.stack(
        [part, u.gather(1, own)[:, 0] * 255.0, v.gather(1, own)[:, 0] * 255.0], -1
    ).round()
    assert torch.equal(back.byte(), iuv)


def test_scores_are_one_hot_and_other_charts_empty(figure: Callable[..., Tensor]) -> None:
    densepose = densepose_from_iuv(figure())
    scores, u, v = part_charts(densepose)
    assert torch.equal(densepose[:, :25].sum(1), torch.ones(1, 32, 32))
    assert not u[scores == 0.0].any()
    assert not v[scores == 0.0].any()


def test_paper_channels(figure: Callable[..., Tensor]) -> None:
    densepose = densepose_from_iuv(figure())
    channels = torch.cat(one_hot_maps(densepose), 1)
    assert channels.shape == (1, 72, 32, 32)
    # U and V are centred: the middle of a chart is 0, its ends are -1 and 1, and off it all is 0.
    row = channels[0, 24 + 1, 12]
    assert float(row[12]) < -0.8
    assert float(row[19]) > 0.8
    assert not row[:12].any()


def test_flip_twice_is_nothing(figure: Callable[..., Tensor]) -> None:
    hard = hard_from_iuv(figure(dx=2))
    assert torch.allclose(flip_hard(flip_hard(hard)), hard, atol=1e-6)


def test_flip_equals_the_flipped_hard_map(figure: Callable[..., Tensor]) -> None:
    iuv = figure(dx=2)
    flipped = iuv.flip(2).clone()
    flipped[..., 0] = torch.tensor(MIRROR, dtype=torch.uint8)[flipped[..., 0].long()]
    body = flipped[..., 0] > 0
    flipped[..., 1][body] = 255 - flipped[..., 1][body]
    want, got = densepose_from_iuv(flipped), densepose_from_hard(flip_hard(hard_from_iuv(iuv)))
    assert torch.equal(got[:, :25], want[:, :25])
    assert torch.allclose(got[:, 25:], want[:, 25:], atol=1e-6)


def test_mirror_and_reverse_are_involutions() -> None:
    assert MIRROR[:7] == (0, 1, 2, 4, 3, 6, 5)
    for k in range(25):
        assert MIRROR[MIRROR[k]] == k
        assert REVERSE[REVERSE[k]] == k
        assert MIRROR[REVERSE[k]] == REVERSE[MIRROR[k]]
    # Back and front of the same thigh, DensePose's numbers.
    assert REVERSE[7] == 9
    assert MIRROR[9] == 10
