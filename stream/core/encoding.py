"""What every encoder here is given: I420 with BT.601's matrix, and tags that say so.

OpenCV's conversion is five times as fast as PyAV's, and it knows that matrix only; players read the
tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import cast

import cv2
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bunraku.spec.arrays import Picture

# Codes of ITU-T H.273.
_BT601_MATRIX, _BT709_PRIMARIES, _SRGB_TRANSFER, _LIMITED_RANGE = 6, 1, 13, 1


def even_size(width: int, height: int) -> tuple[int, int]:
    """(width, height), one more where odd: 4:2:0 has no odd sizes."""
    return width + width % 2, height + height % 2


def pad_even(picture: Picture) -> Picture:
    """Repeat the last row and column of ``[H,W,3]`` where their number is odd."""
    if is_i420(picture):
        return picture
    bottom, right = picture.shape[0] % 2, picture.shape[1] % 2
    if bottom or right:
        picture = np.pad(picture, ((0, bottom), (0, right), (0, 0)), mode="edge")
    return picture


def is_i420(picture: Picture) -> bool:
    """Whether it is planes, ``[H*3/2,W]``, as a GPU gives them, and not RGB."""
    return picture.ndim == 2


def size_of(picture: Picture) -> tuple[int, int]:
    """(width, height) of a picture in RGB or I420."""
    height, width = picture.shape[:2]
    return width, height // 3 * 2 if is_i420(picture) else height


def to_i420(picture: Picture) -> Picture:
    """Convert ``[H,W,3]`` uint8 RGB to planar ``[H*3/2,W]`` uint8, odd sides padded; planes are
    given back as they are."""
    if is_i420(picture):
        return picture
    return np.asarray(cv2.cvtColor(pad_even(picture), cv2.COLOR_RGB2YUV_I420), dtype=np.uint8)


def i420_to_rgb(planes: Picture) -> Picture:
    """Convert such planes to ``[H,W,3]`` uint8 RGB."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), dtype=np.uint8)


def i420_frame(planes: Picture, pts: int, time_base: Fraction) -> VideoFrame:
    """PyAV's frame of what ``to_i420`` gave, with its time and its colours told."""
    frame = VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts, frame.time_base = pts, time_base
    _tell_colours(frame)
    return frame


def add_video(
    container: OutputContainer,
    encoder: str,
    size: tuple[int, int],
    *,
    rate: Fraction,
    time_base: Fraction,
    options: Mapping[str, str],
) -> VideoStream:
    """Add a video stream for such frames.

    :param encoder: FFmpeg's name of it, as "libx264".
    :param size: (width, height), even.
    :param rate: frames a second, about.
    :param time_base: in which packets are timed.
    """
    stream = cast(VideoStream, container.add_stream(encoder, rate=rate, options=dict(options)))
    context = stream.codec_context
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.time_base = time_base
    _tell_colours(context)
    return stream


def _tell_colours(target: VideoFrame | VideoCodecContext) -> None:
    target.colorspace = _BT601_MATRIX
    target.color_range = _LIMITED_RANGE
    target.color_primaries = _BT709_PRIMARIES
    target.color_trc = _SRGB_TRANSFER
