from __future__ import annotations

from tests.stream.fakes import FakeClock

from bunraku.stream.sources.backlog import WINDOW_S, Backlog

INTERVAL_S = 0.04


async def _feed(
    clock: FakeClock, backlog: Backlog, *, seconds: float, waited_s: float, gop: int = 10**9
) -> list[bool]:
    """Packets for so long; each read waits so long, decoding takes the rest of the interval."""
    left_out = []
    for i in range(round(seconds / INTERVAL_S)):
        await clock.advance(INTERVAL_S)
        left_out.append(backlog.leaves_out(waited_s, key=i % gop == gop - 1))
    return left_out


async def test_a_reader_that_waits_for_data_leaves_nothing_out() -> None:
    clock = FakeClock()
    assert not any(await _feed(clock, Backlog(clock), seconds=20, waited_s=0.01))


async def test_a_burst_at_the_start_is_decoded() -> None:
    clock = FakeClock()
    backlog = Backlog(clock)
    assert not any(await _feed(clock, backlog, seconds=WINDOW_S * 0.8, waited_s=0.0))
    assert not any(await _feed(clock, backlog, seconds=10, waited_s=0.02))


async def test_a_reader_that_never_waits_leaves_out_what_waits_up_to_a_key_frame() -> None:
    clock = FakeClock()
    backlog = Backlog(clock)
    decoded = await _feed(clock, backlog, seconds=WINDOW_S + 1, waited_s=0.0)
    assert not any(decoded[: round(WINDOW_S / INTERVAL_S) - 1])
    assert all(decoded[round(WINDOW_S / INTERVAL_S) :])
    # A key frame with more behind it does not help.
    assert backlog.leaves_out(0.0, key=True)
    # The end of what waits is reached, but this picture needs those that were left out.
    assert backlog.leaves_out(0.03, key=False)
    assert backlog.leaves_out(0.03, key=False)
    assert not backlog.leaves_out(0.03, key=True)
    assert not backlog.leaves_out(0.0, key=False)


async def test_it_is_noticed_again_and_again() -> None:
    clock = FakeClock()
    backlog = Backlog(clock)
    for _ in range(3):
        assert any(await _feed(clock, backlog, seconds=WINDOW_S * 1.5, waited_s=0.0))
        assert not backlog.leaves_out(0.03, key=True)
