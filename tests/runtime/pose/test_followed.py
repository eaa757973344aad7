"""Who is followed, while somebody else goes by before them."""

from __future__ import annotations

import numpy as np
from tests.runtime.pose.test_appearance import BLUE, RED, person

from bunraku.runtime.pose.followed import GONE_S, Followed
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


def test_a_doubted_look_does_not_say_how_large_who_is_lost_then_was() -> None:
    """The last strip of who leaves the frame is taken for a small person."""
    followed = Followed()
    later = watch(followed, 0.0, 100)
    frame, strip = seen(100)
    strip.points[34, 1] = strip.points[33, 1] - 60
    followed.saw(frame, strip, later, doubted=True)
    followed.lose()
    assert followed.is_awaited(later + STEP_S)
    assert followed.is_it(*seen(110), later + STEP_S)


def watch(followed: Followed, since_s: float, x: float, shirt: tuple[int, int, int] = RED) -> float:
    """Follow somebody for longer than it takes to know them; the time after that."""
    for k in range(45):
        followed.saw(*seen(x, shirt), since_s + k * STEP_S)
    return since_s + 45 * STEP_S


def leave(followed: Followed, time_s: float) -> float:
    """The time at which nobody waits for them any longer."""
    followed.lose()
    later = time_s + GONE_S + STEP_S
    assert not followed.is_awaited(later)
    return later


def test_who_takes_over_from_somebody_who_left_is_another_person() -> None:
    followed = Followed()
    later = leave(followed, watch(followed, 0.0, 100))
    followed.saw(*seen(110, BLUE), later)
    assert followed.number == 0  # may still be coming in
    later = watch(followed, later, 110, BLUE)
    assert followed.number == 1
    watch(followed, leave(followed, later), 110, BLUE)
    assert followed.number == 1


def test_who_is_elsewhere_or_larger_after_a_cut_is_another_person_at_once() -> None:
    for x, larger, other in ((110, 1.0, 0), (400, 1.0, 1), (100, 1.6, 1), (100, 0.6, 1)):
        followed = Followed()
        watch(followed, 0.0, 100)
        found = seen(x)[1]
        found.points[34, 1] = found.points[33, 1] - 120 * larger
        followed.cut_to(found)
        assert followed.number == other


def test_who_comes_back_is_the_same_person_whoever_was_there_for_a_moment() -> None:
    followed = Followed()
    later = leave(followed, watch(followed, 0.0, 100))
    followed.saw(*seen(110, BLUE), later)
    later = leave(followed, later)
    followed.saw(*seen(140, BLUE), later)  # at the frame's side all colours may be others
    watch(followed, later + STEP_S, 140)
    assert followed.number == 0


def test_nobody_is_compared_with_who_was_to_be_forgotten() -> None:
    followed = Followed()
    later = watch(followed, 0.0, 100)
    followed.forget()
    watch(followed, later, 100, BLUE)
    assert followed.number == 0


def test_a_look_that_is_doubted_for_long_is_the_persons() -> None:
    followed = Followed()
    followed.saw(*seen(100), 0.0)
    asked = [followed.is_hidden(*seen(100, BLUE), k * STEP_S) for k in range(1, 120)]
    assert asked[0]
    assert 5 < sum(asked) < 15  # five times a second, for two seconds
    assert not any(asked[70:])
