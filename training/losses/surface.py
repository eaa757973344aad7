"""Losses of the translated DensePose: the paper's equation 11."""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.spec.surface import SCORE, part_charts

LEAST_SCORE = 1e-6
"""Below it a score costs no more: its logarithm has no end."""


def masked_uv(translated: tuple[Tensor, Tensor, Tensor], truth: Tensor) -> Tensor:
    """Equation 11, λ_uv: |Ŝ ⊙ (U − Û)| + |Ŝ ⊙ (V − V̂)| over the parts, a pixel of the person.

    Û and V̂ of a part are asked for where the part truly is: elsewhere the map holds no U and V of
    it. Ŝ weighs and is not taught here, else giving up a part would be the cheapest way out.

    Args:
        translated: Ŝ [B, 25, n, n], background first, Û and V̂ [B, 24, n, n].
        truth: P_d [B, 73, n, n].
    """
    scores, u, v = translated
    parts, true_u, true_v = part_charts(truth)
    weight = scores[:, 1:].detach() * parts
    wrong = (u - true_u).abs() + (v - true_v).abs()
    cost: Tensor = (weight * wrong).sum() / (parts.sum() + 1.0)
    return cost


def part_cross_entropy(scores: Tensor, truth: Tensor) -> Tensor:
    """Equation 11, λ_ce: −Σ_k S log Ŝ, the mean over all pixels.

    Args:
        scores: Ŝ [B, 25, n, n] as probabilities.
        truth: P_d [B, 73, n, n].
    """
    certainty = torch.log(scores.clamp(min=LEAST_SCORE))
    return -(truth[:, SCORE] * certainty).sum(1).mean()
