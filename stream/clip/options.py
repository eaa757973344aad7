"""What ``bunraku animate`` is asked for, and what it tells afterwards."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bunraku.errors import InputError
from bunraku.stream.clip.audio import AudioMode
from bunraku.stream.core.layout import MAX_RECORDED_SIDE_PX


@dataclass(frozen=True)
class AnimateOptions:
    """What to animate, with what, and how it is recorded.

    Texts will do for paths, as wherever a photo is named.
    """

    photo: Path
    clip: Path
    out: Path
    # The IUV images that drive in place of landmarks: a folder or a clip. Whoever loads the puppet
    # gives them to it; here they are only kept from being written over.
    iuv: Path | None = None
    # Frames of the clip, counted from 0: the first, and the one after the last (None: to the end).
    start: int = 0
    stop: int | None = None
    # The clip's frame at which the framing is fixed (None: the first with a clear view).
    calibrate: int | None = None
    # The clip's frame to the left of the animated picture.
    side_by_side: bool = False
    # Only the square that the networks see, not pasted into the photo.
    window_only: bool = False
    # By how much the clip's frames are turned, clockwise (None: as makes the driver upright).
    rotate_deg: int | None = None
    # A visible "synthetic" in the corner; the metadata says so in any case.
    mark: bool = False
    # Photos with a longer side are scaled down first.
    max_side_px: int = MAX_RECORDED_SIDE_PX

    def __post_init__(self) -> None:
        for name in ("photo", "clip", "out", "iuv"):
            given = getattr(self, name)
            if isinstance(given, str):
                object.__setattr__(self, name, Path(given))
        if self.start < 0 or (self.stop is not None and self.stop <= self.start):
            raise InputError(f"Frames {self.start}:{self.stop} are none.", "Give A:B with A < B.")
        if self.max_side_px < 64:
            raise InputError("The longest side must have at least 64 pixels.")


@dataclass(frozen=True)
class AnimateSummary:
    """What was recorded, for people and as JSON."""

    output: str
    frames: int
    # Frames animated a second, start-up left out.
    fps: float
    clip_fps: float
    elapsed_s: float
    width: int
    height: int
    audio: AudioMode
    # {"p50": …, "p95": …} by stage.
    stages_ms: dict[str, dict[str, float]]
    # Frames of the clip that could not be decoded.
    drops: int
    lost_person_frames: int
    # Frames in which an engine failed and the last good picture stood in.
    engine_faults: int
    interrupted: bool
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return plain values for :func:`json.dumps`."""
        return asdict(self)
