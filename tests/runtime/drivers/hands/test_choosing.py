from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.runtime.drivers.hands.photos import held

from bunraku.runtime.drivers.hands.choosing import HandChoice, lost_for_now, share_anew
from bunraku.runtime.drivers.hands.shape import HandPose

PHOTO, OTHER = object(), object()


def test_one_hand_is_drawn_and_it_stays_until_the_other_is_surely_better() -> None:
    choice = HandChoice()
    shares = (0.0, 0.6, 0.99, 1.0, 0.99, 0.4, 0.01, 0.0, 0.4)
    anew = [choice.at(k).of(PHOTO, (share, 0.0))[0] for k, share in enumerate(shares)]
    assert anew == [False, False, False, True, True, True, True, False, False]


def test_the_photo_s_hand_comes_back_when_it_has_been_the_better_one_for_a_moment() -> None:
    choice = HandChoice()
    shares = (0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    anew = [choice.at(k / 10.0).of(PHOTO, (share, 0.0))[0] for k, share in enumerate(shares)]
    assert anew == [False, True, True, True, True, True, False, False, False]
    assert choice.at(0.0).of(PHOTO, (0.6, 0.0)) == (True, False)  # a step back in time forgets


def test_one_that_is_lost_for_a_moment_does_not_become_the_photo_s() -> None:
    choice = HandChoice()
    seen = [(0.0, False), (1.0, False), (0.0, True), (0.0, True), (1.0, False), (0.0, False)]
    anew = [choice.at(k).of(PHOTO, (s, 0.0), (lost, True)) for k, (s, lost) in enumerate(seen)]
    assert [left for left, _ in anew] == [False, True, True, True, True, False]
    assert not any(right for _, right in anew)  # it was the photo's
    shut = HandPose(np.eye(3), np.zeros((5, 4)), 0.2)
    assert lost_for_now((shut, None)) == (True, False)
    assert lost_for_now((replace(shut, belief=0.9), shut)) == (False, True)


def test_one_that_is_hardly_seen_changes_nothing() -> None:
    choice = HandChoice()
    seen = [(0.0, False), (1.0, True), (1.0, True), (1.0, False), (1.0, True)]
    anew = [choice.at(k).of(PHOTO, (s, 0.0), (lost, False))[0] for k, (s, lost) in enumerate(seen)]
    assert anew == [False, False, False, True, True]


def test_each_hand_by_itself() -> None:
    choice = HandChoice()
    assert choice.at(0).of(PHOTO, (1.0, 0.0)) == (True, False)
    assert choice.at(1).of(PHOTO, (0.5, 1.0)) == (True, True)
    assert choice.at(2).of(PHOTO, (0.0, 0.5)) == (False, True)


def test_it_begins_with_the_nearer_one_of_each_photo_and_driver() -> None:
    choice = HandChoice()
    assert choice.of(PHOTO, (0.6, 0.4)) == (True, False)
    assert choice.of(OTHER, (0.4, 0.6)) == (False, True)
    choice.reset()
    assert choice.of(OTHER, (0.6, 0.4)) == (True, False)


def test_one_finger_that_cannot_go_along_takes_the_photo_s_hand_away() -> None:
    photo = held()
    bends = photo.bends.copy()
    bends[1, 1] += np.deg2rad(30.0)
    assert share_anew(photo, replace(photo, bends=bends)) == 0.0
    bends[1, 2] += np.deg2rad(50.0)
    assert share_anew(photo, replace(photo, bends=bends)) == 1.0
    # Of a hand that is not moved finger by finger all count.
    unknown = replace(photo, place=None)
    assert share_anew(unknown, replace(unknown, bends=bends)) == 0.0
