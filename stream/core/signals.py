"""Ctrl-C as a request to a program that runs until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

EXIT_AT_ONCE = 130


class Stopping:
    """While entered, the first SIGINT or SIGTERM calls ``stop``, in the main thread; the second
    ends the process at once. Outside the main thread, where signals cannot be caught, does nothing.

    :param quit_hard: takes the exit code; what recordings hold by then is on the disk.
    """

    def __init__(
        self, stop: Callable[[], object], *, quit_hard: Callable[[int], Any] = os._exit
    ) -> None:
        self._stop = stop
        self._quit_hard = quit_hard
        self._previous: dict[signal.Signals, Any] = {}
        self.asked = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            self._quit_hard(EXIT_AT_ONCE)
        self.asked = True
        self._stop()
