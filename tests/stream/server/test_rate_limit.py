from __future__ import annotations

from tests.stream.fakes import FakeClock

from bunraku.stream.server.rate_limit import MOST_KEYS, ConcurrencyLimit, RateLimit, RateLimits


async def test_so_many_in_any_window() -> None:
    clock = FakeClock()
    limit = RateLimit(2, 10.0, clock)
    assert limit.take()
    await clock.advance(4.0)
    assert limit.take()
    assert not limit.take()
    assert limit.wait_s() == 6.0
    await clock.advance(6.0)
    assert limit.take()
    assert not limit.take()
    await clock.advance(10.0)
    assert [limit.take() for _ in range(3)] == [True, True, False]


async def test_more_than_the_most_may_be_counted() -> None:
    clock = FakeClock()
    limit = RateLimit(2, 10.0, clock)
    for _ in range(5):
        limit.count()
        await clock.advance(1.0)
    assert limit.wait_s() == 8.0  # the last two were 2 and 1 seconds ago


def test_keys_do_not_share_and_are_forgotten() -> None:
    clock = FakeClock()
    limits = RateLimits(1, 10.0, clock)
    assert limits.of("a").take()
    assert limits.wait_s("a") == 10.0
    assert limits.wait_s("b") == 0.0
    assert limits.of("b").take()
    for index in range(MOST_KEYS):
        limits.of(f"other {index}")
    assert limits.wait_s("a") == 0.0
    assert len(limits._limits) == MOST_KEYS


def test_so_many_at_once() -> None:
    limit = ConcurrencyLimit(3, 2)
    with limit.joined("a"), limit.joined("a"):
        assert not limit.admits("a")
        assert limit.admits("b")
        with limit.joined("b"):
            assert len(limit) == 3
            assert not limit.admits("c")
    assert len(limit) == 0
    assert limit.admits("a")
    assert not limit._inside  # addresses of nobody take no memory
