"""The nine rows: what each leaves out, and what the paper measured of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from bunraku.networks.presets import OPTIONS, GeneratorOptions, Preset

HEADINGS = ("L1", "FID", "AED", "MKR", "AKD", "AED", "MKR", "AKD")
"""The paper's columns: self-reconstruction, then animation from the sixth on."""
NARROWEST = 8
"""Channels that a width is not taken below; widths are multiples of it."""


@dataclass(frozen=True)
class Row:
    """One generator of the table."""

    key: str
    """Its folder's name."""
    name: str
    """As the paper calls it."""
    paper: tuple[float, ...]
    """On TED-Talks, under ``HEADINGS``."""
    branch_2d: bool = True
    """This and the following are fields of ``GeneratorOptions``."""
    branch_25d: bool = False
    flow: bool = True
    occlusion: bool = True
    multiscale: bool = True
    blends: bool = True

    def options(self, width: float = 1.0) -> GeneratorOptions:
        """Its generator's, with the paper's channels times ``width``."""
        return replace(
            scaled(OPTIONS[Preset.PAPER], width),
            branch_2d=self.branch_2d,
            branch_25d=self.branch_25d,
            flow=self.flow,
            occlusion=self.occlusion,
            multiscale=self.multiscale,
            blends=self.blends,
        )


ROWS = (
    Row(
        *("2d", "2D baseline"),
        (0.0324, 37.5687, 0.1644, 0.0090, 2.2310, 0.3557, 0.0173, 3.3832),
        flow=False,
        blends=False,
    ),
    Row(
        *("2d-blender", "2D baseline + BlenderNet"),
        (0.0363, 30.7249, 0.1727, 0.0108, 2.1405, 0.3611, 0.0212, 3.1390),
        flow=False,
    ),
    Row(
        *("2d-motion", "2D baseline + MotionNet"),
        (0.0317, 31.2702, 0.1580, 0.0081, 2.3928, 0.3531, 0.0223, 4.2362),
        blends=False,
    ),
    Row(
        *("2d-motion-blender", "2D baseline + MotionNet + BlenderNet"),
        (0.0319, 22.5662, 0.1486, 0.0088, 1.9833, 0.3481, 0.0176, 3.3809),
    ),
    Row(
        *("2d-no-occlusion", "the same without occlusion map"),
        (0.0321, 22.9708, 0.1487, 0.0086, 2.3323, 0.3508, 0.0166, 4.3218),
        occlusion=False,
    ),
    Row(
        *("2d-single-scale", "the same, warped at a single scale"),
        (0.0320, 23.1461, 0.1540, 0.0093, 2.1186, 0.3481, 0.0220, 3.5512),
        multiscale=False,
    ),
    Row(
        *("25d", "2.5D baseline"),
        (0.0314, 40.5923, 0.2036, 0.0116, 3.4004, 0.3827, 0.0222, 5.0950),
        branch_2d=False,
        branch_25d=True,
        blends=False,
    ),
    Row(
        *("25d-blender", "2.5D baseline + BlenderNet"),
        (0.0349, 35.8973, 0.2163, 0.0089, 3.5312, 0.4592, 0.0171, 5.3624),
        branch_2d=False,
        branch_25d=True,
    ),
    Row(
        *("full", "2D + 2.5D + MotionNet + BlenderNet"),
        (0.0316, 26.3862, 0.1478, 0.0071, 2.1255, 0.3515, 0.0186, 3.6755),
        branch_25d=True,
    ),
)
"""In the paper's order."""


def scaled(options: GeneratorOptions, width: float) -> GeneratorOptions:
    """The same generator with its channels times ``width``, the sides and depths kept.

    :raises ValueError: the width is not above 0.
    """
    if not width > 0.0:
        raise ValueError(f"a width of {width} leaves nothing")
    if width == 1.0:
        return options

    def narrowed(channels: int) -> int:
        return max(NARROWEST, round(channels * width / NARROWEST) * NARROWEST)

    plain = ("window", "size", "warping_blocks", "atlas_blocks")
    changed: dict[str, object] = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if isinstance(value, tuple):
            changed[field.name] = tuple(map(narrowed, value))
        elif not isinstance(value, bool) and field.name not in plain:
            changed[field.name] = narrowed(value)
    return replace(options, **changed)  # type: ignore[arg-type]
