"""From PyAV's frames to RGB: the one place that knows what a video's colours mean.

SDR is left to FFmpeg, with the matrix and the range that the frame tells; HDR is mapped to SDR
here, for every picture that is shown or given to a network is SDR.
"""

from __future__ import annotations

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace

from bunraku.runtime.tone import Gamut, Transfer, to_sdr
from bunraku.stream.core.orientation import Picture

# What FFmpeg calls a matrix that nobody told.
_UNTOLD_MATRIX = 2


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the frame's values mean more than an SDR screen shows."""
    return Transfer.of_code(frame.color_trc) is not None


def frame_to_rgb(frame: VideoFrame) -> Picture:
    """Convert a frame to ``[H,W,3]`` uint8 RGB, transparency left out; HDR is mapped to SDR.

    Not from two threads at once: see :func:`bunraku.stream.core.frame.to_rgb`.
    """
    transfer = Transfer.of_code(frame.color_trc)
    if transfer is None:
        return np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
    # FFmpeg takes BT.601 where nothing is told; HDR is BT.2020 then.
    matrix = Colorspace.BT2020 if frame.colorspace == _UNTOLD_MATRIX else None
    deep = np.asarray(frame.to_ndarray(format="rgb48le", src_colorspace=matrix), np.uint16)
    return to_sdr(deep, transfer, Gamut.of_code(frame.color_primaries))
