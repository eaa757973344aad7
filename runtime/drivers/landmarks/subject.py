"""What the driver by landmarks keeps of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from bunraku.runtime.drivers.landmarks.retarget import Proportions
from bunraku.runtime.drivers.protocol import Subject


@dataclass(frozen=True, eq=False)
class LandmarkSubject(Subject):
    """A photo's person as landmarks."""

    proportions: Proportions
    """Lengths of the person's bones."""
