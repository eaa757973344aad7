"""The generator's engines: which tensors each takes and gives, by which names, of which shapes.

    source   image, mask, densepose                        -> the photo's features
    motion   densepose, prior*, the photo's features       -> flow_n, occlusion_n, atlas, parts …
    blend    warped_n, occlusion_n, z_geo, warped_image* … -> image, mask, trust*
    iuv      landmarks, mask                               -> densepose

``n`` is a side in pixels, ``w`` the window's, ``*``: only with the geometric prior. ``densepose``
is the source's surface P_s for ``source`` and the driver's P_d for the others; ``image`` and
``mask`` are the photo's for ``source`` and the generated person's from ``blend`` on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bunraku.spec.landmarks import LANDMARKS as POINTS
from bunraku.spec.surface import CHANNELS, PARTS, PRIOR_CHANNELS, SCORES

Shape = tuple[int, ...]
Shapes = dict[str, Shape]

BATCH = "batch"
"""What graphs call their first axis, the frames that are computed at once, where they leave their
number free; wherever shapes are told, they are one frame's."""

WARPED_CHANNELS = 5
"""Of ``image_masked`` and ``warped_image``: the photo's colours times mask, the mask, and the mask
outside of P_s (hair, skirts)."""


class EngineName(StrEnum):
    """The engines of bundles."""

    SOURCE = "source"
    MOTION = "motion"
    BLEND = "blend"
    IUV = "iuv"


GENERATOR_ENGINES = (EngineName.SOURCE, EngineName.MOTION, EngineName.BLEND)
"""In the order in which they run."""

# Inputs of the source engine and outputs of the blend engine.
IMAGE = "image"
"""RGB in [0, 1], ``[1, 3, w, w]``."""
MASK = "mask"
"""The person, in [0, 1], ``[1, 1, w, w]``; for the iuv engine ``[1, 1, n, n]``, zero for none."""
TRUST = "trust"
"""How much of ``image`` is the warped photo, ``[1, 1, w, w]``; with the prior only."""

SURFACE = "densepose"
"""P, ``[1, 73, n, n]`` (spec/surface.py)."""
LANDMARKS = "landmarks"
"""``[1, 33, 4]``: x, y, z in window units, visibility."""

# What the source engine gives.
MOTION_SOURCE = "motion_source"
"""MotionNet's first layer applied to the source alone."""
ATLAS_PRIOR = "atlas_prior"
"""``[1, 24, 6, r, r]``: the source's coordinates and colours by part; with the prior."""
ATLAS_TEXTURE = "atlas_texture"
"""The seeded neural texture; with the prior."""
IMAGE_MASKED = "image_masked"
"""``[1, 5, w, w]``, see ``WARPED_CHANNELS``; with the prior."""
TEXTURE_CONV1, TEXTURE_CONV2 = "texture_conv1", "texture_conv2"
"""Conv1 and Conv2 of the texture branch; without the prior."""

# What the motion engine and the seam give.
PRIOR = "prior"
"""``[1, 6, n, n]``: the prior's atlas at P_d, or the driver's own correspondence."""
ATLAS = "atlas"
"""T_d, ``[1, 24, c, h, w]``."""
TRANSLATED = ("parts", "u", "v")
"""The surface as the networks translate it, ``[1, 25 / 24 / 24, n, n]``; without the prior."""
Z_GEO = "z_geo"
"""``[1, c, n, n]``: the atlas sampled at the surface."""
FLOW_WINDOW = "flow_window"
"""``[1, 2, w, w]``: the finest flow at the window's size; with the prior. No engine's."""
WARPED_IMAGE = "warped_image"
"""``[1, 5, w, w]``: ``image_masked`` along the finest flow; with the prior."""


def z(side: int) -> str:
    """The source's features at one scale, ``[1, c, n, n]``."""
    return f"z_{side}"


def flow(side: int) -> str:
    """``[1, 2, n, n]``: displacement (x, y) in the window's [-1, 1] units."""
    return f"flow_{side}"


def occlusion(side: int) -> str:
    """``[1, 1, n, n]`` in [0, 1]: 1 where the warped source is to be used."""
    return f"occlusion_{side}"


def warped(side: int) -> str:
    """The source's features along the flow, times the occlusion."""
    return f"warped_{side}"


def iuv_inputs(side: int) -> Shapes:
    """What the IUV net takes, in the order of its graph, for surfaces of that many pixels."""
    return {LANDMARKS: (1, POINTS, 4), MASK: (1, 1, side, side)}


def iuv_outputs(side: int) -> Shapes:
    """What it gives."""
    return {SURFACE: (1, CHANNELS, side, side)}


@dataclass(frozen=True)
class Layout:
    """What a generator's engines agree on."""

    window: int
    """w, side of the square picture that comes out, in pixels."""
    size: int
    """Side of surfaces, and of the finest flow, in pixels."""
    prior: bool
    """Whether the engines take the geometric prior."""

    @property
    def scales(self) -> tuple[int, int, int]:
        """Sides of the three scales of flows and features, coarse to fine."""
        return self.size // 4, self.size // 2, self.size

    @property
    def identity(self) -> tuple[str, ...]:
        """What the source engine gives, in order."""
        rest = [ATLAS_PRIOR, ATLAS_TEXTURE, IMAGE_MASKED] if self.prior else []
        rest = rest or [TEXTURE_CONV1, TEXTURE_CONV2]
        return (*(z(n) for n in self.scales), MOTION_SOURCE, *rest)

    def inputs(self, engine: EngineName) -> tuple[str, ...]:
        """The names of an engine's inputs, in the order of its graph."""
        match engine:
            case EngineName.SOURCE:
                return IMAGE, MASK, SURFACE
            case EngineName.MOTION if self.prior:
                return SURFACE, PRIOR, MOTION_SOURCE, ATLAS_TEXTURE
            case EngineName.MOTION:
                return SURFACE, MOTION_SOURCE, TEXTURE_CONV1, TEXTURE_CONV2
            case EngineName.BLEND:
                names = [warped(n) for n in self.scales]
                names += [occlusion(n) for n in self.scales[1:]]
                rest = (WARPED_IMAGE, SURFACE, PRIOR) if self.prior else ()
                return (*names, Z_GEO, *rest)
            case EngineName.IUV:
                return tuple(iuv_inputs(self.size))

    def outputs(self, engine: EngineName) -> tuple[str, ...]:
        """The names of an engine's outputs, in the order of its graph."""
        match engine:
            case EngineName.SOURCE:
                return self.identity
            case EngineName.MOTION:
                names = [flow(n) for n in self.scales] + [occlusion(n) for n in self.scales]
                return (*names, ATLAS, *(() if self.prior else TRANSLATED))
            case EngineName.BLEND:
                return (IMAGE, MASK, TRUST) if self.prior else (IMAGE, MASK)
            case EngineName.IUV:
                return tuple(iuv_outputs(self.size))

    def shape(self, name: str) -> Shape | None:
        """The shape of a tensor that the layout fixes; None for those whose width is a preset's."""
        return self._shapes().get(name)

    def _shapes(self) -> Shapes:
        w, n = self.window, self.size
        shapes: Shapes = {
            SURFACE: (1, CHANNELS, n, n),
            PRIOR: (1, PRIOR_CHANNELS, n, n),
            IMAGE: (1, 3, w, w),
            MASK: (1, 1, w, w),
            TRUST: (1, 1, w, w),
            IMAGE_MASKED: (1, WARPED_CHANNELS, w, w),
            WARPED_IMAGE: (1, WARPED_CHANNELS, w, w),
        }
        shapes |= {flow(s): (1, 2, s, s) for s in self.scales}
        shapes |= {occlusion(s): (1, 1, s, s) for s in self.scales}
        if not self.prior:
            channels = (SCORES, PARTS, PARTS)
            named = zip(TRANSLATED, channels, strict=True)
            shapes |= {name: (1, count, n, n) for name, count in named}
        return shapes
