"""What is asked of a camera, and when its frames were taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bunraku.errors import InputError

# More pixels a second than this do not fit uncompressed through USB 2 beside other devices.
_MOST_RAW_PIXELS_PER_S = 640 * 480 * 30


@dataclass(frozen=True)
class CameraMode:
    """What is asked of a camera; it gives the nearest that it can."""

    # Width and height in pixels; None: the camera's own choice.
    size: tuple[int, int] | None = None
    # Frames a second; None: the camera's own choice.
    rate: float | None = None

    def __post_init__(self) -> None:
        """:raises InputError: a size or rate that no camera has."""
        if self.size is not None and min(self.size) < 1:
            raise InputError(f"A camera has no size of {self.size[0]}x{self.size[1]} pixels.")
        if self.rate is not None and not (math.isfinite(self.rate) and self.rate > 0):
            raise InputError(f"A camera has no rate of {self.rate:g} frames a second.")

    @property
    def compressed(self) -> bool:
        """Whether to ask for Motion JPEG, as large or fast pictures need."""
        if self.size is None:
            return False
        return self.size[0] * self.size[1] * (self.rate or 30.0) > _MOST_RAW_PIXELS_PER_S


def captured_s(stamp_s: float | None, now_s: float) -> float:
    """When a frame was taken: the driver's stamp, where it is of the pipeline's clock."""
    # Drivers that count from elsewhere are off by more than a frame can have waited.
    if stamp_s is not None and 0.0 <= now_s - stamp_s < 1.0:
        return stamp_s
    return now_s
