"""The child's end of `child.py`: answers questions on standard output until its input closes."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import psutil
from benchmarks.live import memory

Answer = Callable[[dict[str, Any]], dict[str, Any]]


async def answer(url: str, answers: Mapping[str, Answer]) -> None:
    """Say where the server listens, then answer until the parent goes away."""
    loop = asyncio.get_running_loop()
    # The loop's own pool has its full size from the beginning, or its threads would look like
    # those of sessions that were never ended.
    full = min(32, (os.cpu_count() or 1) + 4)
    await asyncio.gather(*(loop.run_in_executor(None, time.sleep, 0.1) for _ in range(full)))
    _say({"url": url})
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        while line := await reader.readline():
            question = json.loads(line)
            _say({"vitals": vitals, **answers}[question["ask"]](question))
    finally:
        transport.close()


def vitals(_: dict[str, Any]) -> dict[str, Any]:
    """Threads, file descriptors, tasks and memory, once all that can be freed has been."""
    for _round in range(3):
        gc.collect()
    memory.trim()
    process = psutil.Process()
    return {
        "threads": process.num_threads(),
        "fds": process.num_fds(),
        "tasks": len(asyncio.all_tasks()),
        "objects": len(gc.get_objects()),
        "rss_mib": memory.resident_mib(),
        "allocated_mib": memory.allocated_mib(),
    }


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
