"""A push whose process hangs, as where no alarm can end it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from bunraku.stream.sinks import push_process
from bunraku.stream.sinks.push_child import Order
from bunraku.stream.sinks.push_process import PushLost, PushProcess

ORDER = Order("udp://127.0.0.1:9", "mpegts", {}, (2, 2), 25.0, 500, patience_s=0)
PLANES = np.zeros((3, 2), np.uint8)


class Hanging:
    """In place of a process: says nothing until it is ended."""

    def __init__(self, _: str) -> None:
        self._ended = threading.Event()

    def send(self, *parts: bytes | memoryview) -> None:
        pass

    def hear(self) -> bytes:
        assert self._ended.wait(20), "nobody lost patience"
        return b""

    def kill(self) -> None:
        self._ended.set()


class Answering(Hanging):
    """Answers at once, unless it was ended."""

    def hear(self) -> bytes:
        return b"" if self._ended.is_set() else b"{}\n"


@pytest.fixture(autouse=True)
def without_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows."""
    monkeypatch.setattr(push_process, "ALARMS", False)


def test_patience_with_a_process_that_hangs_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_process, "ChildProcess", Hanging)
    monkeypatch.setattr(push_process, "GRACE_S", 0.02)
    with pytest.raises(PushLost, match="it does not answer"):
        PushProcess(ORDER).send(PLANES, 0)


def test_a_process_that_answers_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push_process, "ChildProcess", Answering)
    push = PushProcess(ORDER)
    before = threading.active_count()
    for time_ms in range(3):
        push.send(PLANES, time_ms)
    timers = [t for t in threading.enumerate() if isinstance(t, threading.Timer)]
    for timer in timers:
        timer.join(20)
    assert threading.active_count() <= before
