"""Glass to glass: how long what happens before a camera takes to reach a program, screen included.

A window shows a mark, a new one every so often; the camera films the screen, and the program reads
the marks back. The time from when a mark was handed to the window to when the first frame that
shows it was in the program's hands is one sample.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bunraku.errors import InputError
from bunraku.runtime.measure import nearest_rank
from bunraku.stream.bench.mark import MARKS, draw_mark, read_mark
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.protocols import Sink, SinkClosed, Source
from bunraku.stream.core.tasks import cancel, close_quietly
from bunraku.stream.core.worker import Worker

INCLUDES = (
    "handing the picture to the window, its drawing and the desktop's compositor",
    "the screen: until its next refresh, and its own delay",
    "the camera: exposure, read-out, compression, transfer, driver, decoding",
    "waiting for the camera's next frame, half an interval in the mean",
)
LEAVES_OUT = (
    "finding, moving and painting the person: `bunraku bench latency --sessions 1` tells it",
    "a browser, and the network to it",
)
MOST_WAIT_S = 2.0
"""After this a mark counts as missed."""
LEAST_SAMPLES = 5


@dataclass(frozen=True)
class GlassOptions:
    """How the delay is measured."""

    seconds: float = 20.0
    hold_s: float = 0.2
    """How long each mark is shown; longer than a frame of the camera takes."""
    side: int = 640
    """Of the mark, in pixels of the window."""

    def check(self) -> None:
        """:raises InputError: no time, or marks that would come again before they are read."""
        if not (self.seconds > 0 and MOST_WAIT_S / MARKS < self.hold_s <= MOST_WAIT_S):
            raise InputError(
                f"Marks cannot be shown for {self.hold_s:g} s each over {self.seconds:g} s.",
                f"Give a time, and up to {MOST_WAIT_S:g} s for each mark.",
            )


@dataclass(eq=False)
class _Seen:
    """What was shown when, and what was read when."""

    shown_s: dict[int, float] = field(default_factory=dict)
    """The marks that are waited for."""
    delays_ms: list[float] = field(default_factory=list)
    capture_ms: list[float] = field(default_factory=list)
    """The share of it until the frame's own time, where its driver tells that."""
    counts: Counter[str] = field(default_factory=Counter)
    arrivals_s: list[float] = field(default_factory=list)

    def read(self, number: int | None, frame: LiveFrame, now_s: float) -> None:
        self.counts["frames"] += 1
        self.arrivals_s.append(now_s)
        if number is None:
            self.counts["unread"] += 1
            return
        shown_s = self.shown_s.pop(number, None)
        if shown_s is not None and now_s - shown_s <= MOST_WAIT_S:
            self.delays_ms.append((now_s - shown_s) * 1e3)
            self.capture_ms.append((frame.captured_s - shown_s) * 1e3)


async def measure_glass(
    camera: Source,
    window: Sink,
    options: GlassOptions | None = None,
    *,
    clock: Clock | None = None,
    on_sample: Callable[[float], None] | None = None,
) -> dict[str, Any]:
    """Show marks and read them back.

    :param camera: films the window; opened and closed here, as is the window.
    :param on_sample: told each delay in milliseconds.
    :return: ``glass_ms`` (p50, p95, min) and ``samples``; ``to_capture_ms``, until the time that
        the camera's driver gives its frames; ``frame_interval_ms`` of the camera, which no delay
        is known better than; ``marks`` shown and read, ``frames`` and those without a mark;
        ``includes`` and ``leaves_out``.
    :raises SourceError: the camera cannot be opened, or is lost.
    :raises OutputError: there can be no window.
    :raises InputError: the camera does not see the marks.
    """
    options, clock = options or GlassOptions(), clock or SystemClock()
    options.check()
    seen = _Seen()
    tasks: list[asyncio.Task[None]] = []
    try:
        await window.open()
        await camera.open()
        tasks = [
            asyncio.create_task(_show(window, seen, options, clock)),
            asyncio.create_task(_watch(camera, seen, clock, on_sample)),
        ]
        timer = asyncio.create_task(clock.sleep(options.seconds))
        await asyncio.wait([timer, *tasks], return_when=asyncio.FIRST_COMPLETED)
        await cancel([timer])
        for task in tasks:
            if task.done():
                task.result()
    finally:
        await cancel(tasks)
        await asyncio.gather(
            close_quietly(camera.name, camera.close()), close_quietly(window.name, window.close())
        )
    return _report(seen, options)


async def _show(window: Sink, seen: _Seen, options: GlassOptions, clock: Clock) -> None:
    number, next_s = 0, clock.now()
    with suppress(SinkClosed):  # the user closes the window: what is measured is told
        while True:
            picture = draw_mark(number, options.side)
            frame = LiveFrame(picture, round(clock.now() * 1e6), MICROSECONDS, clock.now())
            frame.shown = picture
            seen.shown_s[number % MARKS] = clock.now()
            await window.write(frame)
            seen.counts["shown"] += 1
            number, next_s = number + 1, next_s + options.hold_s
            await clock.sleep(next_s - clock.now())


async def _watch(
    camera: Source, seen: _Seen, clock: Clock, on_sample: Callable[[float], None] | None
) -> None:
    worker = Worker("bunraku-marks")  # the window is drawn meanwhile
    try:
        while (frame := await camera.read()) is not None:
            now_s = clock.now()
            number = await worker.run(lambda: read_mark(frame.picture()))
            before = len(seen.delays_ms)
            seen.read(number, frame, now_s)
            if on_sample is not None and len(seen.delays_ms) > before:
                on_sample(seen.delays_ms[-1])
    finally:
        await worker.close()


def _report(seen: _Seen, options: GlassOptions) -> dict[str, Any]:
    count = len(seen.delays_ms)
    if count < LEAST_SAMPLES:
        raise InputError(
            f"The camera saw {count} of {seen.counts['shown']} marks in {seen.counts['frames']} "
            "frames.",
            "Point it at the window, near enough and without reflections, and try again.",
        )
    between = sorted(b - a for a, b in zip(seen.arrivals_s, seen.arrivals_s[1:], strict=False))
    return {
        "kind": "glass",
        "glass_ms": _spread(seen.delays_ms),
        "to_capture_ms": _spread(seen.capture_ms),
        "samples": count,
        "frame_interval_ms": round(nearest_rank(between, 0.5) * 1e3, 2),
        "marks": {"shown": seen.counts["shown"], "read": count},
        "frames": {"seen": seen.counts["frames"], "without_a_mark": seen.counts["unread"]},
        "hold_ms": options.hold_s * 1e3,
        "includes": list(INCLUDES),
        "leaves_out": list(LEAVES_OUT),
    }


def _spread(samples_ms: list[float]) -> dict[str, float]:
    ordered = sorted(samples_ms)
    shares = (("p50", 0.5), ("p95", 0.95), ("min", 0.0))
    return {name: round(nearest_rank(ordered, share), 2) for name, share in shares}
