"""Everything that is computed once from a photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bunraku.runtime.canvas import Canvas, Patch
from bunraku.runtime.drivers.protocol import Subject
from bunraku.runtime.generator import Features
from bunraku.runtime.later import Later
from bunraku.runtime.source.framing import crop_part
from bunraku.runtime.source.source import Source


@dataclass(frozen=True, eq=False)
class Identity:
    """A photo, ready to be driven."""

    source: Source
    """What is true of the photo whatever drives it."""
    subject: Subject
    """What the driver keeps of it."""
    features_later: Later[Features]
    """See ``features``."""
    canvas: Canvas
    """Pastes the person back into the photo."""
    window_canvas: Canvas
    """Pastes into the window alone, in the pixels in which the person is drawn."""

    @property
    def features(self) -> Features:
        """What the networks compute of the photo; EngineError if one of them fails."""
        return self.features_later.read()

    def in_window(self, patch: Patch) -> Patch:
        """A patch of the photo as one of its window, for ``window_canvas``."""
        source, window = self.source, self.source.framing.window
        size = source.window.shape[0]
        left, top, side = window.box
        height, width = patch.pixels.shape[:2]
        rows = _reached(patch.top - top, height, size / side, size)
        columns = _reached(patch.left - left, width, size / side, size)
        part = crop_part(patch.on(source.photo), window, size, rows, columns)
        return Patch(columns[0], rows[0], part)


def _reached(start: int, length: int, scale: float, size: int) -> tuple[int, int]:
    """The first of a window's pixels that a span of the photo reaches, and the one after the last;
    at least one of the ``size`` that there are."""
    first = min(max(math.floor(start * scale) - 1, 0), size - 1)
    return first, max(min(math.ceil((start + length) * scale) + 1, size), first + 1)
