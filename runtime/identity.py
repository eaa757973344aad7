"""Everything that is computed once from a photo."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bunraku.runtime.canvas import Canvas, Patch
from bunraku.runtime.drivers.protocol import Subject
from bunraku.runtime.generator import Features
from bunraku.runtime.later import Later
from bunraku.runtime.source.framing import crop
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
        source = self.source
        size = source.window.shape[0]
        whole = crop(patch.on(source.photo), source.framing.window, size)
        return Patch(0, 0, np.asarray(whole, np.uint8))
