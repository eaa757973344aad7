"""BlenderNet: both branches become one picture. Paper section III-D and supplement A.4."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from bunraku.kernels import join_channels
from bunraku.networks.layers import ConvBlock, down, up2
from bunraku.networks.presets import GeneratorOptions

SURE_FROM = 0.7
"""Confidence of the prior from which on the warped mask is the mask."""

LOOSE = 4.0
"""Logit in favour of what hung loose about the body in the photo: outside of the driver's map it
is kept, while a body part that the flow's extension repeats there is not."""


class Blend(NamedTuple):
    """One finished frame. Colours are in [0, 1] but not clamped, masks and trust in [0, 1]."""

    image: Tensor
    """Î_d [B, 3, w, w]: the person's colours, meaningful where the mask is."""
    mask: Tensor
    """m̂ [B, 1, w, w]."""
    trust: Tensor
    """[B, 1, w, w]: how much of ``image`` is the warped photo; 0 everywhere without the prior."""
    mask_logit: Tensor
    """m̂ before its sigmoid, for the loss."""
    synthesis: Tensor
    """[B, 3, w, w]: the part of the image that is not the warped photo."""


class BlenderNet(nn.Module):
    """A shallow U-Net with three downsamplings, then the super-resolution block.

    With the prior it predicts a residual over the sampled atlas colours and a map that says where
    to trust the warped photo instead.
    """

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__()
        b1, b2, b4, b8 = options.blender
        self.prior = options.prior
        self.upscale = options.window // options.size
        inputs = options.atlas_channels + options.warping[0] + 3 + (5 if options.prior else 0)
        self.enter = ConvBlock(inputs, b1)
        self.down2 = ConvBlock(b1, b2, 2)
        self.down4 = nn.Sequential(ConvBlock(b2, b4, 2), ConvBlock(b4, b4))
        self.down8 = nn.Sequential(ConvBlock(b4, b8, 2), ConvBlock(b8, b8))
        self.lift4, self.up4 = nn.Conv2d(b8, b4, 1), ConvBlock(b4, b4)
        self.lift2, self.up2 = nn.Conv2d(b4, b2, 1), ConvBlock(b2, b2)
        self.lift1, self.up1 = nn.Conv2d(b2, b1, 1), ConvBlock(b1, b1)
        outputs = 3 + 1 + (1 if options.prior else 0)
        # "up 2x, conv" of the supplement, as one sub-pixel convolution.
        self.leave = nn.Conv2d(b1, outputs * self.upscale**2, 3, padding=1)
        self.shuffle = nn.PixelShuffle(self.upscale) if self.upscale > 1 else nn.Identity()

    def unet(self, x: Tensor) -> Tensor:
        """[B, inputs, n, n] → [B, outputs, w, w], float32."""
        x1 = self.enter(x)
        x2 = self.down2(x1)
        x4 = self.down4(x2)
        y = self.up4(up2(self.lift4(self.down8(x4))) + x4)
        y = self.up2(up2(self.lift2(y)) + x2)
        y = self.up1(up2(self.lift1(y)) + x1)
        out: Tensor = self.shuffle(self.leave(y)).float()
        return out

    def forward(
        self,
        z_geo: Tensor,
        z_app: Tensor,
        image_app: Tensor,
        guide: Tensor | None = None,
        warped_image: Tensor | None = None,
    ) -> Blend:
        """Fuse the branches (eq. 9).

        Args:
            z_geo: [B, c, n, n]; with the prior its first three channels are atlas colours.
            z_app: [B, c', n, n].
            image_app: Î_app [B, 3, n, n] in [0, 1].
            guide: with the prior, the driving silhouette and the prior's confidence: [B, 2, n, n].
            warped_image: with the prior, the photo × mask, the mask, and the mask outside of P_s
                (hair, skirts), warped by the finest flow: [B, 5, w, w].
        """
        inputs = [z_geo, z_app, image_app * 2.0 - 1.0]
        if not self.prior:
            out = self.unet(join_channels(inputs))
            image = torch.sigmoid(out[:, :3])
            mask = torch.sigmoid(out[:, 3:4])
            return Blend(image, mask, torch.zeros_like(mask), out[:, 3:4], image)
        assert guide is not None, "a generator with the prior needs its guide"
        assert warped_image is not None, "a generator with the prior needs the warped photo"
        # One split, not slices: the gradient of each slice would be a whole tensor of its own.
        warped, warped_mask, loose = torch.split(warped_image, [3, 1, 1], 1)
        inputs += [guide[:, :1], down(warped, self.upscale), down(warped_mask, self.upscale)]
        out = self.unet(join_channels(inputs))
        colours = z_geo[:, :3].float()
        if self.upscale > 1:
            colours = up2(colours)
        synthesis = colours + torch.tanh(out[:, :3])
        colour = (warped / (warped_mask + 1e-3)).clamp(0.0, 1.0)
        trust = torch.sigmoid(out[:, 4:5]) * warped_mask
        image = trust * colour + (1.0 - trust) * synthesis
        mask_logit = out[:, 3:4] + 6.0 * warped_mask - 3.0 + LOOSE * loose
        # Where the correspondence is sure, the photo's own outline holds: an IUV map that is wider
        # than the person makes nobody wider.
        sure = ((guide[:, 1:] - SURE_FROM) / (1.0 - SURE_FROM)).clamp(0.0, 1.0)
        if self.upscale > 1:
            sure = up2(sure)
        mask = torch.sigmoid(mask_logit)
        mask = mask + sure * (warped_mask - mask)
        return Blend(image, mask, trust, mask_logit, synthesis)
