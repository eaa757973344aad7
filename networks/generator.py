"""The whole generator, cut at the seam where every irregular memory access sits.

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

from bunraku.kernels import guide_head, sample_texture
from bunraku.kernels.seam import Moved, Seamed, gather
from bunraku.networks.blender import Blend, BlenderNet
from bunraku.networks.layers import down, up2
from bunraku.networks.motion import MotionNet
from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset
from bunraku.networks.texture import SeededTextureNet, TextureHeads, TextureNet
from bunraku.networks.warping import WarpingNet
from bunraku.spec import tensors as names
from bunraku.spec.surface import BACKGROUND, PRIOR_CONFIDENCE, part_charts

SourceTensors = dict[str, Tensor]
"""What is computed once from the source, by the names of the engines' tensors (spec/tensors.py)."""


@dataclass(frozen=True)
class Generated:
    """A frame and everything on the way to it that a loss looks at."""

    blend: Blend
    moved: Moved[Tensor]
    seamed: Seamed[Tensor]
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

    def encode_source(self, image: Tensor, mask: Tensor, densepose: Tensor) -> SourceTensors:
        """Everything that depends on the photo alone.

        Args:
            image: the window, background included, [B, 3, w, w] in [0, 1].
            mask: the person in it, [B, 1, w, w] in [0, 1].
            densepose: P_s [B, 73, n, n].
        """
        o = self.options
        factor = o.window // o.size
        identity: SourceTensors = {}
        if o.prior:
            outside = densepose[:, BACKGROUND] if factor == 1 else up2(densepose[:, BACKGROUND])
            identity[names.IMAGE_MASKED] = torch.cat([image * mask, mask, mask * outside], 1)
            # The background of the photo says nothing about the person and must not leak in.
            image = image * mask + 0.5 * (1.0 - mask)
        small, small_mask = down(image, factor), down(mask, factor)
        for n, z in zip(o.scales, self.warping.encode(small, small_mask), strict=True):
            identity[names.z(n)] = z.float()
        identity[names.MOTION_SOURCE] = self.motion_net.encode_source(
            small, small_mask, densepose
        ).float()
        if isinstance(self.texture, SeededTextureNet):
            prior, texture = self.texture.encode(small, small_mask, densepose)
            identity |= {names.ATLAS_PRIOR: prior, names.ATLAS_TEXTURE: texture}
        else:
            conv1, conv2 = self.texture.encode(small, densepose)
            identity |= {names.TEXTURE_CONV1: conv1.float(), names.TEXTURE_CONV2: conv2.float()}
        return identity

    def sample_prior(
        self, identity: SourceTensors, densepose: Tensor, head: Tensor | None = None
    ) -> Tensor | None:
        """The prior's atlas at the driving IUV map, [B, 6, n, n]; None without the prior.

        Args:
            identity: of the source.
            densepose: P_d [B, 73, n, n].
            head: [B, 7], the map of the head by its landmarks (kernels/head).
        """
        if not self.options.prior:
            return None
        with torch.no_grad():
            sampled: Tensor = sample_texture(identity[names.ATLAS_PRIOR], *part_charts(densepose))
            return sampled if head is None else guide_head(sampled, densepose, head)

    def motion(
        self, densepose: Tensor, prior: Tensor | None, identity: SourceTensors
    ) -> Moved[Tensor]:
        """The `motion` engine: P_d [B, 73, n, n] against the identity."""
        m = self.motion_net(identity[names.MOTION_SOURCE], densepose, prior)
        if isinstance(self.texture, SeededTextureNet):
            atlas = self.texture.translate_atlas(identity[names.ATLAS_TEXTURE], m.alpha)
            return Moved(m.flow, m.occlusion, atlas)
        atlas = self.texture.translate_atlas(identity[names.TEXTURE_CONV1], m.alpha)
        translated = self.texture.translate_densepose(identity[names.TEXTURE_CONV2], m.rho)
        return Moved(m.flow, m.occlusion, atlas, translated)

    def seam(
        self, identity: SourceTensors, moved: Moved[Tensor], densepose: Tensor
    ) -> Seamed[Tensor]:
        """Every gather of the model (kernels/seam.py)."""
        image = identity.get(names.IMAGE_MASKED)
        return gather(
            moved,
            densepose,
            [identity[names.z(n)] for n in self.options.scales],
            image,
            everywhere=None if image is None else torch.ones_like(image[:, :1]),
        )

    def decode_appearance(
        self, seamed: Seamed[Tensor], moved: Moved[Tensor]
    ) -> tuple[Tensor, Tensor]:
        """z_app [B, c, n, n], and Î_app in [0, 1] with m̂_app as a logit [B, 4, n, n]."""
        z_app, head = self.warping.decode(seamed.warped, moved.occlusion)
        head = head.float()
        return z_app, torch.cat([torch.sigmoid(head[:, :3]), head[:, 3:]], 1)

    def blend(
        self, seamed: Seamed[Tensor], moved: Moved[Tensor], prior: Tensor | None, densepose: Tensor
    ) -> tuple[Blend, Tensor]:
        """The `blend` engine: the finished frame, and Î_app with m̂_app."""
        z_app, app = self.decode_appearance(seamed, moved)
        guide = None
        if prior is not None:
            sure = prior[:, PRIOR_CONFIDENCE, None]
            guide = torch.cat([1.0 - densepose[:, BACKGROUND], sure], 1)
        blend = self.blender(seamed.z_geo, z_app, app[:, :3], guide, seamed.warped_image)
        return blend, app

    def drive(
        self, identity: SourceTensors, densepose: Tensor, head: Tensor | None = None
    ) -> Generated:
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


def repeat_identity(identity: SourceTensors, times: int) -> SourceTensors:
    """Each batch entry ``times`` times in a row, for several driving poses of one source."""
    return {name: t.repeat_interleave(times, 0) for name, t in identity.items()}
