"""The two gather operators of the seam: texture sampling with part weights, flow warp x occlusion.

Each has a plain torch reference, a Numba form for numpy arrays and CPU training, and one place in
``dispatch`` where the form is chosen. Importing this package imports neither torch nor Numba.
"""

from __future__ import annotations

from bunraku.kernels.dispatch import NEGLIGIBLE_WEIGHT, sample_texture, warp_occlude
from bunraku.kernels.layout import channels_last

__all__ = ["NEGLIGIBLE_WEIGHT", "channels_last", "sample_texture", "warp_occlude"]
