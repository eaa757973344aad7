from __future__ import annotations

import signal

import pytest

from bunraku.training.stop import stop_at_signals


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_and_the_end_tells(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "SIG_IGN", None)  # the tests themselves may run under nohup
    before = signal.getsignal(number)
    with stop_at_signals() as asked:
        asked.tell()
        signal.raise_signal(number)
        assert asked.asked
        with pytest.raises(KeyboardInterrupt):
            asked.tell()
    assert signal.getsignal(number) is before


def test_a_second_interrupt_does_not_wait() -> None:
    with stop_at_signals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_under_nohup_a_hangup_is_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop_at_signals() as asked:
            signal.raise_signal(signal.SIGHUP)
            assert not asked.asked
    finally:
        signal.signal(signal.SIGHUP, before)
