"""MotionNet: from the source, its pose and the driving pose to flows, occlusions and latents.

Paper, section III-A and supplement A.1: a FlowNet-like encoder, global pooling at its end for the
latent signals α and ρ, and two parallel upsampling streams with heads at three scales.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from bunraku.kernels import join_channels
from bunraku.networks.densepose import one_hot_maps
from bunraku.networks.layers import ConvBlock, down, up2
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.prior import flow_from_prior
from bunraku.spec.surface import PARTS, PRIOR_CHANNELS

FLOW_UNIT = 0.1
"""A head's output of 1 moves by this much in [-1, 1] units, so that heads work near 1."""


class Motion(NamedTuple):
    """What one driving pose asks of the source; tuples go from coarse to fine."""

    flow: tuple[Tensor, Tensor, Tensor]
    """f [B, 2 (x, y), n, n]: displacement in [-1, 1] units from a pixel to its source."""
    occlusion: tuple[Tensor, Tensor, Tensor]
    """o [B, 1, n, n] in [0, 1]: 1 where the warped source is to be used."""
    alpha: Tensor
    """α [B, 24 · c]: how the texture atlas is to change."""
    rho: Tensor
    """ρ [B, 256]: how the DensePose is to change; empty with the prior."""


class MotionNet(nn.Module):
    """[I_s, P_s, P_d] → α, ρ, flows and occlusions.

    The first convolution is written as a sum of two, one over the source and one over the driving
    pose, so that the source's share is computed once per photo.
    """

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__()
        c2, c4, c8, c16 = options.motion
        p = options.motion_prediction
        fine = options.motion_fine
        self.prior = options.prior
        self.stem_source = nn.Conv2d(3 + 1 + 3 * PARTS, c2, 3, 2, 1)
        driving = 3 * PARTS + (PRIOR_CHANNELS + 2 if options.prior else 0)
        self.stem_driving = nn.Conv2d(driving, c2, 3, 2, 1, bias=False)
        self.stem_end = nn.Sequential(nn.BatchNorm2d(c2), nn.LeakyReLU(0.1), ConvBlock(c2, c2))
        self.down4 = nn.Sequential(ConvBlock(c2, c4, 2), ConvBlock(c4, c4))
        self.down8 = nn.Sequential(ConvBlock(c4, c8, 2), ConvBlock(c8, c8))
        self.down16 = nn.Sequential(ConvBlock(c8, c16, 2), ConvBlock(c16, c16))
        self.fc_alpha = nn.Linear(c16, options.alpha_channels)
        d = options.densepose_channels
        self.fc_rho = nn.Linear(c16, d) if d else None
        self.lift8 = nn.Conv2d(c16, c8, 1)
        self.features8 = ConvBlock(c8, c8)
        self.prediction8 = ConvBlock(c16, p)
        self.lift4 = nn.Conv2d(c8, c4, 1)
        self.features4 = ConvBlock(c4 + p, c4)
        self.prediction4 = ConvBlock(c8 + p, p)
        self.head4 = nn.Conv2d(c4, 3, 3, padding=1)
        self.lift2 = nn.Conv2d(c4, c2, 1)
        self.features2 = ConvBlock(c2 + p, c2)
        self.prediction2 = ConvBlock(c4 + p, p)
        self.head2 = nn.Conv2d(c2, 3, 3, padding=1)
        self.features1 = ConvBlock(c2 + p, fine)
        self.head1 = nn.Conv2d(fine, 3, 3, padding=1)
        for head in (self.head4, self.head2, self.head1):
            nn.init.normal_(head.weight, std=1e-3)
        for fc in (self.fc_alpha, self.fc_rho):
            if fc is not None:
                for parameter in fc.parameters():
                    nn.init.zeros_(parameter)

    def encode_source(self, image: Tensor, mask: Tensor, densepose: Tensor) -> Tensor:
        """The source's share of the first layer: [B, 3 / 1 / 73, n, n] → [B, c, n/2, n/2]."""
        share: Tensor = self.stem_source(
            join_channels([image * 2.0 - 1.0, mask, *one_hot_maps(densepose)])
        )
        return share

    def forward(self, source: Tensor, densepose: Tensor, prior: Tensor | None) -> Motion:
        """One driving pose.

        Args:
            source: the result of :meth:`encode_source`.
            densepose: P_d, float32 [B, 73, n, n].
            prior: the prior's atlas sampled at P_d, [B, 6, n, n]; None without the prior.
        """
        inputs = [*one_hot_maps(densepose)]
        base = None
        if self.prior:
            assert prior is not None, "a generator with the prior needs it sampled at P_d"
            base, _ = flow_from_prior(prior)
            inputs = [*inputs, prior, base * 2.0]
        x2 = self.stem_end(source + self.stem_driving(join_channels(inputs)))
        x4 = self.down4(x2)
        x8 = self.down8(x4)
        x16 = self.down16(x8)
        pooled = x16.mean((2, 3))
        alpha = self.fc_alpha(pooled)
        rho = pooled[:, :0] if self.fc_rho is None else self.fc_rho(pooled)

        y = self.features8(up2(self.lift8(x16)) + x8)
        p = up2(self.prediction8(x16))
        coarse = join_channels([y, p])
        y = self.features4(join_channels([up2(self.lift4(y)) + x4, up2(p)]))
        p = up2(self.prediction4(coarse))
        h4 = self.head4(y).float()
        coarse = join_channels([y, p])
        y = self.features2(join_channels([up2(self.lift2(y)) + x2, up2(p)]))
        p = up2(self.prediction2(coarse))
        h2 = up2(h4) + self.head2(y).float()
        h1 = up2(h2) + self.head1(up2(self.features1(join_channels([y, p])))).float()

        flows, occlusions = [], []
        for h, factor in ((h4, 4), (h2, 2), (h1, 1)):
            f, o = h[:, :2] * FLOW_UNIT, h[:, 2:]
            if base is not None:
                f = f + down(base, factor)
            flows.append(f)
            occlusions.append(torch.sigmoid(o + 1.0))
        return Motion(
            (flows[0], flows[1], flows[2]),
            (occlusions[0], occlusions[1], occlusions[2]),
            alpha.float(),
            rho.float(),
        )
