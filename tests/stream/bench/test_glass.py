"""A simulated screen and camera, whose delay is known."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import numpy as np
import pytest
from tests.stream.bench.test_mark import filmed
from tests.stream.fakes import FakeClock

from bunraku.errors import InputError
from bunraku.spec.arrays import Picture
from bunraku.stream.bench.glass import GlassOptions, measure_glass
from bunraku.stream.core.clock import Clock
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.protocols import Sink, SinkClosed

INTERVAL_S = 1 / 30


class Screen(Sink):
    """Shows a picture ``delay_s`` after it was handed over; the user closes it after some."""

    def __init__(self, clock: Clock, delay_s: float, closes_after: int | None = None) -> None:
        self._clock, self._delay_s, self._closes_after = clock, delay_s, closes_after
        self.shown: list[tuple[float, Picture]] = []
        self.closed = 0

    @property
    def name(self) -> str:
        return "screen"

    async def open(self) -> None:
        pass

    async def write(self, frame: LiveFrame) -> None:
        if self._closes_after is not None and len(self.shown) == self._closes_after:
            raise SinkClosed("The window is closed.")
        self.shown.append((self._clock.now() + self._delay_s, frame.shown_picture()))

    async def close(self) -> None:
        self.closed += 1

    def at(self, time_s: float) -> Picture:
        """What it shows then."""
        past = [picture for since_s, picture in self.shown if since_s <= time_s]
        return past[-1] if past else np.full((640, 640, 3), 40, np.uint8)


class Camera:
    """Films the screen, and hands each frame over ``delay_s`` after its exposure."""

    name, waits, missed, notice = "camera", False, 0, None

    def __init__(self, clock: Clock, screen: Screen, delay_s: float, *, sees: bool = True) -> None:
        self._clock, self._screen, self._delay_s = clock, screen, delay_s
        self._sees = sees
        self._next_s = 0.0
        self.opened = self.waiting = False
        self.closed = 0

    async def open(self) -> None:
        self.opened = True
        self._next_s = self._clock.now()

    async def read(self) -> LiveFrame | None:
        self._next_s += INTERVAL_S
        self.waiting = True
        await self._clock.sleep(self._next_s - self._clock.now())
        self.waiting = False
        taken_s = self._clock.now() - self._delay_s
        picture = filmed(self._screen.at(taken_s))
        if not self._sees:
            picture = np.full_like(picture, 90)
        return LiveFrame(picture, round(taken_s * 1e6), MICROSECONDS, taken_s)

    async def close(self) -> None:
        self.closed += 1


async def _finished(
    work: Awaitable[dict[str, Any]], clock: FakeClock, camera: Camera
) -> dict[str, Any]:
    """Let time pass, but none while a thread reads a mark."""
    task = asyncio.ensure_future(work)
    while not task.done():
        await asyncio.sleep(0.001)
        if camera.waiting or camera.closed or not camera.opened:
            await clock.advance(0.005)
    return await task


async def test_the_delay_is_that_of_screen_and_camera() -> None:
    clock = FakeClock()
    screen = Screen(clock, 0.030)
    camera = Camera(clock, screen, 0.045)
    told: list[float] = []
    work = measure_glass(
        camera, screen, GlassOptions(seconds=3.0, hold_s=0.21), clock=clock, on_sample=told.append
    )
    report = await _finished(work, clock, camera)
    # What no measuring can tell: where in the camera's interval the mark changed.
    assert 75.0 <= report["glass_ms"]["min"] <= report["glass_ms"]["p50"]
    assert report["glass_ms"]["p95"] <= 75.0 + 1e3 * INTERVAL_S + 6.0
    assert report["glass_ms"]["p50"] == pytest.approx(75.0 + 500 * INTERVAL_S, abs=14.0)
    assert report["to_capture_ms"]["p50"] == pytest.approx(
        report["glass_ms"]["p50"] - 45.0, abs=0.1
    )
    assert report["frame_interval_ms"] == pytest.approx(1e3 * INTERVAL_S, abs=6.0)
    assert report["samples"] == len(told) >= 12
    assert report["marks"]["read"] >= report["marks"]["shown"] - 2
    assert any("exposure" in line for line in report["includes"])
    assert any("painting" in line for line in report["leaves_out"])
    assert (screen.closed, camera.closed) == (1, 1)


async def test_a_camera_that_looks_elsewhere_is_told() -> None:
    clock = FakeClock()
    screen = Screen(clock, 0.0)
    camera = Camera(clock, screen, 0.0, sees=False)
    work = measure_glass(camera, screen, GlassOptions(seconds=1.0), clock=clock)
    with pytest.raises(InputError, match=r"saw 0 of \d+ marks in \d+ frames\. Point it"):
        await _finished(work, clock, camera)
    assert (screen.closed, camera.closed) == (1, 1)


async def test_closing_the_window_ends_it() -> None:
    clock = FakeClock()
    screen = Screen(clock, 0.0, closes_after=8)
    camera = Camera(clock, screen, 0.01)
    work = measure_glass(camera, screen, GlassOptions(seconds=60.0), clock=clock)
    report = await _finished(work, clock, camera)
    assert 6 <= report["samples"] <= 8
    assert report["marks"]["shown"] == 8


@pytest.mark.parametrize("options", [GlassOptions(seconds=0), GlassOptions(hold_s=5.0)])
async def test_times_that_make_no_sense(options: GlassOptions) -> None:
    clock = FakeClock()
    screen = Screen(clock, 0.0)
    with pytest.raises(InputError, match="Marks cannot be shown"):
        await measure_glass(Camera(clock, screen, 0.0), screen, options, clock=clock)
