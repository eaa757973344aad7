"""How far each part follows the driver while it is switched on or off."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bunraku.runtime.parts import ALL_PARTS, Part, Parts
from bunraku.spec.smoothstep import smoothstep

EASE_S = 0.3
"""How long a part takes from following wholly to not at all, and back."""

Following = Mapping[Part, float]
"""Of each part, in [0, 1]: 1 to do as the driver does, 0 to stay as the photo has it."""
WHOLLY: Following = dict.fromkeys(Part, 1.0)


class Shares:
    """The shares of one driver, frame after frame. At the first frame nothing is eased."""

    def __init__(self) -> None:
        self.wanted: Parts = ALL_PARTS
        """Those that are to follow; may be replaced at any time, from any thread."""
        self.reset()

    def reset(self) -> None:
        """Take the next frame for the first."""
        self._time_s = np.inf
        self._way = dict.fromkeys(Part, 1.0)

    def follow(self, time_s: float) -> Following:
        """The shares at a time; one before the last starts anew."""
        wanted = self.wanted
        step = (time_s - self._time_s) / EASE_S if time_s >= self._time_s else 1.0
        self._time_s = time_s
        for part, way in self._way.items():
            more = step if part in wanted else -step
            self._way[part] = min(max(way + more, 0.0), 1.0)
        return {part: smoothstep(way) for part, way in self._way.items()}
