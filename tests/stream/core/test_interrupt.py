from __future__ import annotations

import os
import signal
import threading

import pytest

from bunraku.stream.core.interrupt import StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_first_signal_asks_second_one_ends(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop()
        os.kill(os.getpid(), number)
        assert stop()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_other_threads_are_left_alone() -> None:
    seen: list[bool] = []

    def enter() -> None:
        with StopRequest() as stop:
            seen.append(stop())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [False]
