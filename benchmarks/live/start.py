"""`scripts/bench live-start`: how soon the photo moves, and how soon another one does."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.live import browser, clip, figures, page, report
from benchmarks.live.child import child
from benchmarks.live.errors import BenchError
from benchmarks.live.measure import Say, Watch, first_frame
from benchmarks.live.stages import ANIMATED
from playwright.async_api import Page

STARTS, QUICK_STARTS = 10, 2
SWITCHES, QUICK_SWITCHES = 20, 4
"""For each start."""
SEEN_S = 20.0
PAUSE_S = 1.0
LIMIT_MS = 3000.0
PHOTO_BITS = 15


async def run(say: Say, *, quick: bool) -> dict[str, Any]:
    """Start over and over, and switch between two photos.

    :raises BenchError: nothing moves, or a switch is never seen.
    """
    starts = QUICK_STARTS if quick else STARTS
    switches = QUICK_SWITCHES if quick else SWITCHES
    pictures, animated, seen = list[float](), list[float](), list[dict[str, float]]()
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        path = Path(folder) / "clip.mjpeg"
        say("Drawing the clip, loading the networks")
        clip.make_person(path)
        async with (
            browser.driver() as playwright,
            child(
                "benchmarks.live.server", ["--engine", "puppet", "--stamp", "--photos", "2"]
            ) as server,
            browser.browser(playwright, path) as chromium,
        ):
            for number in range(starts):
                tab = await chromium.open(server.url)
                watch = Watch()
                pressed_ms = await page.start(tab)
                pictures.append(await first_frame(tab, watch, pressed_ms))
                at_ms = await wait_for(tab, watch, lambda _, about: bool(about & ANIMATED))
                animated.append(at_ms - pressed_ms)
                say(f"Start {number + 1}: animated after {animated[-1]:.0f} ms")
                await asyncio.sleep(PAUSE_S)
                if number == starts - 1 or quick:
                    seen += [await _switch(tab, watch) for _ in range(switches)]
                await page.press_key(tab, "q")
                await tab.close()
            told = await server.ask("told")
    late_ms = [one["ms"] for one in seen]
    camera = [one["camera_frames"] for one in seen]
    old = [one["result_frames"] for one in seen]
    return {
        **report.environment(),
        "quick": quick,
        "first_picture_ms": figures.spread(pictures),
        "first_animated_ms": figures.spread(animated),
        "switch": {
            "seen_after_ms": figures.spread(late_ms),
            # Frames the camera made from the key to the first that shows the new photo.
            "camera_frames": figures.spread(camera),
            # Frames of the former photo that the page still showed after the key.
            "result_frames": figures.spread(old),
            "switches": told["switches"],
            # Frames that came in after the server knew, and showed the former photo all the same.
            "late_frames": told["late"],
        },
        "limits": {"first_animated_ms": LIMIT_MS, "late_frames": 0},
        "kept": max(animated) <= LIMIT_MS and told["late"] == 0,
    }


async def wait_for(
    tab: Page, watch: Watch, wanted: Callable[[float, int], bool], seconds: float = SEEN_S
) -> float:
    """The time of the first frame of the result that is as wanted, by when and what it is.

    :raises BenchError: none comes.
    """
    looked = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for at_ms, _, about in watch.about[looked:]:
            if wanted(at_ms, about):
                return at_ms
        looked = len(watch.about)
        await asyncio.sleep(0.05)
        await watch.poll(tab)
    raise BenchError(f"What was waited for is not seen within {seconds:g} s.")


async def _switch(tab: Page, watch: Watch) -> dict[str, float]:
    """Choose the other photo of the two; how long until it is seen."""
    await watch.poll(tab)
    if not watch.about:
        raise BenchError("No frame tells which photo it shows.")
    now = watch.about[-1][2] & PHOTO_BITS
    wanted = 2 if now == 1 else 1
    pressed_ms = await page.press_key(tab, str(wanted))

    def is_new(at_ms: float, about: int) -> bool:
        return at_ms > pressed_ms and about & PHOTO_BITS == wanted

    at_ms = await wait_for(tab, watch, is_new)
    newest = [mark.number for mark in watch.own if mark.at_ms <= pressed_ms][-1]
    first = next(number for at, number, _ in watch.about if at == at_ms)
    await asyncio.sleep(PAUSE_S)
    return {
        "ms": at_ms - pressed_ms,
        "camera_frames": float((first - newest) % clip.FRAMES),
        "result_frames": float(sum(pressed_ms < at < at_ms for at, _, _ in watch.about)),
    }
