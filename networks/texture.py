"""Neural texture mapping, the 2.5D branch: paper section III-C and supplement A.3."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from bunraku.kernels import join_channels
from bunraku.networks.densepose import one_hot_maps
from bunraku.networks.layers import ConvBlock, ResidualBlock, identity_grid, up2
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.prior import RESOLUTION, fill, prior_atlas, splat
from bunraku.spec.surface import PARTS

SPLAT_FEATURES = 8
"""Learned features that are splatted beside colours and coordinates."""


class TextureNet(nn.Module):
    """The paper's texture branch: the atlas and the DensePose are both translated from the source.

    T̂_d from Conv1 and α, P̂_d from Conv2 and ρ (eq. 5); sampling one by the other is the seam's.
    """

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__()
        c1, c2 = options.texture
        a, d = options.alpha_channels, options.densepose_channels
        self.atlas_channels = options.atlas_channels
        self.shared = nn.Sequential(
            ConvBlock(3 + 3 * PARTS, c1), ConvBlock(c1, c2, 2), ConvBlock(c2, d, 2)
        )
        self.conv1 = ConvBlock(d, a)
        self.conv2 = ConvBlock(d, d)
        self.atlas_blocks = nn.Sequential(
            *(GroupedResidualBlock(a, PARTS) for _ in range(options.atlas_blocks))
        )
        self.densepose_blocks = nn.Sequential(*(ResidualBlock(d) for _ in range(4)))
        self.uv_head = nn.Conv2d(d, 2 * PARTS, 3, padding=1)
        self.parts_head = nn.Conv2d(d, PARTS + 1, 3, padding=1)

    def encode(self, image: Tensor, densepose: Tensor) -> tuple[Tensor, Tensor]:
        """Conv1 [B, 24·c, n/4, n/4] and Conv2 [B, 256, n/4, n/4] of the source, once per photo."""
        shared = self.shared(join_channels([image * 2.0 - 1.0, *one_hot_maps(densepose)]))
        return self.conv1(shared), self.conv2(shared)

    def translate_atlas(self, conv1: Tensor, alpha: Tensor) -> Tensor:
        """T̂_d: float32 [B, 24, c, n, n]."""
        x = self.atlas_blocks(conv1 * (1.0 + alpha[:, :, None, None]))
        x = up2(up2(x)).float()
        return x.view(len(x), PARTS, self.atlas_channels, *x.shape[2:])

    def translate_densepose(self, conv2: Tensor, rho: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """P̂_d: S [B, 25, n, n] as probabilities, U and V [B, 24, n, n] in [0, 1]."""
        x = self.densepose_blocks(conv2 + rho[:, :, None, None])
        uv = torch.sigmoid(up2(up2(self.uv_head(x))).float())
        parts = F.softmax(up2(up2(self.parts_head(x))).float(), 1)
        return parts, uv[:, :PARTS], uv[:, PARTS:]


class GroupedResidualBlock(nn.Module):
    """A residual block whose second convolution mixes within a part's channels only."""

    def __init__(self, channels: int, groups: int) -> None:
        super().__init__()
        self.first = ConvBlock(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x + self.second(self.first(x)), 0.1)


class SeededTextureNet(nn.Module):
    """The texture branch with the prior: the source is splatted into the atlas, then refined.

    Per frame α only scales the channels; the driving DensePose is used as it comes.
    """

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__()
        c1, c2 = options.texture
        self.atlas_channels = options.atlas_channels
        self.features = nn.Sequential(ConvBlock(4, c1), nn.Conv2d(c1, SPLAT_FEATURES, 3, padding=1))
        self.part_embedding = nn.Parameter(torch.randn(PARTS, 8) * 0.5)
        self.refine = nn.Sequential(
            ConvBlock(3 + SPLAT_FEATURES + 1 + 8, c2),
            ConvBlock(c2, c2),
            nn.Conv2d(c2, options.atlas_channels, 3, padding=1),
        )

    def encode(self, image: Tensor, mask: Tensor, densepose: Tensor) -> tuple[Tensor, Tensor]:
        """The two atlases of a photo.

        Args:
            image: I_s [B, 3, n, n] in [0, 1].
            mask: person [B, 1, n, n] in [0, 1].
            densepose: P_s [B, 73, n, n].

        Returns:
            The prior's atlas [B, 24, 6, R, R] and the seeded neural texture [B, 24, c, R, R], whose
            first three channels are colours in [0, 1].
        """
        batch = len(image)
        # The mask's rim mixes person and background: half a pixel inside it is safe.
        inside = (-F.max_pool2d(-mask, 3, 1, 1)).clamp(0.0, 1.0)
        grid = identity_grid(image.shape[-1], image.device).expand(batch, -1, -1, -1)
        features = self.features(join_channels([image * mask * 2.0 - 1.0, mask])).float()
        # Coordinates come from all of P_s, colours from the person only. Where P_s is wider than
        # the person the flow then leads beside the person, and the warped mask, which is empty
        # there, keeps the person's own outline.
        coordinates, confidence = fill(*splat(densepose, torch.ones_like(mask), grid))
        values, seen = fill(*splat(densepose, inside, torch.cat([image, features], 1)))
        colours = values[:, :, :3]
        embedding = self.part_embedding[None, :, :, None, None].expand(
            batch, -1, -1, RESOLUTION, RESOLUTION
        )
        seeds = join_channels([part.flatten(0, 1) for part in (values, seen, embedding)])
        refined = self.refine(seeds).float()
        refined = refined.view(batch, PARTS, self.atlas_channels, RESOLUTION, RESOLUTION)
        texture = torch.cat([refined[:, :, :3] + colours, refined[:, :, 3:]], 2)
        return prior_atlas(coordinates, colours, confidence).detach(), texture

    def translate_atlas(self, texture: Tensor, alpha: Tensor) -> Tensor:
        """T̂_d [B, 24, c, R, R]: the seeded texture with its channels scaled by α."""
        return texture * (1.0 + alpha.view(len(alpha), PARTS, self.atlas_channels, 1, 1))


class TextureHeads(nn.Module):
    """One convolution each for the coarse image and the mask of the 2.5D branch (eq. 8)."""

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__()
        self.image = nn.Conv2d(options.atlas_channels, 3, 3, padding=1)
        self.mask = nn.Conv2d(options.atlas_channels, 1, 3, padding=1)

    def forward(self, z_geo: Tensor) -> Tensor:
        """Î_geo and m̂_geo as logits: [B, 4, n, n]."""
        return torch.cat([self.image(z_geo), self.mask(z_geo)], 1)
