"""Who is followed, while somebody else goes by before them."""

from __future__ import annotations

import numpy as np
from tests.runtime.pose.test_appearance import BLUE, RED, person

from bunraku.runtime.pose.followed import Followed
from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LANDMARKS

STEP_S = 1 / 30


def seen(x: float, shirt: tuple[int, int, int] = RED) -> tuple[Picture, Landmarks]:
    frame, body = person(x, shirt)
    points = np.zeros((39, 3))
    points[:LANDMARKS] = body
    points[33:35, :2] = (x, 155), (x, 35)
    roi = Roi(x, 155, 300, 0)
    nothing = np.zeros((LANDMARKS, 3))
    return frame, Landmarks(points, np.ones(LANDMARKS), nothing, 0.95, None, roi)


def test_who_is_hidden_bit_by_bit_is_known_again_when_the_other_has_gone() -> None:
    """The crop goes over to the other, who is lost at the side of the frame."""
    followed, time_s = Followed(), 0.0
    for _ in range(60):
        followed.saw(*seen(100), time_s)
        time_s += STEP_S
    for k in range(45):
        frame, found = seen(100 + k)
        covered = round(100 + k - 30 + 60 * min(k / 30, 1.0))
        frame[:, 100 + k - 30 : covered] = BLUE
        followed.is_hidden(frame, found, time_s)
        followed.saw(frame, found, time_s)
        time_s += STEP_S
    followed.lose()
    assert followed.is_awaited(time_s)
    assert followed.is_it(*seen(100), time_s)
    assert not followed.is_it(*seen(100, BLUE), time_s)


def test_who_stands_where_somebody_was_lost_must_look_alike_and_be_as_large() -> None:
    followed = Followed()
    for k in range(60):
        followed.saw(*seen(100), k * STEP_S)
    followed.lose()
    now = 60 * STEP_S
    assert followed.is_it(*seen(110), now)
    assert not followed.is_it(*seen(110, BLUE), now)
    frame, found = seen(110)
    found.points[34, 1] = found.points[33, 1] - 300
    assert not followed.is_it(frame, found, now)


def test_a_look_that_is_doubted_for_long_is_the_persons() -> None:
    followed = Followed()
    followed.saw(*seen(100), 0.0)
    asked = [followed.is_hidden(*seen(100, BLUE), k * STEP_S) for k in range(1, 120)]
    assert asked[0]
    assert 5 < sum(asked) < 15  # five times a second, for two seconds
    assert not any(asked[70:])
