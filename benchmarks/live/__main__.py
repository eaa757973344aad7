"""Measure live sessions in a real Chromium, and write what came out as JSON.

live           delay and rate, page to page, beside stock aiortc
live-sessions  a hundred sessions, ten of them killed: what of them is left
live-start     from pressing start to the first animated frame, and from key to switched photo
live-soak      half an hour with lost packets, restarts, switches and changing sizes
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.live import cases, report, sessions, soak, start
from benchmarks.live.errors import BenchError
from benchmarks.live.measure import Say
from playwright.async_api import Error as PlaywrightError


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("live", "live-sessions", "live-start", "live-soak"):
        command = commands.add_parser(name)
        command.add_argument("--json", type=Path, required=True, help="file to write")
        command.add_argument("--quick", action="store_true", help="about a minute's worth")
        if name == "live":
            command.add_argument("--only", nargs="+", default=[], metavar="CASE", help="not all")
        if name == "live-soak":
            command.add_argument("--minutes", type=float, default=30.0, help="how long")
            command.add_argument("--loss", type=float, default=0.05, help="share of packets lost")
            command.add_argument("--seed", type=int, default=0, help="of all that is random")
    return parser.parse_args(arguments)


async def run(asked: argparse.Namespace, say: Say) -> dict[str, Any]:
    """What was asked for."""
    if asked.command == "live":
        return await cases.run(say, quick=asked.quick, only=asked.only)
    if asked.command == "live-sessions":
        return await sessions.run(say, quick=asked.quick)
    if asked.command == "live-start":
        return await start.run(say, quick=asked.quick)
    minutes = min(asked.minutes, 1.0) if asked.quick else asked.minutes
    return await soak.run(say, minutes=minutes, loss=asked.loss, seed=asked.seed)


async def _run(asked: argparse.Namespace, say: Say) -> dict[str, Any]:
    """The same, so that a SIGTERM too ends the children in order."""
    task = asyncio.ensure_future(run(asked, say))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def main() -> int:
    """Measure and write; 1 where something could not be measured."""
    asked = parse()
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:5.0f} s] {text}\n")

    try:
        report.check_target(asked.json)
        result = asyncio.run(_run(asked, say))
    except BenchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PlaywrightError as error:
        sys.stderr.write(f"The browser failed: {error.message}\n")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        return 130
    report.write(asked.json, result)
    say(f"Written to {asked.json}")
    return int(any("error" in part for part in result.values() if isinstance(part, dict)))


if __name__ == "__main__":
    sys.exit(main())
