"""Time as the live pipeline sees it, so that tests can bring a clock of their own."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """A monotonic clock, in seconds; frames carry its reading at their capture."""

    def now(self) -> float:
        """The present reading."""

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed; 0 or less only lets others run."""


class SystemClock:
    """The machine's monotonic clock."""

    def now(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
