"""How fast the machine is at the moment: one whose neighbours come and go has its ups and downs."""

from __future__ import annotations

import time

from bunraku.runtime.engines.registry import EngineFactory
from bunraku.runtime.yardstick import yardstick_input, yardstick_model


class SpeedGauge:
    """Times a fixed piece of work in its thread's own CPU time.

    Waiting for a core does not count, so what it measures is how fast the cores and their memory
    are, not how busy this machine is with what is being measured.
    """

    def __init__(self) -> None:
        model, _gflop = yardstick_model()
        # One thread: the caller's, whose CPU time is taken.
        self._engine = EngineFactory(threads=1).make(model, "yardstick")
        self._feeds = {"x": yardstick_input()}
        self.take()  # the first run allocates

    def take(self) -> float:
        """Milliseconds that the work takes now."""
        start = time.thread_time()
        self._engine.run(self._feeds)
        return (time.thread_time() - start) * 1e3
