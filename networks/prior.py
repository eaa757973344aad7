"""The geometric prior: the source's coordinates, colours and features in the 24-part atlas.

Source and driving IUV maps already say where every covered pixel comes from. Once per photo the
source is splatted into the atlas and the holes are filled; per frame the texture kernel samples
the atlas at the driving IUV map. This is the paper's "residual" idea carried to its end
(docs/architecture.md); the paper itself learns the flow from nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from bunraku.networks.layers import identity_grid, push_pull
from bunraku.spec.surface import (
    MIRROR,
    PARTS,
    PRIOR_CONFIDENCE,
    PRIOR_POSITION,
    REVERSE,
    part_charts,
)

RESOLUTION = 32
"""Side of one part's chart in the atlas, in texels."""

SEEN_TEXELS = 4.0
"""A part counts as seen in the photo from this many covered texels on."""

CONFIDENCE_FILLED = 0.35
CONFIDENCE_MIRRORED = 0.15
CONFIDENCE_REVERSED = 0.1
"""How far coordinates are believed: 1 where seen, these where taken from neighbours in the chart,
from the same part of the other side, and from the other face of the limb."""


def splat(densepose: Tensor, weight: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
    """Spread pixels over the charts of their strongest part, bilinearly.

    Args:
        densepose: P [B, 73, H, W].
        weight: [B, 1, H, W], 0 for pixels to leave out.
        values: [B, C, H, W].

    Returns:
        Sums of weighted values [B, 24, C, R, R] and of weights [B, 24, 1, R, R].
    """
    batch, channels = values.shape[:2]
    scores, u, v = part_charts(densepose)
    best, part = scores.max(1, keepdim=True)
    x = u.gather(1, part) * RESOLUTION - 0.5
    y = v.gather(1, part) * RESOLUTION - 0.5
    mass = weight * best
    weighted = torch.cat([values * mass, mass], 1).float().flatten(2)
    atlas = torch.zeros(batch, channels + 1, PARTS * RESOLUTION * RESOLUTION, device=values.device)
    x0, y0 = x.floor(), y.floor()
    for column, row in ((0, 0), (1, 0), (0, 1), (1, 1)):
        share = (1.0 - (x - x0 - column).abs()) * (1.0 - (y - y0 - row).abs())
        tx = (x0 + column).clamp(0, RESOLUTION - 1).long()
        ty = (y0 + row).clamp(0, RESOLUTION - 1).long()
        texel = ((part * RESOLUTION + ty) * RESOLUTION + tx).flatten(2)
        atlas = atlas.scatter_add(
            2, texel.expand(-1, channels + 1, -1), weighted * share.float().flatten(2)
        )
    atlas = atlas.view(batch, channels + 1, PARTS, RESOLUTION, RESOLUTION).transpose(1, 2)
    return atlas[:, :, :channels], atlas[:, :, channels:]


def fill(sums: Tensor, mass: Tensor) -> tuple[Tensor, Tensor]:
    """Complete the splatted charts: within the chart, else from a like part of the body.

    Args:
        sums: [B, 24, C, R, R] of :func:`splat`.
        mass: [B, 24, 1, R, R] of :func:`splat`.

    Returns:
        Values [B, 24, C, R, R] and their confidence [B, 24, 1, R, R] in [0, 1], 0 where not even
        a like part was seen (the values there are the mean of all that was).
    """
    batch, parts, channels = sums.shape[:3]
    covered = mass.clamp(max=1.0)
    own_sums = (sums * (covered / (mass + 1e-6))).flatten(0, 1)
    own_mass = covered.flatten(0, 1)
    values = push_pull(own_sums, own_mass).view(batch, parts, channels, RESOLUTION, RESOLUTION)
    near = F.avg_pool2d((own_mass > 0.05).float(), 3, 1, 1).view_as(mass)
    texels = (covered > 0.05).float().sum((3, 4), keepdim=True)
    seen = (texels >= SEEN_TEXELS).float()
    confidence = seen * (
        CONFIDENCE_FILLED + (1.0 - CONFIDENCE_FILLED) * (near * 2.0).clamp(max=1.0)
    )

    mirror = torch.tensor(MIRROR[1:], device=sums.device) - 1
    reverse = torch.tensor(REVERSE[1:], device=sums.device) - 1
    reached = seen
    # The other side of the body and the other face of a limb run their U backwards; both together
    # run it forwards again.
    for order, believed, backwards in (
        (mirror, CONFIDENCE_MIRRORED, True),
        (reverse, CONFIDENCE_REVERSED, True),
        (reverse[mirror], CONFIDENCE_REVERSED, False),
    ):
        usable = (1.0 - reached) * seen[:, order]
        like = values[:, order].flip(4) if backwards else values[:, order]
        values = values * (1.0 - usable) + like * usable
        confidence = confidence * (1.0 - usable) + believed * usable
        reached = reached + usable
    mean = (values * seen).sum(1, keepdim=True).mean((3, 4), keepdim=True) / (
        seen.sum(1, keepdim=True) + 1e-6
    )
    return values * reached + mean * (1.0 - reached), confidence


def prior_atlas(coordinates: Tensor, colours: Tensor, confidence: Tensor) -> Tensor:
    """Pack the atlas that is sampled per frame: [B, 24, 6, R, R].

    Channels are multiplied by the confidence, so that a weighted sum over parts stays a weighted
    mean after division by the third: c·x, c·y, c, c·r, c·g, c·b.
    """
    return torch.cat([coordinates * confidence, confidence, colours * confidence], 2)


def flow_from_prior(prior: Tensor) -> tuple[Tensor, Tensor]:
    """Turn the sampled prior into a flow that is defined everywhere.

    Args:
        prior: [B, 6, H, W], the atlas of :func:`prior_atlas` sampled at the driving IUV map.

    Returns:
        Displacement [B, 2, H, W] in [-1, 1] units, extended smoothly beyond the silhouette and
        over parts never seen, and the confidence [B, 1, H, W].
    """
    confidence = prior[:, PRIOR_CONFIDENCE, None]
    grid = identity_grid(prior.shape[-1], prior.device)
    moved = prior[:, PRIOR_POSITION] - confidence * grid
    return push_pull(moved, confidence), confidence
