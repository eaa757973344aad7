"""Looks at half a person that take it for a whole one."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.pose.doubts import Doubts
from bunraku.runtime.pose.landmarks import Landmarks
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.landmarks import HEAD, HIPS, LANDMARKS, SHOULDERS

WIDTH = 640
STEP_S = 1 / 30


def look(wide: float = 1.0, x: float = 320.0, head: float = 50.0) -> Landmarks:
    """A person whose shoulders and hips are that many times as far apart as from the front, and how
    low their head is.
    """
    points = np.zeros((39, 3))
    points[:, 0] = x
    points[list(HEAD), 1] = head
    points[SHOULDERS, :2] += [[60.0 * wide, 100.0], [-60.0 * wide, 100.0]]
    points[HIPS, :2] += [[30.0 * wide, 260.0], [-30.0 * wide, 260.0]]
    seen = np.ones(LANDMARKS), np.zeros((LANDMARKS, 3)), 0.95
    return Landmarks(points, *seen, None, Roi(x, 260.0, 400.0, 0.0))


def doubted(*looks: Landmarks | None, step_s: float = STEP_S) -> list[bool]:
    doubts, result = Doubts(), []
    for k, found in enumerate(looks):
        if found is None:
            doubts.lost()
        else:
            result.append(doubts(found, WIDTH, k * step_s))
    return result


def test_who_moves_turns_and_comes_near_is_believed() -> None:
    turning = [look(np.cos(0.25 * k), 320.0 + 40.0 * k) for k in range(6)]
    assert not any(doubted(*turning))


def test_a_strip_that_is_taken_for_a_person_is_not() -> None:
    assert doubted(look(), look(), look(0.2), None) == [False, False, True]


def test_left_and_right_that_change_places_are_left_to_who_keeps_the_body() -> None:
    assert not any(doubted(look(), look(-1.0), look(-1.0), look()))


def test_a_head_that_is_bent_down_where_the_frame_ends_is_not() -> None:
    assert doubted(look(), look(head=100.0), look()) == [False, True, False]


def test_one_look_between_others_is_left_out_alone() -> None:
    assert doubted(look(), look(0.2), look(), look()) == [False, True, False, False]


def test_what_the_next_look_sees_too_is_believed() -> None:
    assert doubted(look(), look(0.2), look(0.2), look(0.2)) == [False, True, False, False]


def test_frames_far_apart_show_people_in_any_pose() -> None:
    assert not any(doubted(look(), look(-1.0), look(), step_s=0.25))


def test_who_comes_in_at_the_side_is_believed_at_the_second_look() -> None:
    aside = look(0.2, x=620.0)
    assert doubted(look(), None, aside, look(x=600.0), look(x=580.0)) == [False, True, True, False]
    assert doubted(look(), None, look(x=200.0)) == [False, False]
    assert doubted(aside) == [False]  # there is nothing else to show yet
    assert doubted(None, aside) == [False]


def test_after_a_reset_any_look_is_believed() -> None:
    doubts = Doubts()
    doubts(look(), WIDTH, 0.0)
    doubts.reset()
    assert not doubts(look(0.2, x=620.0), WIDTH, STEP_S)
