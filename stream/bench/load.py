"""Live sessions side by side: how many frames a second they get, and how old those are.

Each session has a puppet of its own and the pipeline that `bunraku live` has; all share one set of
networks, and each is fed the same clip from memory, as a camera would at its rate, or as fast as it
takes them. What no longer fits shows as frames dropped and as age, never as a queue.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bunraku.errors import InputError
from bunraku.runtime.bench.media import ASSUMED_RATE, media, read_clip, there_and_back
from bunraku.runtime.bench.options import BenchOptions
from bunraku.runtime.measure import nearest_rank
from bunraku.runtime.plan import live_shares
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.photo import read_photo
from bunraku.spec.arrays import Picture
from bunraku.stream.core.clock import Clock, SystemClock
from bunraku.stream.core.controls import Photo
from bunraku.stream.core.frame import MICROSECONDS, LiveFrame
from bunraku.stream.core.session import LiveSession, SessionPuppet, make_photo
from bunraku.stream.sinks.null import NullSink

MOST_SESSIONS = 256
WARM_S = 2.0
"""Before what is counted: the first frames calibrate, and allocate."""


@dataclass(frozen=True)
class LoadOptions:
    """How much load there is."""

    sessions: tuple[int, ...] = (1,)
    """How many at once, one run after the other; before them one session is fed as fast as it
    takes frames."""
    rate: float = ASSUMED_RATE
    """Frames a second of each session's camera."""
    seconds: float = 10.0
    """Of each run, after it has warmed up."""
    warm_s: float = WARM_S

    def check(self) -> None:
        """:raises InputError: no sessions, too many, or no time."""
        if not self.sessions or not all(1 <= n <= MOST_SESSIONS for n in self.sessions):
            raise InputError(
                "There is no such number of sessions.", f"Give 1 to {MOST_SESSIONS}, as in 1,2,4."
            )
        if not (0 < self.rate <= 1000 and self.seconds > 0):
            raise InputError("A load needs a rate and a time.", "Give more than 0 of both.")


class ClipCamera:
    """A camera that films a clip forwards and backwards, from memory (see ``Source``).

    :param rate: frames a second; None for as many as are taken.
    """

    missed = 0
    notice: str | None = None

    def __init__(self, clip: Sequence[Picture], rate: float | None, clock: Clock) -> None:
        self._clip, self._rate, self._clock = clip, rate, clock
        self._given = 0
        self._start_s = 0.0
        self.name = "clip from memory"
        self.waits = rate is None

    async def open(self) -> None:
        self._start_s = self._clock.now()

    async def read(self) -> LiveFrame | None:
        number, self._given = self._given, self._given + 1
        if self._rate is None:
            await self._clock.sleep(0.0)
        else:
            await self._clock.sleep(self._start_s + number / self._rate - self._clock.now())
        now_s = self._clock.now()
        # An array of its own, as a camera gives: no conversion is shared between sessions.
        picture = there_and_back(self._clip, number).copy()
        return LiveFrame(picture, round(now_s * 1e6), MICROSECONDS, now_s)

    async def close(self) -> None:
        pass


class AgeingSink(NullSink):
    """Notes how old frames are once they are here, from a time on."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock
        self.ages_ms: list[float] = []
        self.counting = False

    async def write(self, frame: LiveFrame) -> None:
        await super().write(frame)
        if self.counting:
            self.ages_ms.append((self._clock.now() - frame.captured_s) * 1e3)


def run_load(
    options: BenchOptions, load: LoadOptions, on_run: Callable[[str], None] | None = None
) -> list[dict[str, Any]]:
    """Measure sessions on this machine.

    :param on_run: told each run before it.
    :return: of each run what ``measure_load`` gives: ``overlapped`` first, one session without a
        rate.
    :raises BunrakuError: the photo or the clip cannot be used, or the models cannot be loaded.
    """
    options.check()
    load.check()
    photo_path, clip_path = media(options.photo, options.clip)
    picture, clip = read_photo(photo_path), read_clip(clip_path)
    shares = live_shares()
    threads = options.threads or shares.threads
    models = options.load(threads, sessions=max(load.sessions), ahead=True)  # as `live` does

    def puppet() -> Puppet:
        return Puppet(models, options.puppet())

    photo = make_photo(puppet().make_identity, picture, str(photo_path))
    tell = on_run or (lambda _: None)
    tell("overlapped")
    runs = [asyncio.run(measure_load(puppet, photo, clip, 1, None, load, shares.in_flight))]
    for count in load.sessions:
        tell(f"{count} sessions")
        run = measure_load(puppet, photo, clip, count, load.rate, load, shares.in_flight)
        runs.append(asyncio.run(run))
    return [{**run, "in_flight": shares.in_flight, "threads": threads} for run in runs]


async def measure_load(
    make_puppet: Callable[[], SessionPuppet],
    photo: Photo,
    clip: Sequence[Picture],
    count: int,
    rate: float | None,
    load: LoadOptions,
    in_flight: int | None = None,
    clock: Clock | None = None,
) -> dict[str, Any]:
    """One run.

    :param rate: of each session's camera; None for as fast as frames are taken.
    :return: ``sessions``, ``rate``; ``frames_per_s`` of all sessions together and ``slowest`` of
        the one that has the fewest; ``age_ms`` p50, p95, min at the sink, None of no frames;
        ``dropped`` frames of all, ``lost`` frames without a person, ``faults``; the latter two and
        ``dropped`` of the whole run, warming up included.
    """
    clock = clock or SystemClock()
    sinks = [AgeingSink(clock) for _ in range(count)]
    sessions = [
        LiveSession(
            make_puppet(),
            ClipCamera(clip, rate, clock),
            [sink],
            photos=[photo],
            clock=clock,
            in_flight=in_flight,
        )
        for sink in sinks
    ]
    running = [asyncio.ensure_future(session.run()) for session in sessions]
    try:
        await clock.sleep(load.warm_s)
        start_s = clock.now()
        for sink in sinks:
            sink.counting = True
        await clock.sleep(load.seconds)
        taken_s = clock.now() - start_s
        for sink in sinks:
            sink.counting = False
        stats = [session.stats() for session in sessions]
    finally:
        for session in sessions:
            session.stop()
        await asyncio.gather(*running)
    ages = sorted(age for sink in sinks for age in sink.ages_ms)
    shares = (("p50", 0.50), ("p95", 0.95), ("min", 0.0))
    return {
        "sessions": count,
        "rate": rate,
        "seconds": round(taken_s, 2),
        "frames_per_s": round(len(ages) / taken_s, 2),
        "slowest": round(min(len(sink.ages_ms) for sink in sinks) / taken_s, 2),
        "age_ms": {n: round(nearest_rank(ages, s), 2) for n, s in shares} if ages else None,
        "dropped": sum(sum(told.dropped.values()) for told in stats),
        "lost": sum(told.lost for told in stats),
        "faults": sum(sum(told.faults.values()) for told in stats),
    }
