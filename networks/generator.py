"""The whole generator, cut at the seam where every irregular memory access sits (design.md).

    encode_source(image, mask, P_s) ──► identity          once per photo
    sample_prior(identity, P_d)     ──► prior             kernel (with the prior)
    motion(P_d, prior, identity)    ──► flows, occlusions, atlas, [S, U, V]
    seam(identity, moved, P_d)      ──► warped features, z_geo           kernels
    blend(seamed, moved, prior, P_d)──► Î_d, m̂

The same methods are what training composes, what is exported as engines, and what the runtime
drives; tensors have the same names everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.networks.blender import Blend, BlenderNet
from bunraku.networks.densepose import split_densepose
from bunraku.networks.layers import down, up2, up2_flow
from bunraku.networks.motion import MotionNet
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset
from bunraku.networks.prior import guide_head
from bunraku.networks.texture import SeededTextureNet, TextureHeads, TextureNet
from bunraku.networks.warping import WarpingNet

Identity = dict[str, Tensor]
"""What is computed once from the source, by the names of the engines' tensors."""


@dataclass(frozen=True)
class Moved:
    """The `motion` engine's outputs; tuples go from coarse to fine."""

    flow: tuple[Tensor, Tensor, Tensor]
    """[B, 2 (x, y), n, n], displacement in [-1, 1] units."""
    occlusion: tuple[Tensor, Tensor, Tensor]
    """[B, 1, n, n] in [0, 1]."""
    atlas: Tensor
    """T̂_d [B, 24, c, h, w]."""
    densepose: tuple[Tensor, Tensor, Tensor] | None
    """P̂_d as S [B, 25, n, n], U, V [B, 24, n, n]; None with the prior, which samples at P_d."""


@dataclass(frozen=True)
class Seamed:
    """The kernels' outputs."""

    warped: tuple[Tensor, Tensor, Tensor]
    """Warp(z_i, f_i) · o_i, coarse to fine."""
    z_geo: Tensor
    """[B, c, n, n]."""
    warped_image: Tensor | None
    """With the prior, photo × mask, mask and mask outside of P_s, warped: [B, 5, w, w]."""


@dataclass(frozen=True)
class Generated:
    """A frame and everything on the way to it that a loss looks at."""

    blend: Blend
    moved: Moved
    seamed: Seamed
    prior: Tensor | None
    app: Tensor
    """Î_app (in [0, 1]) and m̂_app (logit) [B, 4, n, n]."""
    geo: Tensor | None
    """Î_geo (in [0, 1]) and m̂_geo (logit) [B, 4, n, n]; None with the prior."""


class Generator(nn.Module):
    """The paper's generator in one of its presets."""

    def __init__(self, options: GeneratorOptions | Preset = Preset.LIVE) -> None:
        super().__init__()
        self.options = OPTIONS[options] if isinstance(options, Preset) else options
        o = self.options
        self.motion_net = MotionNet(o)
        self.warping = WarpingNet(o)
        self.blender = BlenderNet(o)
        self.texture: TextureNet | SeededTextureNet
        self.texture = SeededTextureNet(o) if o.prior else TextureNet(o)
        self.texture_heads = None if o.prior else TextureHeads(o)

    def encode_source(self, image: Tensor, mask: Tensor, densepose: Tensor) -> Identity:
        """Everything that depends on the photo alone.

        Args:
            image: the window, background included, [B, 3, w, w] in [0, 1].
            mask: the person in it, [B, 1, w, w] in [0, 1].
            densepose: P_s [B, 73, n, n].
        """
        o = self.options
        factor = o.window // o.size
        identity: Identity = {}
        if o.prior:
            outside = densepose[:, :1] if factor == 1 else up2(densepose[:, :1])
            identity["image_masked"] = torch.cat([image * mask, mask, mask * outside], 1)
            # The background of the photo says nothing about the person and must not leak in.
            image = image * mask + 0.5 * (1.0 - mask)
        small, small_mask = down(image, factor), down(mask, factor)
        for n, z in zip(o.scales, self.warping.encode(small, small_mask), strict=True):
            identity[f"z_{n}"] = z.float()
        identity["motion_source"] = self.motion_net.encode_source(
            small, small_mask, densepose
        ).float()
        if isinstance(self.texture, SeededTextureNet):
            prior, texture = self.texture.encode(small, small_mask, densepose)
            identity |= {"atlas_prior": prior, "atlas_texture": texture}
        else:
            conv1, conv2 = self.texture.encode(small, densepose)
            identity |= {"texture_conv1": conv1.float(), "texture_conv2": conv2.float()}
        return identity

    def sample_prior(
        self, identity: Identity, densepose: Tensor, head: Tensor | None = None
    ) -> Tensor | None:
        """The prior's atlas at the driving IUV map, [B, 6, n, n]; None without the prior.

        Args:
            identity: of the source.
            densepose: P_d [B, 73, n, n].
            head: [B, 7], the map of the head by its landmarks (networks/prior.py).
        """
        if not self.options.prior:
            return None
        with torch.no_grad():
            sampled: Tensor = sample_texture(identity["atlas_prior"], *split_densepose(densepose))
            return sampled if head is None else guide_head(sampled, densepose, head)

    def motion(self, densepose: Tensor, prior: Tensor | None, identity: Identity) -> Moved:
        """The `motion` engine: P_d [B, 73, n, n] against the identity."""
        m = self.motion_net(identity["motion_source"], densepose, prior)
        if isinstance(self.texture, SeededTextureNet):
            atlas = self.texture.translate_atlas(identity["atlas_texture"], m.alpha)
            return Moved(m.flow, m.occlusion, atlas, None)
        atlas = self.texture.translate_atlas(identity["texture_conv1"], m.alpha)
        translated = self.texture.translate_densepose(identity["texture_conv2"], m.rho)
        return Moved(m.flow, m.occlusion, atlas, translated)

    def seam(self, identity: Identity, moved: Moved, densepose: Tensor) -> Seamed:
        """Every gather of the model."""
        o = self.options
        warped = tuple(
            warp_occlude(identity[f"z_{n}"], f, occ)
            for n, f, occ in zip(o.scales, moved.flow, moved.occlusion, strict=True)
        )
        if moved.densepose is not None:
            parts, u, v = moved.densepose
            z_geo = sample_texture(moved.atlas, parts[:, 1:], u, v)
            return Seamed((warped[0], warped[1], warped[2]), z_geo, None)
        z_geo = sample_texture(moved.atlas, *split_densepose(densepose))
        flow = moved.flow[2] if o.window == o.size else up2_flow(moved.flow[2])
        whole = torch.ones_like(flow[:, :1])
        warped_image = warp_occlude(identity["image_masked"], flow, whole)
        return Seamed((warped[0], warped[1], warped[2]), z_geo, warped_image)

    def decode_appearance(self, seamed: Seamed, moved: Moved) -> tuple[Tensor, Tensor]:
        """z_app [B, c, n, n], and Î_app in [0, 1] with m̂_app as a logit [B, 4, n, n]."""
        z_app, head = self.warping.decode(seamed.warped, moved.occlusion)
        head = head.float()
        return z_app, torch.cat([torch.sigmoid(head[:, :3]), head[:, 3:]], 1)

    def blend(
        self, seamed: Seamed, moved: Moved, prior: Tensor | None, densepose: Tensor
    ) -> tuple[Blend, Tensor]:
        """The `blend` engine: the finished frame, and Î_app with m̂_app."""
        z_app, app = self.decode_appearance(seamed, moved)
        guide = None
        if prior is not None:
            guide = torch.cat([1.0 - densepose[:, :1], prior[:, 2:3]], 1)
        blend = self.blender(seamed.z_geo, z_app, app[:, :3], guide, seamed.warped_image)
        return blend, app

    def drive(self, identity: Identity, densepose: Tensor, head: Tensor | None = None) -> Generated:
        """One driving pose against an identity, the cut methods one after the other."""
        prior = self.sample_prior(identity, densepose, head)
        moved = self.motion(densepose, prior, identity)
        seamed = self.seam(identity, moved, densepose)
        blend, app = self.blend(seamed, moved, prior, densepose)
        geo = None
        if self.texture_heads is not None:
            heads = self.texture_heads(seamed.z_geo).float()
            geo = torch.cat([torch.sigmoid(heads[:, :3]), heads[:, 3:]], 1)
        return Generated(blend, moved, seamed, prior, app, geo)

    def forward(self, image: Tensor, mask: Tensor, source: Tensor, driving: Tensor) -> Generated:
        """I_s, its mask, P_s and P_d → a frame; shapes as in :meth:`encode_source`."""
        return self.drive(self.encode_source(image, mask, source), driving)


def repeat_identity(identity: Identity, times: int) -> Identity:
    """Each batch entry ``times`` times in a row, for several driving poses of one source."""
    return {name: t.repeat_interleave(times, 0) for name, t in identity.items()}
