"""Ways to be told to stop: all end a training after its step, with its checkpoint written."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopAsked:
    """Whether somebody asked."""

    def __init__(self) -> None:
        self.asked = False

    def tell(self) -> None:
        """Raise KeyboardInterrupt if so, once everything is saved."""
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def stop_at_signals() -> Iterator[StopAsked]:
    """SIGINT, SIGTERM and SIGHUP ask to stop while this lasts; a second SIGINT stops at once."""
    asked = StopAsked()

    def ask(number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGINT and asked.asked:
            raise KeyboardInterrupt
        asked.asked = True

    numbers = [signal.SIGINT, signal.SIGTERM]
    hangup: signal.Signals | None = getattr(signal, "SIGHUP", None)  # Windows has none
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:  # as under nohup
        numbers.append(hangup)
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
