"""Losses of the generator on synthetic people, where the exact correspondence is known.

Beside the paper's terms that help at this stage (L1 and perceptual on Î_app and Î_d, masks,
total variation and multi-scale consistency of the flow) stands the direct supervision of the flow
by the exact IUV maps, which was worth 0.4 dB when measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.kernels import sample_texture
from bunraku.networks.generator import Generated
from bunraku.networks.layers import down, identity_grid, up2
from bunraku.networks.prior import fill, prior_atlas, splat
from bunraku.spec.surface import HANDS, HEAD_SCORE, part_charts
from bunraku.training.generator_data import GeneratorBatch
from bunraku.training.perceptual import Perceptual


@dataclass(frozen=True)
class LossWeights:
    """Weights of the generator's losses; λ of the paper where it has one."""

    image: float = 2.0
    """L1 of the finished picture, pyramid of three (λ_1)."""
    app: float = 0.6
    """L1 of Î_app."""
    synthesis: float = 0.5
    """L1 of what is painted rather than warped, on the person."""
    warped: float = 0.5
    """L1 of the warped photo where the correspondence is known."""
    texture: float = 0.5
    """L1 of the sampled atlas colours on the person."""
    flow: float = 4.0
    """Distance to the exact correspondence."""
    smooth: float = 0.5
    """Bends of the finest flow; steady motion is free (λ_tv)."""
    consistency: float = 0.5
    """Coarse flow as soft label for the fine ones (λ_con)."""
    mask: float = 0.5
    """BCE of m̂ and m̂_app."""
    perceptual: float = 0.6
    """EfficientNet-Lite0 features of Î_d (λ_p)."""


def exact_flow(source: Tensor, driving: Tensor) -> tuple[Tensor, Tensor]:
    """Where each driving pixel stands in the source, from exact IUV maps [B, 73, n, n].

    Returns:
        Displacement [B, 2, n, n] in [-1, 1] units and 1 where it is known (seen in both).
    """
    with torch.no_grad():
        n = source.shape[-1]
        grid = identity_grid(n, source.device).expand(len(source), -1, -1, -1)
        person = 1.0 - source[:, :1]
        sums, mass = splat(source, person, torch.cat([grid, grid[:, :1], grid], 1))
        values, confidence = fill(sums, mass)
        atlas = prior_atlas(values[:, :, :2], values[:, :, :3], confidence)
        sampled = sample_texture(atlas, *part_charts(driving))
        known = (sampled[:, 2:3] > 0.75).float()
        flow = sampled[:, :2] / (sampled[:, 2:3] + 1e-6) - identity_grid(n, source.device)
        return flow * known, known


def attention(batch: GeneratorBatch) -> Tensor:
    """Weight of each pixel at window size: the person over the background, face and hands most."""
    parts = batch.driving_exact
    face = parts[:, HEAD_SCORE].sum(1, keepdim=True)
    hands = parts[:, HANDS[0] : HANDS[-1] + 1].sum(1, keepdim=True)
    extra = F.avg_pool2d(1.5 * face + 1.0 * hands, 3, 1, 1)
    extra = F.interpolate(extra, batch.alpha.shape[-2:], mode="bilinear", align_corners=False)
    return 0.6 + 2.4 * batch.alpha + 2.0 * extra


def generator_terms(
    out: Generated,
    batch: GeneratorBatch,
    weights: LossWeights,
    perceptual: Perceptual | None,
    crop: tuple[int, int] = (0, 0),
) -> tuple[Tensor, dict[str, float], Tensor]:
    """All terms but the adversarial one.

    Args:
        out: what the generator made of the batch.
        batch: what it should have made.
        weights: of the terms.
        perceptual: the feature network; None leaves its term out.
        crop: top left corner (y, x) of the 160 × 160 pixels that it compares.

    Returns:
        The weighted sum, each term's value for the curve, and the composed picture.
    """
    drives = len(batch.target) // len(batch.source)
    blend = out.blend
    alpha, target = batch.alpha, batch.target
    picture = blend.mask * blend.image + (1.0 - blend.mask) * batch.background
    terms: dict[str, Tensor] = {}

    weight = attention(batch)
    terms["image"] = ((picture - target).abs() * weight).mean()
    for factor in (2, 4):
        terms["image"] = (
            terms["image"]
            + 0.5
            * ((down(picture, factor) - down(target, factor)).abs() * down(weight, factor)).mean()
        )
    person = alpha.sum() * 3.0 + 1.0
    # The person's colours on their own, so that the mask cannot hide wrong ones.
    own = batch.colour / (alpha + 1e-3)
    terms["image"] = terms["image"] + ((blend.image - own).abs() * alpha).sum() / person
    terms["synthesis"] = ((blend.synthesis - own).abs() * alpha).sum() / person

    half_target, half_alpha = down(target, 2), down(alpha, 2)
    half_background = down(batch.background, 2)
    app_mask = torch.sigmoid(out.app[:, 3:])
    app = app_mask * out.app[:, :3] + (1.0 - app_mask) * half_background
    terms["app"] = ((app - half_target).abs() * down(weight, 2)).mean()
    terms["mask"] = F.binary_cross_entropy_with_logits(
        blend.mask_logit, alpha.clamp(0.0, 1.0)
    ) + F.binary_cross_entropy_with_logits(out.app[:, 3:], half_alpha.clamp(0.0, 1.0))

    source = batch.source_exact.repeat_interleave(drives, 0)
    wanted, known = exact_flow(source, batch.driving_exact)
    flow_term = torch.zeros((), device=target.device)
    for f, factor in zip(out.moved.flow, (4, 2, 1), strict=True):
        share = down(known, factor)
        sure = (share > 0.5).float()
        goal = down(wanted, factor) / (share + 1e-6)
        flow_term = flow_term + ((f - goal).abs() * sure).sum() / (sure.sum() * 2.0 + 1.0)
    terms["flow"] = flow_term

    coarse, middle, fine = out.moved.flow
    label = coarse.detach()
    terms["consistency"] = (down(middle, 2) - label).abs().mean() + (
        down(fine, 4) - label
    ).abs().mean()
    terms["smooth"] = total_variation(fine)

    if out.prior is not None and out.seamed.warped_image is not None:
        warped = out.seamed.warped_image
        colour = warped[:, :3] / (warped[:, 3:4] + 1e-3)
        seen = up2(known) * alpha
        terms["warped"] = ((colour - own).abs() * seen).sum() / (seen.sum() * 3.0 + 1.0)
        body = (1.0 - batch.driving_densepose[:, :1]) * half_alpha
        half_own = down(batch.colour, 2) / (half_alpha + 1e-3)
        difference = (out.seamed.z_geo[:, :3].float() - half_own).abs()
        terms["texture"] = (difference * body).sum() / (body.sum() * 3.0 + 1.0)
    if perceptual is not None:
        y, x = crop
        with torch.autocast(target.device.type, torch.bfloat16):
            terms["perceptual"] = perceptual(
                picture[..., y : y + 160, x : x + 160], target[..., y : y + 160, x : x + 160]
            )
    total = sum(
        (getattr(weights, name) * term for name, term in terms.items()),
        start=torch.zeros((), device=target.device),
    )
    return total, {name: float(term.detach()) for name, term in terms.items()}, picture


def total_variation(flow: Tensor) -> Tensor:
    """Mean absolute second difference: bends of the flow cost, steady motion does not."""
    dx = flow[..., 2:] - 2.0 * flow[..., 1:-1] + flow[..., :-2]
    dy = flow[..., 2:, :] - 2.0 * flow[..., 1:-1, :] + flow[..., :-2, :]
    return dx.abs().mean() + dy.abs().mean()
