from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.runtime.drivers.hands.photos import held

from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands.choosing import (
    HandChoice,
    is_turned_away,
    lost_for_now,
    share_anew,
)
from bunraku.runtime.drivers.hands.going_over import as_driver, photo_there
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
    shut = HandPose(np.eye(3), np.zeros((5, 4)), lost=True)
    assert lost_for_now((shut, None)) == (True, False)
    assert lost_for_now((replace(shut, lost=False), shut)) == (False, True)


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


def test_the_one_goes_over_into_the_other_and_is_near_it_when_that_is_chosen() -> None:
    choice = HandChoice()
    shares = [0.0] * 2 + [1.0] * 12 + [0.0] * 12
    chosen, ways = [], []
    for k, share in enumerate(shares):
        chosen.append(choice.at(k / 30.0).of(PHOTO, (share, 0.0))[0])
        ways.append(choice.ways(PHOTO)[0])
    assert ways[:2] == [0.0, 0.0]
    assert 0.0 < ways[2] < 0.2
    assert (max(ways), ways[-1]) == (1.0, 0.0)
    assert np.abs(np.diff(ways)).max() < 0.2
    back = len(chosen) - 1 - chosen[::-1].index(True)
    assert ways[back] < 0.45
    assert choice.ways(OTHER) == (1.0, 1.0)  # of one that was not chosen for nothing is withheld
    choice.of(OTHER, (1.0, 0.0))
    assert choice.ways(OTHER) == (1.0, 0.0)


def test_of_a_hand_that_is_turned_away_nothing_is_left_to_go_over_from() -> None:
    photo = held()
    away, aside = (
        replace(photo, palm=about(np.array([[0.0, 1.0, 0.0]]), np.deg2rad([deg]))[0] @ photo.palm)
        for deg in (80.0, 50.0)
    )
    assert is_turned_away(photo, away)
    assert not is_turned_away(photo, aside)
    assert not is_turned_away(photo, None)
    choice = HandChoice()
    choice.of(PHOTO, (0.0, 0.0))
    choice.at(1 / 30).of(PHOTO, (1.0, 1.0), away=(True, False))
    left, right = choice.ways(PHOTO)
    assert photo_there(left) == 0.0 < photo_there(right)
    assert as_driver(left) < 0.2


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
