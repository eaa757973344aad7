"""The feature warping network, the 2D branch: paper section III-B and supplement A.2."""

from __future__ import annotations

from torch import Tensor, nn

from bunraku.kernels import join_channels
from bunraku.networks.layers import ConvBlock, ResidualBlock, up2
from bunraku.networks.presets import GeneratorOptions


class WarpingNet(nn.Module):
    """Encodes the source at three scales; decodes warped features into z_app and a coarse image."""

    def __init__(self, options: GeneratorOptions, poses: int = 0) -> None:
        """The branch.

        Args:
            options: of the generator.
            poses: channels that stand beside image and mask, where no flow leads.
        """
        super().__init__()
        c1, c2, c4 = options.warping
        self.enter = ConvBlock(4 + poses, c1, kernel=5)
        self.down2 = nn.Sequential(ConvBlock(c1, c2, 2), ConvBlock(c2, c2))
        self.down4 = nn.Sequential(ConvBlock(c2, c4, 2), ConvBlock(c4, c4))
        self.blocks = nn.Sequential(*(ResidualBlock(c4) for _ in range(options.warping_blocks)))
        self.up2 = ConvBlock(c4, c2)
        self.up1 = ConvBlock(c2, c1)
        self.head = nn.Conv2d(c1, 4, 3, padding=1)

    def encode(self, image: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """z at three scales, coarse to fine (eq. 2), from I_s [B, 3, n, n] and its mask."""
        z1 = self.enter(join_channels([image * 2.0 - 1.0, mask]))
        z2 = self.down2(z1)
        return self.down4(z2), z2, z1

    def decode(
        self, warped: tuple[Tensor, Tensor, Tensor], occlusion: tuple[Tensor, Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Eq. 3 at each scale, then the heads (eq. 4).

        Args:
            warped: Warp(z_i, f_i) · o_i, coarse to fine; the multiplication is the kernel's.
            occlusion: o_i, coarse to fine.

        Returns:
            z_app [B, c, n, n] and Î_app with m̂_app [B, 4, n, n] as logits.
        """
        y = up2(self.up2(self.blocks(warped[0])))
        y = up2(self.up1(y * (1.0 - occlusion[1]) + warped[1]))
        z_app = y * (1.0 - occlusion[2]) + warped[2]
        return z_app, self.head(z_app)
