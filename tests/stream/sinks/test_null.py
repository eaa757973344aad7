from __future__ import annotations

from fractions import Fraction

import numpy as np

from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sinks.null import NullSink


async def test_counts_frames_and_shows_none() -> None:
    sink = NullSink()
    await sink.open()
    for index in range(3):
        picture = np.zeros((2, 2, 3), np.uint8)
        await sink.write(LiveFrame(picture, index, Fraction(1, 25), 0.0))
    await sink.close()
    assert (sink.name, sink.frames, sink.notice) == ("null", 3, None)
