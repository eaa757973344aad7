"""Signals: the first asks to stop, the second does not wait."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from bunraku.stream.core.signals import EXIT_AT_ONCE, Stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_and_the_second_quits(number: signal.Signals) -> None:
    asked: list[str] = []
    codes: list[int] = []
    before = signal.getsignal(number)
    with Stopping(lambda: asked.append("stop"), quit_hard=codes.append) as stopping:
        assert not stopping.asked
        os.kill(os.getpid(), number)
        assert stopping.asked
        assert (asked, codes) == (["stop"], [])
        os.kill(os.getpid(), number)
        assert codes == [EXIT_AT_ONCE]
    assert signal.getsignal(number) is before


def test_outside_the_main_thread_it_does_nothing() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def enter() -> None:
        with Stopping(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [before]
