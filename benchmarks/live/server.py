"""The real server with an engine of the benchmark's choice, in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from benchmarks.live import clip, control
from benchmarks.live.loss import Loss, install
from benchmarks.live.stages import (
    EntryStage,
    Ledger,
    PassingStage,
    SleepingStage,
    StampStage,
    no_identity,
)
from PIL import Image

from bunraku.stream.core.clock import SystemClock
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.protocols import Stage
from bunraku.stream.server.app import make_app
from bunraku.stream.server.memory import keep_arenas_few
from bunraku.stream.server.options import Limits, ServerOptions
from bunraku.stream.server.rest import SERVICE
from bunraku.stream.server.streaming import Stages

GRACE_S = 3.0
"""How long photos outlive their page here, so that a run need not wait for them at its end."""


class Engine(StrEnum):
    """What turns frames into pictures."""

    PASSTHROUGH = "passthrough"
    SLEEP = "sleep"
    PUPPET = "puppet"
    FIRST = "first"
    """The puppet with the chain that Bunraku began with, see ``BenchOptions.at_first``."""


class LogCounter(logging.Handler):
    """Counts what a long run complained about, and keeps the first few lines."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings = self.errors = 0
        self.first: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Count a line."""
        if record.levelno >= logging.ERROR:
            self.errors += 1
        else:
            self.warnings += 1
        if len(self.first) < 20:
            self.first.append(f"{record.name}: {record.getMessage()}"[:300])


def parse() -> argparse.Namespace:
    """What the parent asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", type=Engine, required=True, choices=list(Engine))
    parser.add_argument("--takes-ms", type=float, default=30.0, help="what the sleeping one takes")
    parser.add_argument("--stamp", action="store_true", help="write into results what they show")
    parser.add_argument("--photos", type=int, default=1, help="how many every session is offered")
    parser.add_argument("--sessions", type=int, default=4, help="how many may stream at once")
    parser.add_argument("--loss", type=float, default=0.0, help="share of packets to lose")
    parser.add_argument("--seed", type=int, default=0, help="of that loss")
    return parser.parse_args()


def write_photos(folder: Path, count: int) -> tuple[Path, ...]:
    """The example photo, as it is and turned over, in turn."""
    photo = clip.read_photo()
    paths = []
    for number in range(1, count + 1):
        path = folder / f"photo-{number}.png"
        Image.fromarray(photo if number % 2 else photo[:, ::-1]).save(path)
        paths.append(path)
    return tuple(paths)


def build(asked: argparse.Namespace, photos: tuple[Path, ...], ledger: Ledger) -> web.Application:
    """The application; with the puppet, all networks are loaded first."""
    options = ServerOptions(
        port=0,
        photos=photos,
        size=(clip.SIDE_PX, clip.SIDE_PX),
        rate=float(clip.RATE),
        limits=Limits(
            sessions=asked.sessions, connections=512, grace_s=GRACE_S, offers_per_minute=600
        ),
    )
    if asked.engine in (Engine.PUPPET, Engine.FIRST):
        from bunraku.runtime.bench.options import BenchOptions
        from bunraku.runtime.plan import SERVER_SPARE, live_shares
        from bunraku.runtime.puppet import Puppet
        from bunraku.runtime.warming import warm_up
        from bunraku.stream.core.stages import puppet_stages

        chain = BenchOptions(threads=live_shares(spare=SERVER_SPARE).threads)
        if asked.engine is Engine.FIRST:
            chain = chain.at_first()
        models = chain.load(ahead=asked.engine is Engine.PUPPET)
        warm_up(models)  # as `bunraku serve` does

        def puppet(controls: Controls) -> list[Stage]:
            return puppet_stages(Puppet(models, chain.puppet()), controls, clock=SystemClock())

        return make_app(
            options,
            stages=partial(with_stamp, puppet, ledger),
            identify=Puppet(models).make_identity,
        )

    def plain(controls: Controls) -> list[Stage]:
        if asked.engine is Engine.PASSTHROUGH:
            return [PassingStage(controls)]
        return [SleepingStage(controls, asked.takes_ms / 1e3)]

    return make_app(
        options,
        stages=partial(with_stamp, plain, ledger) if asked.stamp else plain,
        identify=no_identity,
    )


def with_stamp(make: Stages, ledger: Ledger, controls: Controls) -> list[Stage]:
    """Those stages, between one that notes the chosen photo and one that stamps the result."""
    return [EntryStage(controls, ledger), *make(controls), StampStage(controls, ledger)]


async def main() -> None:
    """Serve on loopback until the parent goes."""
    asked = parse()
    keep_arenas_few()  # as `bunraku serve` does
    ledger, log = Ledger(), LogCounter()
    logging.getLogger().addHandler(log)
    logging.getLogger().addHandler(logging.StreamHandler())
    loss = Loss(asked.loss, asked.seed)
    if asked.loss:
        install(loss)
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        app = build(asked, write_photos(Path(folder), asked.photos), ledger)
        service = app[SERVICE]

        def told(_: dict[str, Any]) -> dict[str, Any]:
            return {
                "sessions": sum(1 for _session in service.sessions),
                "streaming": service.sessions.streaming,
                "switches": ledger.switches,
                "late": ledger.late,
                "packets_passed": loss.passed,
                "packets_lost": loss.lost,
                "log_warnings": log.warnings,
                "log_errors": log.errors,
                "log_first": log.first,
            }

        runner = web.AppRunner(app, shutdown_timeout=2)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            await control.answer(url, {"told": told})
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(main())
