from __future__ import annotations

import asyncio

import numpy as np
import pytest
from av.video.frame import VideoFrame
from tests.stream.fakes import FakeClock, FakeSource

from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.sources.turned import turned

PICTURE: Picture = np.zeros((4, 6, 3), np.uint8)
PICTURE[0, 0] = 200


def first(raw: Picture | VideoFrame, degrees: int) -> LiveFrame:
    source = FakeSource(SystemClock(), interval_s=0, count=1, raw=[PICTURE])

    async def read() -> LiveFrame | None:
        inner = source.read

        async def given() -> LiveFrame | None:
            frame = await inner()
            if frame is not None:
                frame.raw = raw
            return frame

        source.read = given  # type: ignore[method-assign]
        outer = turned(source, degrees)
        await outer.open()
        frame = await outer.read()
        assert await outer.read() is None
        await outer.close()
        return frame

    frame = asyncio.run(read())
    assert (source.opened, source.closed) == (1, 1)
    assert frame is not None
    return frame


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_frames_are_turned_clockwise(degrees: int, corner: tuple[int, int]) -> None:
    frame = first(PICTURE, degrees)
    assert isinstance(frame.raw, np.ndarray)
    assert frame.raw[corner].tolist() == [200] * 3
    assert frame.raw.sum() == 600
    assert frame.picture() is frame.raw


def test_frames_of_pyav_are_converted_first() -> None:
    frame = first(VideoFrame.from_ndarray(np.repeat(PICTURE, 4, 1), format="rgb24"), 90)
    assert frame.picture().shape == (24, 4, 3)
    assert frame.time_s >= 0


def test_what_is_not_to_be_turned_is_left_alone() -> None:
    source = FakeSource(FakeClock())
    assert turned(source, None) is source
    assert turned(source, 0) is source


def test_it_tells_what_the_source_tells() -> None:
    source = FakeSource(FakeClock(), waits=True, name="webcam 3")
    source.missed, source.notice = 4, "it is being regained"
    outer = turned(source, 90)
    assert (outer.name, outer.waits, outer.missed) == ("webcam 3", True, 4)
    assert outer.notice == "it is being regained"
