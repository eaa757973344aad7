from __future__ import annotations

import pytest

from bunraku.runtime.plan import SERVER_SPARE, live_shares
from bunraku.spec.cores import cores


@pytest.mark.parametrize(
    ("available", "expected"), [(1, (1, 1)), (2, (2, 1)), (3, (3, 1)), (8, (3, 2)), (64, (3, 21))]
)
def test_live_stages_share_the_cores(available: int, expected: tuple[int, int]) -> None:
    shares = live_shares(available)
    assert (shares.in_flight, shares.threads) == expected
    assert live_shares() == live_shares(cores())


@pytest.mark.parametrize(
    ("available", "expected"), [(1, (1, 1)), (2, (1, 1)), (3, (2, 1)), (4, (3, 1)), (8, (3, 2))]
)
def test_a_server_leaves_a_core_to_its_codecs(available: int, expected: tuple[int, int]) -> None:
    shares = live_shares(available, spare=SERVER_SPARE)
    assert (shares.in_flight, shares.threads) == expected
