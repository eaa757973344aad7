"""Losses of pictures and masks: the paper's equations 12 and 13, and two of ours.

Convention: pictures are [B, 3, h, w] in [0, 1], masks and weights [B, 1, h, w].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.kernels import warp_occlude
from bunraku.networks.layers import down, up2
from bunraku.spec.surface import HANDS, HEAD_SCORE

LEVELS = 3
"""Pictures of the pyramid: at the full side, a half and a quarter."""


def pyramid_perceptual(
    features: Callable[[Tensor], list[Tensor]], got: Tensor, wanted: Tensor, levels: int = LEVELS
) -> Tensor:
    """Equation 12, λ_p: Σ_l Σ_i ‖Φ^i(Ω^l(I)) − Φ^i(Ω^l(Î))‖₂ over the pyramid and the maps.

    The norm is over one picture's map, as root of the mean square, so that the weight holds for
    every side and feature network.

    Args:
        features: Φ, a picture's feature maps; gradients pass through it.
        got: what was generated.
        wanted: the true picture.
        levels: Ω, each half as large as the one before.
    """
    total = torch.zeros((), device=got.device)
    for level in range(levels):
        with torch.no_grad():
            goals = features(down(wanted, 2**level))
        for x, y in zip(features(down(got, 2**level)), goals, strict=True):
            square = (x.float() - y.float()).square().mean((1, 2, 3))
            total = total + torch.sqrt(square + 1e-12).mean()
    return total


def l1(got: Tensor, wanted: Tensor, where: Tensor | None = None) -> Tensor:
    """Equation 12, λ_1: mean absolute difference, of the pixels in ``where`` alone if given."""
    difference = (got - wanted).abs()
    if where is None:
        return difference.mean()
    return (difference * where).sum() / (where.sum() * got.shape[1] + 1.0)


def warped_source(
    sources: Sequence[Tensor],
    targets: Sequence[Tensor],
    flows: Sequence[Tensor],
    occlusions: Sequence[Tensor],
) -> Tensor:
    """Supplement, B: Σ_i |Warp(I_s, f_i) − I_d| where o_i holds, which steadies f_i and o_i.

    A mean weighed by o_i at each scale: to believe in nothing makes it no cheaper, but to believe
    in what is warped right does.

    Args:
        sources: I_s at each flow's side.
        targets: the true frame likewise.
        flows: f_i.
        occlusions: o_i, 1 where the warped source is to be used.
    """
    terms = []
    for source, target, flow, occlusion in zip(sources, targets, flows, occlusions, strict=True):
        warped = warp_occlude(source, flow, torch.ones_like(occlusion))
        terms.append(l1(warped, target, occlusion))
    return torch.stack(terms).sum()


def mask_bce(logit: Tensor, mask: Tensor) -> Tensor:
    """Equation 13: binary cross-entropy of a mask's logit against the true mask."""
    return F.binary_cross_entropy_with_logits(logit, mask.clamp(0.0, 1.0))


def face_and_hands(surface: Tensor, mask: Tensor) -> Tensor:
    """Ours, a weight: the person over the background, face and hands most.

    Args:
        surface: the exact P_d [B, 73, n, n].
        mask: the person at the pictures' size.

    Returns:
        0.6 on the background, 3 on the person, 5 on hands and 6 on the face; at mask's size.
    """
    face = surface[:, HEAD_SCORE].sum(1, keepdim=True)
    hands = surface[:, HANDS[0] : HANDS[-1] + 1].sum(1, keepdim=True)
    extra = F.avg_pool2d(1.5 * face + 1.0 * hands, 3, 1, 1)
    extra = F.interpolate(extra, mask.shape[-2:], mode="bilinear", align_corners=False)
    return 0.6 + 2.4 * mask + 2.0 * extra


def unsteadiness(
    before: tuple[Tensor, Tensor], after: tuple[Tensor, Tensor], flow: Tensor, known: Tensor
) -> Tensor:
    """Ours: how a frame's change from its neighbour differs from the true change.

    What moved along is taken out by the exact flow, so that flicker and texture that swims on the
    body cost, while true changes of light do not.

    Args:
        before: a generated frame and the true one.
        after: those of a frame nearby.
        flow: from ``after`` to ``before``, exact: [B, 2, n, n], n the pictures' side or half.
        known: [B, 1, n, n], 1 where the flow is known.
    """
    got, wanted = after
    if flow.shape[-1] != got.shape[-1]:
        flow, known = up2(flow), (up2(known) > 0.99).float()
    whole = torch.ones_like(known)
    carried, truly = (warp_occlude(picture, flow, whole) for picture in before)
    return l1(got - carried, wanted - truly, known)
