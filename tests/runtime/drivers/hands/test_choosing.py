from __future__ import annotations

from bunraku.runtime.drivers.hands.choosing import HandChoice

PHOTO, OTHER = object(), object()


def test_one_hand_is_drawn_and_it_stays_until_the_other_is_surely_better() -> None:
    choice = HandChoice()
    shares = (0.0, 0.6, 0.99, 1.0, 0.99, 0.4, 0.01, 0.0, 0.4)
    anew = [choice.of(PHOTO, (share, 0.0))[0] for share in shares]
    assert anew == [False, False, False, True, True, True, True, False, False]


def test_each_hand_by_itself() -> None:
    choice = HandChoice()
    assert choice.of(PHOTO, (1.0, 0.0)) == (True, False)
    assert choice.of(PHOTO, (0.5, 1.0)) == (True, True)
    assert choice.of(PHOTO, (0.0, 0.5)) == (False, True)


def test_it_begins_with_the_nearer_one_of_each_photo_and_driver() -> None:
    choice = HandChoice()
    assert choice.of(PHOTO, (0.6, 0.4)) == (True, False)
    assert choice.of(OTHER, (0.4, 0.6)) == (False, True)
    choice.reset()
    assert choice.of(OTHER, (0.6, 0.4)) == (True, False)
