from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from benchmarks.live import clip

from bunraku.stream.core.frame import to_rgb
from bunraku.stream.sources.barcode import read_code

FRAMES = 40
SIDE_PX = 256


@pytest.mark.parametrize("make", [clip.make_panning, clip.make_person])
def test_every_frame_tells_its_number_and_moves(make: Callable[..., None], tmp_path: Path) -> None:
    path = tmp_path / "clip.mjpeg"
    make(path, frames=FRAMES, side_px=SIDE_PX)
    with av.open(str(path)) as container:
        pictures = [to_rgb(frame) for frame in container.decode(video=0)]
    assert [read_code(picture) for picture in pictures] == list(range(FRAMES))
    assert {picture.shape for picture in pictures} == {(SIDE_PX, SIDE_PX, 3)}
    below = [picture[SIDE_PX // 8 :].astype(int) for picture in pictures]
    # Three frames on, much of it has moved; the noise alone makes 1 or 2 of 255.
    assert np.abs(below[3] - below[0]).max() > 60
