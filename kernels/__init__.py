"""The operators that inference libraries do slowly or not at all, one folder each.

Each has ``operator`` (what it promises, its checks, the choice of a form by array type and device),
``reference`` (plain torch, the yardstick) and ``numba_cpu`` (numpy arrays). Those that move a mesh,
``skin``, ``raster``, ``layers``, ``spreading``, ``redraw`` and ``restoring``, never run in
training: they take numpy arrays alone, and their reference is plain numpy. ``plate`` has its loops
alone: they run once for each photo. Importing this package imports neither torch nor Numba.
"""

from __future__ import annotations

from bunraku.kernels.enlarge.operator import enlarge_flow
from bunraku.kernels.head.operator import guide_head
from bunraku.kernels.layers.operator import compose
from bunraku.kernels.layers.terms import BodyMesh, Composed, PhotoMesh
from bunraku.kernels.layout import channels_last
from bunraku.kernels.pasting.operator import paste
from bunraku.kernels.raster.operator import Raster, interpolate, rasterise
from bunraku.kernels.redraw.operator import redraw
from bunraku.kernels.restoring.operator import restore
from bunraku.kernels.skin.operator import skin
from bunraku.kernels.spreading.operator import relax, spread
from bunraku.kernels.texture.operator import NEGLIGIBLE_WEIGHT, sample_texture
from bunraku.kernels.warp.operator import warp_occlude

__all__ = [
    "NEGLIGIBLE_WEIGHT",
    "BodyMesh",
    "Composed",
    "PhotoMesh",
    "Raster",
    "channels_last",
    "compose",
    "enlarge_flow",
    "guide_head",
    "interpolate",
    "paste",
    "rasterise",
    "redraw",
    "relax",
    "restore",
    "sample_texture",
    "skin",
    "spread",
    "warp_occlude",
]
