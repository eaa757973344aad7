"""`scripts/bench live-soak`: half an hour of everything that goes on in a poor network."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.live import browser, clip, figures, page, report
from benchmarks.live.child import Child, child
from benchmarks.live.matching import match
from benchmarks.live.measure import Say, Watch, first_frame, server_share
from benchmarks.live.sessions import MEASURED
from playwright.async_api import Page

SETTLE_S = 5.0
WATCH_S = 7.0
SIZES = ((512, 512), (384, 384), (256, 256))
WARM_S = 300.0
"""Before that nothing counts as growth: caches and pools fill."""
LIMITS = {
    "faults": 0,
    "log_errors": 0,
    "threads": 0,
    "fds": 0,
    "rss_mib_per_min": 0.5,
    "delay_ms_per_min": 2.0,
}


class Deed(StrEnum):
    """What is done to the session, in random order."""

    SWITCH = "photo switched"
    CAMERA = "camera restarted"
    RESTART = "stopped and started"
    RESIZE = "resolution changed"


@dataclass
class Log:
    """What is noted on the way."""

    deeds: Counter[str] = field(default_factory=Counter)
    delays: list[tuple[float, float]] = field(default_factory=list)
    fps: list[float] = field(default_factory=list)
    vitals: list[dict[str, Any]] = field(default_factory=list)
    messages: list[dict[str, Any]] = field(default_factory=list)
    interruptions: list[str] = field(default_factory=list)


async def run(
    say: Say, *, minutes: float, loss: float, seed: int, engine: Sequence[str] = ()
) -> dict[str, Any]:
    """Let it run.

    :param engine: arguments of the server; by default the ``live`` weights.
    :raises BenchError: the session cannot be brought back.
    """
    log = Log()
    arguments = [*(engine or ("--engine", "puppet")), "--stamp", "--photos", "3"]
    arguments += ["--loss", str(loss), "--seed", str(seed)]
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        path = Path(folder) / "clip.mjpeg"
        clip.make_person(path)
        async with (
            browser.driver() as playwright,
            child("benchmarks.live.server", arguments) as server,
            browser.browser(playwright, path) as chromium,
        ):
            tab = await chromium.open(server.url)
            await first_frame(tab, Watch(), await page.start(tab))
            began = time.monotonic()
            deeds = _deeds(random.Random(seed))
            while time.monotonic() - began < minutes * 60:
                await _round(tab, server, next(deeds), log, began)
                told = log.vitals[-1]
                say(
                    f"{told['at_s'] / 60:.1f} of {minutes:g} min: {told['deed']}, "
                    f"{log.fps[-1]:.1f} fps, {told['rss_mib']:.0f} MiB, {told['threads']} threads"
                )
            share = server_share(log.messages)
            told = await server.ask("told")
            complaints = list(chromium.complaints)
    return _report(log, told, share, complaints, {"minutes": minutes, "loss": loss, "seed": seed})


def _deeds(choose: random.Random) -> Iterator[Deed]:
    """All of them in random order, over and over."""
    while True:
        yield from choose.sample(list(Deed), len(Deed))


async def _round(tab: Page, server: Child, deed: Deed, log: Log, began: float) -> None:
    """Do something, let it settle, then watch."""
    await _do(tab, deed, len(log.vitals))
    log.deeds[deed] += 1
    settling, watch = Watch(), Watch()
    await asyncio.sleep(SETTLE_S)
    await settling.poll(tab)
    log.messages += settling.messages
    if not settling.result:
        await _bring_back(tab, deed, log)
    # Numbers begin anew where the camera does: each round is matched by itself.
    since = time.monotonic()
    since_ms = await Watch().poll(tab)
    while time.monotonic() - since < WATCH_S:
        await asyncio.sleep(1.0)
        until_ms = await watch.poll(tab)
    log.messages += watch.messages
    at_s = time.monotonic() - began
    delays = [one.delay_ms for one in match(watch.own, watch.result, period=clip.FRAMES).delays]
    log.delays += [(at_s, delay_ms) for delay_ms in delays]
    log.fps.append(len(watch.result) / ((until_ms - since_ms) / 1e3))
    sent = (await browser.counters(tab)).get("outbound-rtp", {})
    log.vitals.append(
        {
            "at_s": round(at_s, 1),
            "deed": deed,
            "fps": round(log.fps[-1], 2),
            "delay_ms": round(statistics.median(delays), 1) if delays else None,
            "sent_size": [sent.get("frameWidth"), sent.get("frameHeight")],
            **await server.ask("vitals"),
        }
    )


async def _do(tab: Page, deed: Deed, number: int) -> None:
    match deed:
        case Deed.SWITCH:
            await page.press_key(tab, str(1 + number % 3))
        case Deed.CAMERA:
            await page.choose_other_camera(tab)
        case Deed.RESTART:
            await page.press_key(tab, "q")
            await first_frame(tab, Watch(), await page.start(tab))
        case Deed.RESIZE:
            await page.resize(tab, SIZES[number % len(SIZES)])


async def _bring_back(tab: Page, deed: Deed, log: Log) -> None:
    """The stream has stopped although nobody asked: note it, then start again as a user would."""
    state = await browser.ask(tab, "window.bunraku.state")
    log.interruptions.append(f"no picture after: {deed}; the page says {state}")
    if state == "live":
        await page.press_key(tab, "q")
    await first_frame(tab, Watch(), await page.start(tab))


def _report(
    log: Log,
    told: Mapping[str, Any],
    share: dict[str, Any] | None,
    complaints: list[str],
    asked: Mapping[str, Any],
) -> dict[str, Any]:
    times_s, delays_ms = [at for at, _ in log.delays], [ms for _, ms in log.delays]
    settled = [one for one in log.vitals if one["at_s"] >= WARM_S] or log.vitals
    memory = figures.slope([one["at_s"] for one in settled], [one["rss_mib"] for one in settled])
    delay = figures.with_slope(times_s, delays_ms)
    faults = total_faults(log.messages)
    growth = {
        **{key: thirds_apart(settled, key) for key in MEASURED if settled[0][key] is not None},
        "rss_mib_per_min": None if memory is None else round(memory.per_min, 3),
        "rss_mib_per_min_95": None if memory is None else [memory.low, memory.high],
    }
    return {
        **report.environment(),
        **asked,
        "seconds": log.vitals[-1]["at_s"],
        "deeds": dict(log.deeds),
        "page_to_page_ms": delay,
        "fps": figures.spread(log.fps),
        "faults": faults,
        "interruptions": log.interruptions,
        "packets": {"passed": told["packets_passed"], "lost": told["packets_lost"]},
        "late_switches": told["late"],
        "growth": growth,
        "history": log.vitals,
        "server": share,
        "log": {key: told[key] for key in told if key.startswith("log_")},
        "page_errors": complaints,
        "limits": LIMITS,
        "kept": kept(faults, log.interruptions, told, growth, delay),
    }


def kept(
    faults: int,
    interruptions: Sequence[str],
    told: Mapping[str, Any],
    growth: Mapping[str, Any],
    delay: Mapping[str, Any],
) -> bool:
    """No fault, no interruption, no growth of anything."""
    memory = growth["rss_mib_per_min"]
    return (
        faults <= LIMITS["faults"]
        and not interruptions
        and told["log_errors"] <= LIMITS["log_errors"]
        and growth["threads"] <= LIMITS["threads"]
        and growth["fds"] <= LIMITS["fds"]
        and memory is not None
        and memory <= LIMITS["rss_mib_per_min"]
        and figures.is_flat(delay, LIMITS["delay_ms_per_min"])
    )


def thirds_apart(vitals: Sequence[Mapping[str, Any]], key: str) -> float:
    """How much higher the last third's median is than that of the first."""
    third = max(1, len(vitals) // 3)
    first, last = vitals[:third], vitals[-third:]
    before, after = (statistics.median_high(one[key] for one in part) for part in (first, last))
    return round(float(after - before), 2)


def total_faults(messages: Sequence[Mapping[str, Any]]) -> int:
    """Over all streams; each stream counts from 0 in its own stats."""
    total = last = 0
    for message in messages:
        if message["type"] != "stats":
            continue
        faults = sum(message["faults"].values())
        if faults < last:
            total += last
        last = faults
    return total + last
