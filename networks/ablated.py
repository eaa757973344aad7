"""The generator with something left out: the rows of the paper's Table III.

    2D branch without flow      P_s and P_d stand beside I_s, and nothing is warped
    without occlusion maps      Warp(z_i, f_i) is added to what is decoded, unweighed
    single-scale warping        z_128 is warped, and the coarser features are made of that
    without BlenderNet          the picture is the branch's own, Î_app or Î_geo, enlarged

How the paper does the second and the third it does not say; BlenderNet gets nothing, zeros, of a
branch that is left out. All modules are there, for checkpoints that differ in nothing else; what is
left out takes no part and learns nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from bunraku.kernels import sample_texture, warp_occlude
from bunraku.kernels.seam import Moved, Seamed
from bunraku.networks.blender import Blend
from bunraku.networks.densepose import one_hot_maps
from bunraku.networks.generator import Generated, Generator, SourceTensors
from bunraku.networks.layers import down, up2
from bunraku.networks.motion import Motion
from bunraku.networks.presets import GeneratorOptions
from bunraku.networks.texture import TextureNet
from bunraku.networks.warping import WarpingNet
from bunraku.spec import tensors as names
from bunraku.spec.surface import PART, PARTS

Three = tuple[Tensor, Tensor, Tensor]


def make_generator(options: GeneratorOptions) -> Generator:
    """A generator of these options, whole or with something left out."""
    return AblatedGenerator(options) if options.ablated else Generator(options)


class AblatedGenerator(Generator):
    """Trained and measured like a generator; it has no engines, and is not exported."""

    def __init__(self, options: GeneratorOptions) -> None:
        super().__init__(options)
        if not options.flow:
            self.warping = WarpingNet(options, poses=2 * 3 * PARTS)

    def encode_source(self, image: Tensor, mask: Tensor, densepose: Tensor) -> SourceTensors:
        """The photo at the networks' size, and P_s: without flow no feature is of the photo
        alone."""
        factor = self.options.window // self.options.size
        return {names.IMAGE: down(image, factor), names.MASK: down(mask, factor)} | {
            names.SURFACE: densepose
        }

    def drive(
        self,
        identity: SourceTensors,
        densepose: Tensor,
        head: Tensor | None = None,  # noqa: ARG002 - of the prior, which is never ablated
    ) -> Generated:
        """One driving pose; what is left out stands as zeros, and as None where that may be."""
        o = self.options
        image, mask, source = (identity[name] for name in (names.IMAGE, names.MASK, names.SURFACE))
        shared = self.motion_net.encode_source(image, mask, source).float()
        motion: Motion = self.motion_net(shared, densepose, None)
        empty = image[:, :0]
        warped, z_app, app = _nothing(image, o)
        if o.branch_2d:
            warped, z_app, app = self._appearance(image, mask, source, densepose, motion)
        z_geo = image.new_zeros(len(image), o.atlas_channels, o.size, o.size)
        moved = Moved(motion.flow, motion.occlusion, empty)
        geo = None
        if o.branch_25d:
            moved, z_geo = self._texture(image, source, motion)
            geo = self._heads(z_geo)
        blend = self._blend(z_geo, z_app, app, geo)
        return Generated(blend, moved, Seamed(warped, z_geo), None, app, geo)

    def _appearance(
        self, image: Tensor, mask: Tensor, source: Tensor, densepose: Tensor, motion: Motion
    ) -> tuple[Three, Tensor, Tensor]:
        """The 2D branch: what was warped, z_app, and Î_app in [0, 1] with m̂_app as a logit."""
        o = self.options
        none = torch.zeros_like(motion.occlusion[0])
        nowhere = none, torch.zeros_like(motion.occlusion[1]), torch.zeros_like(motion.occlusion[2])
        if not o.flow:
            poses = [*one_hot_maps(source), *one_hot_maps(densepose)]
            coarse, middle, fine = self.warping.encode(image, torch.cat([mask, *poses], 1))
            # No skip connections: unmoved features would show the source's pose.
            warped = coarse.float(), torch.zeros_like(middle), torch.zeros_like(fine)
            return warped, *self._decoded(warped, nowhere)
        weights = motion.occlusion
        if not o.occlusion:
            weights = 1.0 + nowhere[0], 1.0 + nowhere[1], 1.0 + nowhere[2]
        z = self.warping.encode(image, mask)
        if o.multiscale:
            pulled = [
                warp_occlude(features.float(), flow, weight)
                for features, flow, weight in zip(z, motion.flow, weights, strict=True)
            ]
            warped = pulled[0], pulled[1], pulled[2]
        else:
            fine = warp_occlude(z[2].float(), motion.flow[2], weights[2])
            middle = self.warping.down2(fine)
            warped = self.warping.down4(middle).float(), middle.float(), fine
        kept = motion.occlusion if o.occlusion else nowhere
        return warped, *self._decoded(warped, kept)

    def _decoded(self, warped: Three, occlusion: Three) -> tuple[Tensor, Tensor]:
        z_app, head = self.warping.decode(warped, occlusion)
        head = head.float()
        return z_app, torch.cat([torch.sigmoid(head[:, :3]), head[:, 3:]], 1)

    def _texture(
        self, image: Tensor, source: Tensor, motion: Motion
    ) -> tuple[Moved[Tensor], Tensor]:
        """The 2.5D branch: the atlas and the translated DensePose, and z_geo."""
        assert isinstance(self.texture, TextureNet), "nothing is left out with the prior"
        conv1, conv2 = self.texture.encode(image, source)
        atlas = self.texture.translate_atlas(conv1, motion.alpha)
        translated = self.texture.translate_densepose(conv2, motion.rho)
        scores, u, v = translated
        z_geo: Tensor = sample_texture(atlas, scores[:, PART], u, v)
        return Moved(motion.flow, motion.occlusion, atlas, translated), z_geo

    def _heads(self, z_geo: Tensor) -> Tensor:
        assert self.texture_heads is not None, "nothing is left out with the prior"
        heads = self.texture_heads(z_geo).float()
        return torch.cat([torch.sigmoid(heads[:, :3]), heads[:, 3:]], 1)

    def _blend(self, z_geo: Tensor, z_app: Tensor, app: Tensor, geo: Tensor | None) -> Blend:
        if self.options.blends:
            blend: Blend = self.blender(z_geo, z_app, app[:, :3])
            return blend
        own = app if geo is None else geo
        if self.options.window > self.options.size:
            own = up2(own)
        image, logit = own[:, :3], own[:, 3:]
        mask = torch.sigmoid(logit)
        return Blend(image, mask, torch.zeros_like(mask), logit, image)


def _nothing(image: Tensor, options: GeneratorOptions) -> tuple[Three, Tensor, Tensor]:
    """What stands for a 2D branch that is left out."""
    none = image[:, :0]
    size = options.size
    z_app = image.new_zeros(len(image), options.warping[0], size, size)
    return (none, none, none), z_app, image.new_zeros(len(image), 4, size, size)
