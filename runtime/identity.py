"""Everything that is computed once from a photo."""

from __future__ import annotations

from dataclasses import dataclass

from bunraku.runtime.canvas import Canvas
from bunraku.runtime.drivers.protocol import Subject
from bunraku.runtime.generator import Features
from bunraku.runtime.source.source import Source


@dataclass(frozen=True, eq=False)
class Identity:
    """A photo, ready to be driven."""

    source: Source
    """What is true of the photo whatever drives it."""
    subject: Subject
    """What the driver keeps of it."""
    features: Features
    """What the networks computed of it."""
    canvas: Canvas
    """Pastes the person back into the photo."""
    window_canvas: Canvas
    """Pastes into the window alone, at the networks' own size."""
