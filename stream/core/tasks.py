"""Ending asyncio work without leaving any of it behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Iterable
from typing import Any

from bunraku.stream.core.log_lines import one_line

log = logging.getLogger(__name__)

CLOSE_S = 5.0
"""How long a source, a stage or a sink may take to close before it is left behind."""


async def cancel(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel what is still going on and wait until all has ended; results are thrown away."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def close_quietly(name: str, closing: Awaitable[None]) -> None:
    """Wait for a part to close, but not for ever; what goes wrong is logged."""
    try:
        await asyncio.wait_for(closing, CLOSE_S)
    except TimeoutError:
        log.warning("%s did not close within %g seconds and is left behind", name, CLOSE_S)
    except Exception as error:  # noqa: BLE001 - the other parts must be closed all the same
        log.warning("%s did not close well: %s", name, one_line(error))


async def finish(work: Awaitable[None]) -> None:
    """Do it to the end, also when the present task is cancelled meanwhile; then that is raised."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            if task.cancelled():
                raise
            cancelled = error
    if cancelled is not None:
        raise cancelled
    task.result()
