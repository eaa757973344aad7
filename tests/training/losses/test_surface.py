from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from bunraku.spec.surface import PART, U, V
from bunraku.training.losses.surface import masked_uv, part_cross_entropy


def truth() -> Tensor:
    """Two pixels in a row: the background, and part 3 at U 0.25, V 0.75."""
    p = torch.zeros(1, 73, 1, 2)
    p[0, 0, 0, 0] = 1.0
    p[:, PART][0, 2, 0, 1] = 1.0
    p[:, U][0, 2, 0, 1] = 0.25
    p[:, V][0, 2, 0, 1] = 0.75
    return p


def even() -> tuple[Tensor, Tensor, Tensor]:
    """All parts as likely, U and V in the middle."""
    half = torch.full((1, 24, 1, 2), 0.5)
    return torch.full((1, 25, 1, 2), 1.0 / 25.0), half, half.clone()


def test_masked_uv_by_hand() -> None:
    """Equation 11: 1/25 of |0.25 − 0.5| + |0.75 − 0.5|; one pixel of the person, and one more."""
    assert float(masked_uv(even(), truth())) == pytest.approx(0.5 / 25.0 / 2.0)


def test_masked_uv_is_nothing_where_it_is_right_or_unknown() -> None:
    scores = truth()[:, :25]
    wrong_elsewhere = torch.rand(1, 24, 1, 2)
    u, v = wrong_elsewhere.clone(), wrong_elsewhere.clone()
    u[0, 2, 0, 1], v[0, 2, 0, 1] = 0.25, 0.75
    assert float(masked_uv((scores, u, v), truth())) == pytest.approx(0.0)


def test_masked_uv_teaches_u_and_v_and_not_the_scores() -> None:
    scores, u, v = (t.requires_grad_() for t in even())
    torch.autograd.backward(masked_uv((scores, u, v), truth()))
    assert scores.grad is None
    assert u.grad is not None
    assert int((u.grad != 0.0).sum()) == 1  # the right part at the person's pixel


def test_cross_entropy_by_hand() -> None:
    """Equation 11: −log(1/25) at both pixels; a certain right answer costs nothing."""
    assert float(part_cross_entropy(even()[0], truth())) == pytest.approx(math.log(25.0))
    assert float(part_cross_entropy(truth()[:, :25], truth())) == pytest.approx(0.0)
    lost = torch.zeros(1, 25, 1, 2)
    assert math.isfinite(float(part_cross_entropy(lost, truth())))
