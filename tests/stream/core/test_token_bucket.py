from __future__ import annotations

from bunraku.stream.core.token_bucket import TokenBucket


def test_what_is_taken_comes_back_with_time() -> None:
    bucket = TokenBucket(100, 10)
    assert [bucket.take(7, 1.0), bucket.take(7, 1.0), bucket.take(7, 1.0)] == [7, 3, 0]
    assert bucket.take(7, 1.05) == 5
    assert bucket.take(100, 60.0) == 10


def test_parts_of_one_are_kept() -> None:
    bucket = TokenBucket(30, 2)
    given = [bucket.take(1, frame / 60) for frame in range(62)]  # twice the rate, for a second
    assert given[:4] == [1, 1, 1, 0]
    assert sum(given) == 32
