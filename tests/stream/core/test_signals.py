"""Signals: the first asks to stop, the second does not wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from bunraku.stream.core.signals import EXIT_AT_ONCE, StopRequest, stop_signals

ALL = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As in a terminal, whatever the tests are run under; put back afterwards."""
    before = {number: signal.getsignal(number) for number in ALL}
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def kill(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ALL)
def test_the_first_signal_asks(number: signal.Signals) -> None:
    asked: list[str] = []
    before = signal.getsignal(number)
    with StopRequest(lambda: asked.append("stop")) as stop:
        assert not stop()
        kill(number)
        assert stop()
        assert asked == ["stop"]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("first", ALL)
@pytest.mark.parametrize("second", [signal.SIGINT, signal.SIGTERM])
def test_the_second_does_not_wait(first: signal.Signals, second: signal.Signals) -> None:
    asked: list[str] = []
    with StopRequest(lambda: asked.append("stop")):
        kill(first)
        with pytest.raises(KeyboardInterrupt):
            kill(second)
    assert asked == ["stop"], "once"


@pytest.mark.parametrize("first", ALL)
def test_a_hangup_that_follows_is_no_impatience(first: signal.Signals) -> None:
    with StopRequest() as stop:
        for number in (first, signal.SIGHUP, signal.SIGHUP):
            kill(number)
        assert stop()


def test_an_ignored_hangup_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with StopRequest() as stop:
        kill(signal.SIGHUP)
        assert not stop()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert signal.SIGHUP not in stop_signals()


def test_the_second_may_end_the_process() -> None:
    code = (
        "import os, signal; from bunraku.stream.core.signals import StopRequest, exit_at_once\n"
        "with StopRequest(on_second=exit_at_once):\n"
        "    for _ in range(2): os.kill(os.getpid(), signal.SIGTERM)\n"
        "print('still here')"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (ended.returncode, ended.stdout) == (EXIT_AT_ONCE, b"")


def test_other_threads_are_left_alone() -> None:
    before = [signal.getsignal(number) for number in ALL]
    seen: list[object] = []

    def enter() -> None:
        with StopRequest() as stop:
            seen.extend([stop(), [signal.getsignal(number) for number in ALL]])

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [False, before]
