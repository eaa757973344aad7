"""A hand that holds a card beyond the person's outline, or before grey clothes."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.runtime.drivers.hands.photos import POINTS, WINDOW, N, drawn_hand

from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.hands.held import (
    BESIDE,
    ENDS,
    beside_held,
    beyond,
    find_held,
    with_held,
)
from bunraku.runtime.drivers.hands.landmarks import KNUCKLES
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import HEAD, LEFT_SHOULDER, RIGHT_SHOULDER

Region = NDArray[np.bool_]
SIDE, AT = 360, 116
"""Of a window with the hand in its middle, and where the hand's own begins there."""
POSE = np.zeros((33, 3))
"""Its face is far away."""


def around(values: NDArray[np.bool_]) -> Region:
    return np.pad(values, AT)


def clothes() -> Picture:
    """Grey, with the noise of a camera."""
    made = np.full((SIDE, SIDE, 3), (96, 104, 118), np.uint8)
    return made + np.random.default_rng(3).integers(0, 6, (SIDE, SIDE, 1), dtype=np.uint8)


def card(px: int = 44) -> Region:
    """What the fingers lie on, and more of it beyond them."""
    x, y = POINTS[list(KNUCKLES), :2].mean(0).round().astype(int) + AT
    result = np.zeros((SIDE, SIDE), np.bool_)
    result[y - 2 * px : y - px // 3, x - px : x + px // 4] = True
    return result


def photo(thing: Region, colour: tuple[int, int, int] = (190, 40, 50)) -> Picture:
    """The hand before what it holds."""
    picture = clothes()
    picture[thing] = colour
    hand = around(drawn_hand())
    picture[hand] = np.pad(WINDOW, ((AT, AT), (AT, AT), (0, 0)))[hand]
    return picture


def place(picture: Picture, inside: Region) -> HandPlace:
    return HandPlace.of(POINTS + np.array([AT, AT, 0.0], np.float32), inside, picture)


def groups(hand: Region, rest: Group = Group.TRUNK) -> NDArray[np.int32]:
    return np.where(hand, Group.HAND_L, rest).astype(np.int32)


def test_a_card_beyond_the_outline_is_held_and_a_loose_outline_is_not() -> None:
    hand = around(drawn_hand())
    inside = hand | card()
    made = place(photo(card()), inside)
    found = beyond(made, np.ones_like(inside), inside)
    assert found is not None
    assert (found & card()).sum() > 0.9 * (card() & ~made.pixels).sum()
    assert not (found & ~inside).any()
    loose = cv2.dilate(hand.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert beyond(place(photo(card()), loose), np.ones_like(loose), loose) is None
    assert beyond(made, np.zeros_like(inside), inside) is None  # it is somebody else's


def test_what_goes_on_up_the_arm_is_not_held() -> None:
    sleeve = np.zeros((SIDE, SIDE), np.bool_)
    x, y = (POINTS[0, :2] + AT).astype(int)
    sleeve[y + 15 : y + 100, x - 15 : x + 15] = True
    inside = around(drawn_hand()) | sleeve
    assert beyond(place(photo(sleeve), inside), np.ones_like(inside), inside) is None


def test_a_card_before_the_clothes_is_held_as_a_whole() -> None:
    inside = np.ones((SIDE, SIDE), np.bool_)
    made = place(photo(card()), inside)
    held, other = find_held((made, None), inside, groups(made.pixels), photo(card()), POSE)
    assert other is None
    assert held is not None
    whole = card() & ~made.pixels
    assert (held & whole).sum() > 0.97 * whole.sum()
    assert (held & ~card()).sum() < 0.08 * whole.sum()


def test_a_hand_before_clothes_alone_holds_nothing_whatever_their_print() -> None:
    inside = np.ones((SIDE, SIDE), np.bool_)
    nothing = np.zeros_like(inside)
    stripes = np.broadcast_to(np.arange(SIDE)[:, None] // 12 % 3 == 0, inside.shape)
    trousers = np.broadcast_to(np.arange(SIDE)[:, None] > 160, inside.shape)
    for picture in (photo(nothing), photo(stripes), photo(trousers)):
        made = place(picture, inside)
        found = find_held((made, None), inside, groups(made.pixels), picture, POSE)
        assert found == (None, None)


def test_a_hand_at_the_face_does_not_hold_the_face() -> None:
    x, y = POINTS[list(KNUCKLES), :2].mean(0).round().astype(int) + AT
    face = np.zeros((SIDE, SIDE), np.uint8)
    cv2.circle(face, (int(x), int(y) - 30), 34, 1, -1)
    picture = photo(face > 0, (190, 140, 110))
    inside = np.ones((SIDE, SIDE), np.bool_)
    made = place(picture, inside)
    hands = groups(made.pixels)
    assert find_held((made, None), inside, hands, picture, POSE)[0] is not None  # a round thing
    pose = POSE.copy()
    angle = np.linspace(0.0, 2.0 * np.pi, len(HEAD), endpoint=False)
    pose[list(HEAD), :2] = np.stack([x + 24 * np.cos(angle), y - 30 + 24 * np.sin(angle)], 1)
    assert find_held((made, None), inside, hands, picture, pose)[0] is None


def test_a_hand_before_a_print_that_goes_on_elsewhere_does_not_hold_it() -> None:
    inside = np.ones((SIDE, SIDE), np.bool_)
    printed = card()
    rows, columns = (at.max() for at in np.nonzero(printed))
    printed[rows - 40 : rows, columns + 60 : columns + 90] = True
    picture = photo(printed)
    made = place(picture, inside)
    assert find_held((made, None), inside, groups(made.pixels), picture, POSE) == (None, None)


def test_a_hand_below_the_throat_does_not_hold_the_throat() -> None:
    inside = np.ones((SIDE, SIDE), np.bool_)
    rows, columns = np.nonzero(card())
    middle, top = columns.mean(), rows.min()
    pose, shoulders = POSE.copy(), [LEFT_SHOULDER, RIGHT_SHOULDER]
    angle = np.linspace(0.0, 2.0 * np.pi, len(HEAD), endpoint=False)
    face = np.stack([middle + 24 * np.cos(angle), top - 30 + 24 * np.sin(angle)], 1)
    pose[list(HEAD), :2] = face
    pose[shoulders, 0], pose[shoulders, 1] = (middle + 100, middle - 100), rows.max()
    picture = photo(card(), (190, 140, 110))
    made = place(picture, inside)
    assert find_held((made, None), inside, groups(made.pixels), picture, POSE)[0] is not None
    assert find_held((made, None), inside, groups(made.pixels), picture, pose) == (None, None)


def test_what_is_near_a_held_thing_may_be_of_it_too() -> None:
    inside = np.ones((SIDE, SIDE), np.bool_)
    made = place(photo(card()), inside)
    found = beside_held((made, None), (card(), None))
    assert found is not None
    column = card()[:, SIDE // 2 - 40].nonzero()[0][0]
    above = found[:column, SIDE // 2 - 40][::-1]
    apart = np.arange(1, len(above) + 1) / made.length
    assert (above[apart <= BESIDE] == 1.0).all()
    assert (above[apart >= ENDS] == 0.0).all()
    assert (np.diff(above) <= 0.0).all()
    assert not found[card()].any(), "the thing itself stays"
    assert beside_held((made, None), (None, None)) is None


def test_the_mask_gets_the_rest_of_what_is_held_and_no_wall() -> None:
    hand, whole = around(drawn_hand()), card()
    seen = whole.copy()
    seen[:, np.flatnonzero(whole.any(0))[-3:]] = False  # a network's outline
    body = np.zeros((SIDE, SIDE), np.bool_)
    body[:, :20] = True
    inside = hand | seen | body
    picture = photo(whole)
    own = groups(hand | seen, Group.NOBODY)
    made = place(picture, inside)
    mask = with_held((made, None), inside, own, picture, inside.astype(np.float32))
    assert (mask > 0.3)[whole].mean() > 0.98
    assert ((mask > 0.3) & ~inside & ~whole).sum() < 40
    same = with_held((made, None), inside & ~seen, own, picture, inside.astype(np.float32))
    assert np.array_equal(same, inside.astype(np.float32))
    alike = photo(np.zeros_like(whole))  # it cannot be told from the wall: little is added
    kept = with_held((made, None), inside, own, alike, inside.astype(np.float32))
    near = cv2.dilate(inside.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert not kept[~near].any()


def test_the_hand_is_in_the_middle() -> None:
    assert 2 * AT + N == SIDE
