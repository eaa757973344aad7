"""Losses of the flow: the paper's equation 10, and the exact correspondence of synthetic people.

Convention: a flow is [B, 2 (x, y), n, n], the displacement from a pixel to its source in [-1, 1]
units of the window; flows of several scales go from coarse to fine.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.networks.layers import down, identity_grid
from bunraku.networks.prior import fill, prior_atlas, splat
from bunraku.spec.surface import part_charts

MATCHED_ROWS = 1024
"""Pixels whose matches are looked for at once: 64 MiB at 128 × 128."""
LEAST_MATCH = 1e-3
"""A best similarity below this says nothing about where the match is."""


def correctness(source: Tensor, target: Tensor, flow: Tensor, where: Tensor) -> Tensor:
    """Equation 10, λ_cor: does the flow find what looks like the target, as well as anything can?

    That of GFLA: exp(−μ / μ_max) over the pixels, with μ the cosine similarity of the warped
    source's features to the target's, and μ_max that of the best match in the whole source.
    exp(−1) is taken off, so that a flow which picks the best match everywhere costs nothing.

    Args:
        source: features of the source [B, C, n, n].
        target: features of the true frame, of the same shape.
        flow: at the same side.
        where: [B, 1, n, n], weight of each pixel.
    """
    source, target = source.float(), target.float()
    warped = warp_occlude(source, flow, torch.ones_like(flow[:, :1]))
    found = F.cosine_similarity(warped, target, dim=1)
    with torch.no_grad():
        best = _best_match(source, target, where > 0.0).view_as(found).clamp(min=LEAST_MATCH)
    cost = torch.exp(-found / best) - torch.exp(torch.tensor(-1.0))
    weight = where[:, 0]
    return (cost * weight).sum() / (weight.sum() + 1e-6)


def _best_match(source: Tensor, target: Tensor, asked: Tensor) -> Tensor:
    """Of each pixel of the target the highest cosine similarity to any of the source, [B, n²]; 1
    where it is not asked for."""
    unit_source = F.normalize(source.flatten(2), dim=1)
    unit_target = F.normalize(target.flatten(2), dim=1)
    best = torch.ones_like(unit_target[:, 0])
    # In float32, as what the flow finds is: rounded, the best could be less than that.
    with torch.autocast(source.device.type, enabled=False):
        for entry, s, t, rows in zip(best, unit_source, unit_target, asked.flatten(1), strict=True):
            # All pairs have n⁴ numbers, 1 GiB at 128 × 128: only some rows of them at a time.
            pieces = t[:, rows].T.split(MATCHED_ROWS)
            entry[rows] = torch.cat([(piece @ s).amax(1) for piece in pieces])
    return best


@cache
def _off_affine(kernel: int) -> Tensor:
    """[k², 1, k, k]: what is left of a k × k patch beside its best affine fit."""
    y, x = torch.meshgrid(torch.arange(kernel), torch.arange(kernel), indexing="ij")
    a = torch.stack([x, y, torch.ones_like(x)], -1).view(-1, 3).double()
    fit = a @ torch.linalg.inv(a.T @ a) @ a.T
    left: Tensor = (torch.eye(kernel * kernel, dtype=torch.float64) - fit).float()
    return left.view(kernel * kernel, 1, kernel, kernel)


def affine_regularisation(flow: Tensor, kernel: int = 3) -> Tensor:
    """Equation 10, λ_reg: patches move as affine maps (GFLA).

    The mean over all patches of ``kernel`` × ``kernel`` pixels of the squared distance, in pixels
    of the flow's scale, between where their pixels are sent and the best affine map of the patch.
    """
    batch, _, height, width = flow.shape
    pixels = flow.reshape(batch * 2, 1, height, width) * (width / 2.0)
    left = F.conv2d(pixels, _off_affine(kernel).to(flow))
    return left.square().mean() * 2.0  # x and y


def total_variation(flows: Sequence[Tensor]) -> Tensor:
    """Equation 10, λ_tv: mean absolute difference of neighbours, summed over the scales."""
    return _total(
        (f[..., 1:] - f[..., :-1]).abs().mean() + (f[..., 1:, :] - f[..., :-1, :]).abs().mean()
        for f in flows
    )


def consistency(flows: Sequence[Tensor]) -> Tensor:
    """Equation 10, λ_con: the coarsest flow is the soft label of the finer ones."""
    label = flows[0].detach()
    side = label.shape[-1]
    return _total((down(f, f.shape[-1] // side) - label).abs().mean() for f in flows[1:])


def bending(flow: Tensor) -> Tensor:
    """Ours: mean absolute second difference; bends of the flow cost, steady motion does not."""
    dx = flow[..., 2:] - 2.0 * flow[..., 1:-1] + flow[..., :-2]
    dy = flow[..., 2:, :] - 2.0 * flow[..., 1:-1, :] + flow[..., :-2, :]
    return dx.abs().mean() + dy.abs().mean()


def exact_flow(source: Tensor, driving: Tensor) -> tuple[Tensor, Tensor]:
    """Where each driving pixel stands in the source, from exact IUV maps.

    Args:
        source: [B, 73, n, n].
        driving: [B · K, 73, n, n], K of each source in a row.

    Returns:
        Displacement [B · K, 2, n, n] in [-1, 1] units and 1 where it is known (seen in both).
    """
    with torch.no_grad():
        n = source.shape[-1]
        grid = identity_grid(n, source.device).expand(len(source), -1, -1, -1)
        person = 1.0 - source[:, :1]
        sums, mass = splat(source, person, torch.cat([grid, grid[:, :1], grid], 1))
        values, confidence = fill(sums, mass)
        atlas = prior_atlas(values[:, :, :2], values[:, :, :3], confidence)
        atlas = atlas.repeat_interleave(len(driving) // len(source), 0)
        sampled = sample_texture(atlas, *part_charts(driving))
        known = (sampled[:, 2:3] > 0.75).float()
        flow = sampled[:, :2] / (sampled[:, 2:3] + 1e-6) - identity_grid(n, source.device)
        return flow * known, known


def distance_to_exact(flows: Sequence[Tensor], wanted: Tensor, known: Tensor) -> Tensor:
    """Ours: mean distance of each scale's flow to the exact one, where that is known.

    Args:
        flows: coarse to fine.
        wanted: [B, 2, n, n], 0 where it is not known.
        known: [B, 1, n, n].
    """
    terms = []
    for flow in flows:
        factor = wanted.shape[-1] // flow.shape[-1]
        share = down(known, factor)
        sure = (share > 0.5).float()
        goal = down(wanted, factor) / (share + 1e-6)
        terms.append(((flow - goal).abs() * sure).sum() / (sure.sum() * 2.0 + 1.0))
    return _total(terms)


def _total(terms: Iterable[Tensor]) -> Tensor:
    return torch.stack(list(terms)).sum()
