"""A frame on its way from the camera to the sinks, and what the stages found in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from av.video.frame import VideoFrame

from bunraku.spec.arrays import Picture
from bunraku.stream.core import encoding
from bunraku.stream.core.colours import frame_to_rgb

if TYPE_CHECKING:
    from bunraku.runtime.drivers.protocol import Drawn, Driving
    from bunraku.runtime.generator import Seamed
    from bunraku.runtime.identity import Identity

MICROSECONDS = Fraction(1, 1_000_000)
"""Time base of sources that have none of their own: microseconds of the capture clock."""

# PyAV lets other threads go on while it converts, and nowhere says that a frame bears two that
# convert it at once. A few locks, chosen by the frame, keep them apart.
_CONVERTING = tuple(threading.RLock() for _ in range(16))


@dataclass(frozen=True)
class Span:
    """When a stage worked on a frame, in seconds of the pipeline's clock."""

    start_s: float
    end_s: float

    @property
    def ms(self) -> float:
        """How long it took."""
        return (self.end_s - self.start_s) * 1e3


@dataclass(eq=False)
class LiveFrame:
    """One frame; one stage holds it at a time.

    ``raw`` is what the source gave: ``[H,W,3]`` uint8 RGB, or PyAV's frame, whose conversion is
    left to the first stage's thread. ``pts`` counts ``time_base`` seconds on the source's clock.
    ``captured_s`` is the pipeline's clock at capture, or where that is unknown at arrival.
    """

    raw: Picture | VideoFrame
    pts: int
    time_base: Fraction
    captured_s: float
    index: int = 0
    # Left and right exchanged, as in a mirror, when ``picture`` converts it.
    mirrored: bool = False
    # When each stage worked on it, by the stage's name.
    spans: dict[str, Span] = field(default_factory=dict)
    # Stages that had nothing to do on it: their times say nothing.
    idle: set[str] = field(default_factory=set)

    # What the stages found; see stream/core/stages.py.
    identity: Identity | None = None
    driving: Driving | None = None
    moved: Seamed | Drawn | None = None
    # Whether I420 will do for all who show it.
    i420: bool = False
    # What sinks show: ``[H,W,3]`` uint8 RGB, ``[3H/2,W]`` I420 of a GPU where that will do, or
    # PyAV's frame when it is passed through untouched.
    shown: Picture | VideoFrame | None = None
    # Nobody was found in it; what is shown is the last good picture or the photo.
    lost: bool = False

    _picture: Picture | None = None

    @property
    def time_s(self) -> float:
        """Seconds on the source's clock."""
        return float(self.pts * self.time_base)

    def picture(self) -> Picture:
        """The source's picture, ``[H,W,3]`` uint8 RGB; converted once, a millisecond's work.

        From any thread, as is ``shown_picture``.
        """
        with _alone_with(self.raw):
            if self._picture is None:
                picture = to_rgb(self.raw)
                self._picture = np.ascontiguousarray(picture[:, ::-1]) if self.mirrored else picture
            return self._picture

    def shown_picture(self) -> Picture:
        """What is shown, as ``[H,W,3]`` uint8 RGB."""
        if self.shown is None or self.shown is self.raw:
            return self.picture()
        return to_rgb(self.shown)

    def shown_to_encoder(self) -> Picture:
        """The same, but for I420 of a GPU, which stays as it is."""
        if isinstance(self.shown, np.ndarray) and encoding.is_i420(self.shown):
            return self.shown
        return self.shown_picture()


def to_rgb(raw: Picture | VideoFrame) -> Picture:
    """A picture in RGB, which is given back as it is, or in I420, or PyAV's frame, as ``[H,W,3]``
    uint8 RGB, HDR mapped to SDR. From any thread.
    """
    if isinstance(raw, VideoFrame):
        with _alone_with(raw):
            return frame_to_rgb(raw)
    return encoding.i420_to_rgb(raw) if encoding.is_i420(raw) else raw


def _alone_with(raw: Picture | VideoFrame) -> threading.RLock:
    return _CONVERTING[id(raw) // 64 % len(_CONVERTING)]
