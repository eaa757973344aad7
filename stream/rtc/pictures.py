"""Pictures as video encoders want them: YUV 4:2:0, with even sides."""

from __future__ import annotations

from av.video.frame import VideoFrame

from bunraku.spec.arrays import Picture
from bunraku.stream.core import encoding
from bunraku.stream.core.colours import is_hdr
from bunraku.stream.core.frame import LiveFrame, to_rgb
from bunraku.stream.core.orientation import resize


def to_i420(frame: LiveFrame, max_side_px: int) -> VideoFrame:
    """What the frame shows, in yuv420p (BT.601, 16 to 235), as a frame of its own.

    Pictures with a side above ``max_side_px`` are made smaller; a last odd row or column is
    repeated.
    """
    shown = frame.shown
    if isinstance(shown, VideoFrame) and _is_ready(shown, max_side_px):
        # A copy: the sender stamps its frames, and other sinks read this one.
        return VideoFrame.from_ndarray(shown.to_ndarray(), format="yuv420p")
    planes = encoding.to_i420(_fit(frame.shown_to_encoder(), max_side_px))
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _is_ready(frame: VideoFrame, max_side_px: int) -> bool:
    sides = (frame.width, frame.height)
    return (
        frame.format.name == "yuv420p"
        and not is_hdr(frame)
        and max(sides) <= max_side_px
        and not any(side % 2 for side in sides)
    )


def _fit(picture: Picture, max_side_px: int) -> Picture:
    width, height = encoding.size_of(picture)
    scale = max_side_px / max(height, width)
    if scale >= 1:
        return picture
    picture = to_rgb(picture)
    return resize(picture, max(1, round(width * scale)), max(1, round(height * scale)))
