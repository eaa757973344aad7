from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.drivers.hands.going_over import (
    FADES,
    GOES_S,
    as_driver,
    body_there,
    further,
    photo_there,
)

WAYS = np.linspace(0.0, 1.0, 101).tolist()


def test_one_of_the_two_hands_is_there_wholly_and_both_only_while_they_are_held_alike() -> None:
    for way in WAYS:
        assert max(body_there(way), photo_there(way)) == 1.0
        assert photo_there(way) == 0.0 or as_driver(way) == 0.0 or way == pytest.approx(FADES)
    assert (body_there(0.0), photo_there(0.0), as_driver(0.0)) == (0.0, 1.0, 0.0)
    assert (body_there(1.0), photo_there(1.0), as_driver(1.0)) == (1.0, 0.0, 1.0)


@pytest.mark.parametrize("share", [body_there, photo_there, as_driver])
def test_nothing_of_it_jumps(share: object) -> None:
    assert callable(share)
    shares = [share(way) for way in WAYS]
    assert np.abs(np.diff(shares)).max() < 0.06


def test_it_takes_its_time_and_waits_near_the_photos_until_that_is_shown() -> None:
    way = 0.0
    for _ in range(10):
        way = further(way, GOES_S / 10, anew=True, needed=True)
    assert way == pytest.approx(1.0)
    for _ in range(10):
        way = further(way, GOES_S / 10, anew=True, needed=False)
    assert way == pytest.approx(FADES)
    for _ in range(4):
        way = further(way, GOES_S / 10, anew=False, needed=False)
    assert way == pytest.approx(0.0)
