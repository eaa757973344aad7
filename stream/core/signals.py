"""Signals as a request to a program that would run on."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, Self

EXIT_AT_ONCE = 130

HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""The terminal was closed, or the connection to it; None on Windows."""


def stop_signals() -> list[signal.Signals]:
    """Those that ask a program to end. A hangup that is ignored, as under ``nohup``, stays so."""
    asking = [signal.SIGINT, signal.SIGTERM]
    if HANGUP is not None and signal.getsignal(HANGUP) is not signal.SIG_IGN:
        asking.append(HANGUP)
    return asking


def interrupt() -> None:
    """As Ctrl-C does where nobody catches it."""
    raise KeyboardInterrupt


def exit_at_once() -> None:
    """Without waiting for threads; what recordings hold by then is on the disk."""
    os._exit(EXIT_AT_ONCE)


class StopRequest:
    """While entered, the first of ``stop_signals`` only makes it true; the second does not wait.

    A hangup is never the second: a terminal that is closed may send several. Outside the main
    thread, where signals cannot be caught, it never becomes true.

    :param on_asked: called once, in the main thread, at the first signal.
    :param on_second: called at the second one.
    """

    def __init__(
        self,
        on_asked: Callable[[], object] | None = None,
        *,
        on_second: Callable[[], object] = interrupt,
    ) -> None:
        self._on_asked = on_asked
        self._on_second = on_second
        self._previous: dict[signal.Signals, Any] = {}
        self._asked = False

    def __call__(self) -> bool:
        """Whether to stop."""
        return self._asked

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in stop_signals():
                self._previous[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if self._asked:
            if number != HANGUP:
                self._on_second()
            return
        self._asked = True
        if self._on_asked is not None:
            self._on_asked()


def ignore_in_child() -> None:
    """In a child process: what the terminal sends to all of them is for the parent alone, which
    then lets its children end in order.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if HANGUP is not None:
        signal.signal(HANGUP, signal.SIG_IGN)
