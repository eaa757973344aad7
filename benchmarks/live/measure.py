"""One session in the browser, watched: how late and how often its frames come."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.live import browser, figures
from benchmarks.live.errors import BenchError
from benchmarks.live.matching import Mark, match
from benchmarks.live.speed import SpeedGauge
from playwright.async_api import Page

POLL_S = 1.0
FIRST_FRAME_S = 30.0
STILL_S = 15.0
"""So long without a frame of the result, and the measurement is given up."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How long a session is watched."""

    warm_s: float
    """Before anything counts: bitrates rise and caches fill."""
    measure_s: float


@dataclass
class Watch:
    """All that the probe read in one session; times in ms of the page's clock."""

    own: list[Mark] = field(default_factory=list)
    result: list[Mark] = field(default_factory=list)
    # What the second row of the result said, with when and of which frame; see stages.py.
    about: list[tuple[float, int, int]] = field(default_factory=list)
    # From a frame's last packet to its picture, for the browser's share of the delay.
    shown_after_ms: list[tuple[float, float]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    misread: dict[str, int] = field(default_factory=dict)
    first_result_ms: float | None = None
    # How long the yardstick took, and when.
    yardstick_ms: list[tuple[float, float]] = field(default_factory=list)

    async def poll(self, page: Page) -> float:
        """Take what is new; returns the page's clock."""
        taken = await browser.take(page)
        self.own += [Mark(number, at) for number, at, _, _ in taken["own"]]
        for number, at, received, about in taken["result"]:
            self.result.append(Mark(number, at))
            if received is not None:
                self.shown_after_ms.append((at, at - received))
            if about is not None:
                self.about.append((at, number, about))
        self.messages += taken["messages"]
        self.misread = taken["misread"]
        self.first_result_ms = taken["first"]["result"]
        return float(taken["now"])


async def press(page: Page, script: str) -> float:
    """Start by the page's own means; returns when, on the page's clock."""
    pressed: float = await browser.ask(
        page, f"() => {{ benchProbe.reset(); const at = performance.now(); {script}; return at; }}"
    )
    return pressed


async def first_frame(page: Page, watch: Watch, pressed_ms: float) -> float:
    """Wait for the first picture of the result; returns its ms after ``pressed_ms``.

    :raises BenchError: it does not come.
    """
    until = time.monotonic() + FIRST_FRAME_S
    while time.monotonic() < until:
        await watch.poll(page)
        if watch.first_result_ms is not None:
            return watch.first_result_ms - pressed_ms
        await asyncio.sleep(0.05)
    raise BenchError(f"No picture came back within {FIRST_FRAME_S:g} s. {_last_words(watch)}")


async def observe(page: Page, watch: Watch, plan: Plan, *, period: int, say: Say) -> dict[str, Any]:
    """Watch a session that runs, and report what happened after the warm-up.

    :raises BenchError: frames stop coming, or the page is gone.
    """
    gauge = SpeedGauge()
    await _stay(page, watch, plan.warm_s)
    since_ms, before = await watch.poll(page), await browser.counters(page)
    await _stay(page, watch, plan.measure_s, gauge, say)
    after, until_ms = await browser.counters(page), await watch.poll(page)
    return _report(watch, since_ms, until_ms, before, after, period)


async def _stay(
    page: Page,
    watch: Watch,
    seconds: float,
    gauge: SpeedGauge | None = None,
    say: Say | None = None,
) -> None:
    start = moved = told = time.monotonic()
    while (now := time.monotonic()) < start + seconds:
        await asyncio.sleep(min(POLL_S, start + seconds - now))
        frames = len(watch.result)
        at_ms = await watch.poll(page)
        if gauge is not None:
            watch.yardstick_ms.append((at_ms, gauge.take()))
        now = time.monotonic()
        if len(watch.result) > frames:
            moved = now
        elif now - moved > STILL_S:
            raise BenchError(
                f"No readable picture came for {STILL_S:g} s, after {len(watch.result)} of them. "
                + _last_words(watch)
            )
        if say is not None and now - told >= 30.0:
            told = now
            say(f"{now - start:.0f} of {seconds:.0f} s, {len(watch.result)} frames")


def _report(
    watch: Watch,
    since_ms: float,
    until_ms: float,
    before: dict[str, Any],
    after: dict[str, Any],
    period: int,
) -> dict[str, Any]:
    matching = match(watch.own, watch.result, period=period)
    delays = [one for one in matching.delays if since_ms <= one.at_ms <= until_ms]
    marks = [one for one in watch.result if since_ms <= one.at_ms <= until_ms]
    changes = sum(a.number != b.number for a, b in itertools.pairwise(marks))
    seconds = (until_ms - since_ms) / 1e3
    own = [one for one in watch.own if since_ms <= one.at_ms <= until_ms]
    shown = [ms for at, ms in watch.shown_after_ms if since_ms <= at <= until_ms]
    return {
        **delay_share(
            [(one.at_ms / 1e3, one.delay_ms) for one in delays],
            [(at_ms / 1e3, took_ms) for at_ms, took_ms in watch.yardstick_ms],
        ),
        "fps": round(changes / seconds, 2),
        "camera_fps": round(len(own) / seconds, 2),
        "seconds": round(seconds, 1),
        "frames": len(delays),
        "unmatched": matching.unmatched,
        "repeated": matching.repeated,
        "misread": watch.misread,
        "browser": {**browser_share(before, after), "received_to_shown_ms": figures.spread(shown)},
        "server": server_share(watch.messages, since_ms),
    }


def delay_share(
    delays: Sequence[tuple[float, float]], yardstick: Sequence[tuple[float, float]]
) -> dict[str, Any]:
    """The delay, the yardstick, and the delay's slope had the machine kept one speed.

    :param delays: seconds and milliseconds, as are
    :param yardstick: what a fixed piece of work took meanwhile.
    """
    times_s, values_ms = [at for at, _ in delays], [ms for _, ms in delays]
    taken_at_s, took_ms = [at for at, _ in yardstick], [ms for _, ms in yardstick]
    shared = figures.with_slope(times_s, values_ms)
    if not yardstick:
        return {"page_to_page_ms": shared}
    even = figures.with_slope(
        times_s, figures.at_even_speed(times_s, values_ms, taken_at_s, took_ms)
    )
    for key in ("slope_ms_per_min", "slope_95"):
        shared[f"even_speed_{key}"] = even[key]
    return {
        "page_to_page_ms": shared,
        "yardstick_ms": figures.with_slope(taken_at_s, took_ms),
    }


def browser_share(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What the connection's counters say of the time between two readings of them."""
    seconds = (after["now"] - before["now"]) / 1e3
    came, went = _pair(before, after, "inbound-rtp"), _pair(before, after, "outbound-rtp")
    last_in, last_out = after.get("inbound-rtp", {}), after.get("outbound-rtp", {})
    trip_s = after.get("roundTripTime")
    return {
        "jitter_buffer_ms": _each_ms(came, "jitterBufferDelay", "jitterBufferEmittedCount"),
        "jitter_target_ms": _each_ms(came, "jitterBufferTargetDelay", "jitterBufferEmittedCount"),
        "decode_ms": _each_ms(came, "totalDecodeTime", "framesDecoded"),
        "encode_ms": _each_ms(went, "totalEncodeTime", "framesEncoded"),
        "dropped": came.get("framesDropped", 0),
        "lost_packets": came.get("packetsLost", 0),
        "freezes": came.get("freezeCount", 0),
        "down_kbps": round(came.get("bytesReceived", 0) * 8e-3 / seconds) if seconds else None,
        "up_kbps": round(went.get("bytesSent", 0) * 8e-3 / seconds) if seconds else None,
        "round_trip_ms": None if trip_s is None else round(trip_s * 1e3, 2),
        "codec": last_in.get("codec"),
        "received_size": [last_in.get("frameWidth"), last_in.get("frameHeight")],
        "sent_size": [last_out.get("frameWidth"), last_out.get("frameHeight")],
        "sent_limited_by": last_out.get("qualityLimitationReason"),
    }


def server_share(messages: list[dict[str, Any]], since_ms: float = 0.0) -> dict[str, Any] | None:
    """The server's own numbers, at the end; None for a server that tells none."""
    stats = [one for one in messages if one["type"] == "stats" and one["at"] >= since_ms]
    if not stats:
        return None
    return {key: value for key, value in stats[-1].items() if key not in ("type", "at")}


def _pair(before: dict[str, Any], after: dict[str, Any], kind: str) -> dict[str, float]:
    """How much each counter of this kind has grown."""
    then, now = before.get(kind, {}), after.get(kind, {})
    return {
        key: value - then.get(key, 0)
        for key, value in now.items()
        if isinstance(value, (int, float)) and key not in ("frameWidth", "frameHeight")
    }


def _each_ms(counters: dict[str, float], total_s: str, count: str) -> float | None:
    number = counters.get(count, 0)
    return round(counters.get(total_s, 0) * 1e3 / number, 2) if number else None


def _last_words(watch: Watch) -> str:
    words = [one for one in watch.messages if one["type"] in ("error", "notice", "bye")]
    return f"The server's last words: {words[-1].get('text')}" if words else "The server said none."
