"""The presets: how wide each module is, and whether the geometric prior is on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bunraku.spec.surface import PARTS
from bunraku.spec.tensors import Layout


class Preset(StrEnum):
    """Named choices of :class:`GeneratorOptions`."""

    PAPER = "paper"
    PAPER256 = "paper256"
    LIVE = "live"


SWITCHES = ("branch_2d", "branch_25d", "flow", "occlusion", "multiscale", "blends")
"""Fields of :class:`GeneratorOptions` that leave something out."""


@dataclass(frozen=True)
class GeneratorOptions:
    """Widths and switches of one generator. Sides are in pixels, widths in channels."""

    window: int = 256
    """Side of the square picture that comes out."""
    size: int = 128
    """Side that the networks work at; equal to ``window`` there is no super-resolution block."""
    prior: bool = False
    """The geometric prior: the source's pixels reach the driver through the atlas."""
    motion: tuple[int, int, int, int] = (64, 128, 256, 640)
    """MotionNet's encoder at 1/2, 1/4, 1/8 and 1/16 of ``size``."""
    motion_prediction: int = 64
    """MotionNet's second upsampling stream, which carries the prediction."""
    motion_fine: int = 64
    """MotionNet's features at full ``size``."""
    warping: tuple[int, int, int] = (64, 128, 256)
    """The warping branch's features z at 1, 1/2 and 1/4 of ``size``; the first is z_app's."""
    warping_blocks: int = 6
    """Residual blocks of the warping branch at 1/4."""
    texture: tuple[int, int] = (64, 128)
    """The texture branch's shared convolutions at 1 and 1/2 of ``size``."""
    atlas_channels: int = 16
    """Channels c of a neural texture."""
    atlas_blocks: int = 4
    """Residual blocks that translate the atlas; none with the prior, which seeds it instead."""
    densepose_channels: int = 256
    """Width of the translated DensePose and of the latent ρ; unused with the prior."""
    blender: tuple[int, int, int, int] = (64, 128, 256, 496)
    """BlenderNet at 1, 1/2, 1/4 and 1/8 of ``size``."""
    discriminator: tuple[int, int, int, int] = (64, 128, 256, 512)
    """The discriminator's residual blocks, each halving the side."""
    branch_2d: bool = True
    """The warping branch. This and the next switches are the paper's Table III: what is off is left
    out (networks/ablated.py), to be trained and measured, not to be run live."""
    branch_25d: bool = True
    """The texture branch."""
    flow: bool = True
    """MotionNet's flows warp the 2D branch; off, that is told both DensePoses instead."""
    occlusion: bool = True
    """Occlusion maps weigh what is warped."""
    multiscale: bool = True
    """Features are warped at three scales; off, at the finest alone."""
    blends: bool = True
    """BlenderNet makes the picture; off, it is the one branch's own."""

    @property
    def ablated(self) -> bool:
        """Whether something is left out."""
        return not all(getattr(self, name) for name in SWITCHES)

    def __post_init__(self) -> None:
        if self.window not in (self.size, 2 * self.size):
            raise ValueError(f"window {self.window} is neither size {self.size} nor twice it")
        if self.size % 16:
            raise ValueError(f"size {self.size} is not a multiple of 16")
        if self.ablated and self.prior:
            raise ValueError("with the prior nothing can be left out")
        if not (self.branch_2d or self.branch_25d):
            raise ValueError("one branch must be left")
        if not self.blends and self.branch_2d and self.branch_25d:
            raise ValueError("without BlenderNet two branches make two pictures")

    @property
    def layout(self) -> Layout:
        """What the engines of such a generator agree on."""
        return Layout(self.window, self.size, self.prior)

    @property
    def scales(self) -> tuple[int, int, int]:
        """Sides of the three flow scales, coarse to fine: 32, 64, 128 for ``size`` 128."""
        return self.layout.scales

    @property
    def alpha_channels(self) -> int:
        """Length of the latent α: one number per part and texture channel."""
        return PARTS * self.atlas_channels


OPTIONS: dict[Preset, GeneratorOptions] = {
    Preset.PAPER: GeneratorOptions(),
    Preset.PAPER256: GeneratorOptions(size=256),
    Preset.LIVE: GeneratorOptions(
        prior=True,
        motion=(32, 64, 96, 128),
        motion_prediction=16,
        motion_fine=16,
        warping=(16, 32, 64),
        warping_blocks=2,
        texture=(16, 24),
        atlas_blocks=0,
        densepose_channels=0,
        blender=(16, 48, 80, 96),
        discriminator=(24, 48, 96, 128),
    ),
}


def preset_name(options: GeneratorOptions) -> str:
    """The name of the preset with these options; "custom" if there is none."""
    named = (str(preset) for preset, known in OPTIONS.items() if known == options)
    return next(named, "custom")
