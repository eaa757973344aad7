"""`scripts/bench live-sessions`: a hundred sessions come and go; what of them stays behind?"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from benchmarks.live import browser, client, clip, figures, page, report
from benchmarks.live.child import Child, child
from benchmarks.live.errors import BenchError
from benchmarks.live.measure import Say, Watch, first_frame
from playwright.async_api import Playwright

FREE_S = 10.0
EMPTY_S = 30.0
POLL_S = 0.02
CLIENT_FRAMES = 15
STAY_S = 0.7
"""How long a page shows pictures before it goes."""
KILLED_FREE_LIMIT_S = 2.0
MEMORY_LIMIT_PERCENT = 5.0


@dataclass(frozen=True)
class Counts:
    """How many sessions end in which way."""

    clients: int
    """aiortc clients, whose sockets close."""
    stopped: int
    """Pages whose user stops, then leaves."""
    reloaded: int
    """Pages that are reloaded in the middle of it."""
    killed: int
    """Browsers that are killed by SIGKILL."""

    @property
    def all(self) -> int:
        """Of every kind."""
        return self.clients + self.stopped + self.reloaded + self.killed


FULL = Counts(clients=45, stopped=20, reloaded=25, killed=10)
QUICK = Counts(clients=5, stopped=3, reloaded=3, killed=3)
WARM_UP = Counts(clients=12, stopped=6, reloaded=6, killed=3)
QUICK_WARM_UP = Counts(clients=3, stopped=3, reloaded=3, killed=0)

ROUNDS = 10
RESTS = 3
"""Times at rest, before and at the end, of which the medians are compared."""
MEASURED = ("threads", "fds", "tasks", "objects", "rss_mib", "allocated_mib")


async def run(say: Say, *, quick: bool) -> dict[str, Any]:
    """Open and close them, and compare the server before and after.

    :raises BenchError: a session was not served, or the server never came to rest.
    """
    counts = QUICK if quick else FULL
    ended: Counter[str] = Counter()
    history: list[dict[str, Any]] = []
    freed_s: list[float] = []
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        path = Path(folder) / "clip.mjpeg"
        clip.make_panning(path)
        async with (
            browser.driver() as playwright,
            child("benchmarks.live.server", ["--engine", "passthrough"]) as server,
        ):
            warm = QUICK_WARM_UP if quick else WARM_UP
            say(f"Warming up with {warm.all} sessions")
            rests = []
            for part in split(warm, RESTS):
                await _visit(playwright, server, path, part, Counter(), [])
                rests.append(await at_rest(server))
            for number, part in enumerate(split(counts, RESTS if quick else ROUNDS), 1):
                await _visit(playwright, server, path, part, ended, freed_s)
                vitals = await at_rest(server)
                history.append({"sessions": ended.total(), **vitals})
                say(f"Round {number}: {ended.total()} sessions, {_line(vitals)}")
            told = await server.ask("told")
    before, after = typical(rests), typical(history[-RESTS:])
    growth = grown(before, after)
    return {
        **report.environment(),
        "quick": quick,
        "sessions": ended.total(),
        "ended_by": dict(ended),
        "warm_up_sessions": warm.all,
        "before": before,
        "after": after,
        "growth": growth,
        "warm_up": rests,
        "history": history,
        "killed_free_s": [round(seconds, 3) for seconds in freed_s],
        "killed_free_ms": figures.spread([seconds * 1e3 for seconds in freed_s]),
        "log": {key: told[key] for key in told if key.startswith("log_")},
        "limits": {
            "killed_free_s": KILLED_FREE_LIMIT_S,
            "memory_percent": MEMORY_LIMIT_PERCENT,
            "threads": 0,
            "fds": 0,
        },
        "kept": (
            max(freed_s) <= KILLED_FREE_LIMIT_S
            and growth["rss_percent"] <= MEMORY_LIMIT_PERCENT
            and growth["threads"] <= 0
            and growth["fds"] <= 0
        ),
    }


def typical(rests: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The medians of several times at rest: the allocator keeps now more, now less."""
    known = [key for key in MEASURED if all(one[key] is not None for one in rests)]
    return {key: statistics.median(one[key] for one in rests) for key in known}


def grown(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, float]:
    """How much more of everything there is."""
    counted = {key: round(after[key] - before[key], 2) for key in before if key in after}
    percent = 100 * (after["rss_mib"] / before["rss_mib"] - 1)
    return {**counted, "rss_percent": round(percent, 2)}


async def at_rest(server: Child) -> dict[str, Any]:
    """Wait until the server has forgotten every session, then measure it.

    :raises BenchError: it never does.
    """
    until = time.monotonic() + EMPTY_S
    while (await server.ask("told"))["sessions"]:
        if time.monotonic() > until:
            raise BenchError(f"Sessions are still there {EMPTY_S:g} s after the last one left.")
        await asyncio.sleep(0.2)
    vitals: dict[str, Any] = {}
    # Threads of executors end, and sockets close, a moment after their session.
    for _ in range(4):
        await asyncio.sleep(0.5)
        vitals = await server.ask("vitals")
    return vitals


def split(counts: Counts, number: int) -> list[Counts]:
    """The same, in so many portions of nearly equal make."""

    def share(total: int, index: int) -> int:
        return total * (index + 1) // number - total * index // number

    return [
        Counts(
            share(counts.clients, i),
            share(counts.stopped, i),
            share(counts.reloaded, i),
            share(counts.killed, i),
        )
        for i in range(number)
    ]


async def _visit(
    playwright: Playwright,
    server: Child,
    path: Path,
    counts: Counts,
    ended: Counter[str],
    freed_s: list[float],
) -> None:
    for _ in range(counts.clients):
        await client.visit(server.url, frames=CLIENT_FRAMES)
        ended["aiortc client closed"] += 1
    async with browser.browser(playwright, path) as chromium:
        for _ in range(counts.stopped):
            tab = await chromium.open(server.url)
            await _play(tab)
            await page.press_key(tab, "q")
            await _free(server)
            await tab.close()
            ended["stop pressed, page closed"] += 1
        if counts.reloaded:
            tab = await chromium.open(server.url)
            for _ in range(counts.reloaded):
                await _play(tab)
                await browser.ask(tab, "sessionStorage.clear()")
                await tab.reload()
                ended["page reloaded"] += 1
            await tab.close()
    await _free(server)
    for _ in range(counts.killed):
        async with browser.browser(playwright, path) as chromium:
            await _play(await chromium.open(server.url))
            if await _streaming(server) != 1:
                raise BenchError("The session to be killed is not the only one.")
            killed_s = time.monotonic()
            chromium.kill()
            freed_s.append(await _free(server, killed_s))
        ended["browser killed by SIGKILL"] += 1


async def _play(tab: Any) -> None:
    watch = Watch()
    await first_frame(tab, watch, await page.start(tab))
    await asyncio.sleep(STAY_S)


async def _free(server: Child, since_s: float | None = None) -> float:
    """Wait until nobody streams; returns the seconds from ``since_s``.

    :raises BenchError: a place stays taken.
    """
    begin = time.monotonic() if since_s is None else since_s
    while await _streaming(server):
        if time.monotonic() - begin > FREE_S:
            raise BenchError(f"A place is still taken after {FREE_S:g} s.")
        await asyncio.sleep(POLL_S)
    return time.monotonic() - begin


async def _streaming(server: Child) -> int:
    """What the server tells everybody, at /healthz."""
    with contextlib.suppress(OSError, aiohttp.ClientError):
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as web,
            web.get(f"{server.url}healthz") as answer,
        ):
            return int((await answer.json())["sessions"])
    raise BenchError(f"/healthz does not answer. {server.tail()}")


def _line(vitals: Mapping[str, Any]) -> str:
    return f"{vitals['threads']} threads, {vitals['fds']} files, {vitals['rss_mib']:.1f} MiB"
