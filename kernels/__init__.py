"""The operators that inference libraries do slowly or not at all, one folder each.

Each has ``operator`` (what it promises, its checks, the choice of a form by array type and device),
``reference`` (plain torch, the yardstick), ``numba_cpu`` (numpy arrays) and, where a frame on a GPU
needs it, ``triton_cuda`` (tensors there, by way of ``torch_operator``, which also gives gradients).
Those that move a mesh, ``skin``, ``raster``, ``layers``, ``spreading``, ``streaks``, ``redraw``,
``overlay`` and ``restoring``, never run in training: their reference is plain numpy, which arrays
of ``overlay`` take too. ``spreading``, which runs once for each photo, takes arrays alone; so do
``aligning``, which finds where joints are, ``shrinking``, for what that looks at, ``limbs``, which
poses bones, and ``staying`` and ``patching``, what comes before pasting. ``plate`` has its loops
alone: they run once for each photo too. ``window`` and ``i420``, where a frame enters and leaves a
GPU, and ``joining``, for training, take tensors alone.
Importing this package imports neither torch, Numba nor Triton.
"""

from __future__ import annotations

from bunraku.kernels.aligning.operator import align, hidden_by_limbs
from bunraku.kernels.aligning.terms import Aligned, Hung, Level, Trust
from bunraku.kernels.enlarge.operator import enlarge_flow
from bunraku.kernels.head.operator import guide_head
from bunraku.kernels.i420.operator import to_i420
from bunraku.kernels.joining.operator import join_channels
from bunraku.kernels.layers.operator import compose
from bunraku.kernels.layers.terms import (
    BodyMesh,
    Composed,
    PhotoMesh,
    TensorBodyMesh,
    TensorComposed,
    TensorPhotoMesh,
)
from bunraku.kernels.layout import channels_last
from bunraku.kernels.limbs.operator import frame_limbs, swing_limbs
from bunraku.kernels.limbs.terms import Facing, Kept, Limbs
from bunraku.kernels.overlay.operator import overlay
from bunraku.kernels.pasting.operator import paste
from bunraku.kernels.patching.operator import look_for, show_through
from bunraku.kernels.patching.terms import Looked, Rectangle
from bunraku.kernels.raster.operator import interpolate, rasterise, rasterise_groups
from bunraku.kernels.raster.terms import Raster, TensorRaster
from bunraku.kernels.redraw.operator import redraw
from bunraku.kernels.restoring.operator import restore
from bunraku.kernels.shrinking.operator import shrink
from bunraku.kernels.skin.operator import skin
from bunraku.kernels.spreading.operator import relax, spread
from bunraku.kernels.staying.operator import still_share, strayed
from bunraku.kernels.streaks.operator import unstreaked, untorn
from bunraku.kernels.texture.operator import NEGLIGIBLE_WEIGHT, sample_texture
from bunraku.kernels.warp.operator import warp_occlude, warp_occlude_scales
from bunraku.kernels.window.operator import read_window

__all__ = [
    "NEGLIGIBLE_WEIGHT",
    "Aligned",
    "BodyMesh",
    "Composed",
    "Facing",
    "Hung",
    "Kept",
    "Level",
    "Limbs",
    "Looked",
    "PhotoMesh",
    "Raster",
    "Rectangle",
    "TensorBodyMesh",
    "TensorComposed",
    "TensorPhotoMesh",
    "TensorRaster",
    "Trust",
    "align",
    "channels_last",
    "compose",
    "enlarge_flow",
    "frame_limbs",
    "guide_head",
    "hidden_by_limbs",
    "interpolate",
    "join_channels",
    "look_for",
    "overlay",
    "paste",
    "rasterise",
    "rasterise_groups",
    "read_window",
    "redraw",
    "relax",
    "restore",
    "sample_texture",
    "show_through",
    "shrink",
    "skin",
    "spread",
    "still_share",
    "strayed",
    "swing_limbs",
    "to_i420",
    "unstreaked",
    "untorn",
    "warp_occlude",
    "warp_occlude_scales",
]
