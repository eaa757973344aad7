"""From PyAV's frames to RGB: the one place that knows what a video's colours mean.

SDR is left to FFmpeg, with the matrix and the range that the frame tells; HDR is mapped to SDR
here, for every picture that is shown or given to a network is SDR.
"""

from __future__ import annotations

import threading

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from bunraku.runtime.source.tone import Gamut, Transfer, to_sdr
from bunraku.spec.arrays import Picture

# ITU-T H.273's code points of matrices that FFmpeg converts, RGB among them; it refuses others.
_KNOWN_MATRICES = frozenset({0, 1, 4, 5, 6, 7, 9})
_UNTOLD_MATRIX = 2

_own = threading.local()
"""Each thread's reformatter. It keeps the tables for frames like the last one; made anew for every
frame, they and the helpers that FFmpeg starts take longer than the pixels."""


def is_hdr(frame: VideoFrame) -> bool:
    """Whether the frame's values mean more than an SDR screen shows."""
    return Transfer.of_code(frame.color_trc) is not None


def frame_to_rgb(frame: VideoFrame) -> Picture:
    """Convert a frame to ``[H,W,3]`` uint8 RGB, transparency left out; HDR is mapped to SDR.

    Not from two threads at once: see :func:`bunraku.stream.core.frame.to_rgb`.
    """
    transfer = Transfer.of_code(frame.color_trc)
    matrix = _matrix(frame, hdr=transfer is not None)
    if transfer is None:
        return np.asarray(_converted(frame, "rgb24", matrix), np.uint8)
    deep = np.asarray(_converted(frame, "rgb48le", matrix), np.uint16)
    return to_sdr(deep, transfer, Gamut.of_code(frame.color_primaries))


def _converted(frame: VideoFrame, form: str, matrix: Colorspace | None) -> NDArray[np.generic]:
    """In the caller's thread alone: to hand rows to others and wait costs turns at a processor."""
    if not hasattr(_own, "reformatter"):
        _own.reformatter = VideoReformatter()
    same: VideoFrame = _own.reformatter.reformat(
        frame, format=form, src_colorspace=matrix, threads=1
    )
    return same.to_ndarray()


def _matrix(frame: VideoFrame, *, hdr: bool) -> Colorspace | None:
    """What to take for a matrix that is untold or unknown; None leaves it to FFmpeg."""
    if frame.colorspace in _KNOWN_MATRICES:
        return None
    if hdr:
        return Colorspace.BT2020
    return None if frame.colorspace == _UNTOLD_MATRIX else Colorspace.DEFAULT
