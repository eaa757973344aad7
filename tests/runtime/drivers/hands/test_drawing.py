"""Hands are drawn where the photo's own would not do."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.photos import SURE, N
from tests.runtime.drivers.hands import drawn
from tests.runtime.drivers.hands.drawn import (
    FIST,
    IN_VIEW,
    REST,
    RIG,
    SKIN,
    known,
    landmarks,
    made,
    turned,
)
from tests.runtime.drivers.hands.people import SHAPES

from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.pen import HOST
from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands import photo_hand
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array


@pytest.fixture(scope="module")
def source() -> Source:
    return drawn.source()


def test_a_hand_held_as_the_photos_is_the_photos(source: Source) -> None:
    body, hands = made(source, REST)
    assert hands.shares(REST) == (0.0, 0.0)
    assert hands.shares((turned((0.0, 0.0, 1.0), 90.0), None)) == (0.0, 0.0)
    assert hands.shares(NO_HANDS) == (0.0, 0.0)
    transforms = RIG.transforms(body.fit.stance, landmarks(), SURE, REST)
    drawn = hands.draw(body, transforms, SURE, REST, HandChoice())
    plain = body.draw(transforms, SURE)
    assert np.array_equal(drawn.image, plain.image)
    assert np.array_equal(drawn.mask, plain.mask)


def test_behind_the_photos_hand_no_finger_moves_by_itself(source: Source) -> None:
    body, hands = made(source, REST)
    bent: HandPoses = (HandPose(SHAPES[0].palm, SHAPES[0].bends + np.deg2rad(15.0)), None)
    assert hands.shares(bent) == (0.0, 0.0)
    transforms = RIG.transforms(body.fit.stance, landmarks(), SURE, bent)
    folded = hands.folded(transforms, (False, False))
    for bones, hand in zip(FINGER_BONES, HAND_BONES, strict=True):
        assert np.array_equal(
            folded[bones], np.broadcast_to(transforms[hand], (*bones.shape, 3, 4))
        )
    assert not np.array_equal(folded, transforms)
    drawn = hands.draw(body, transforms, SURE, bent, HandChoice())
    assert np.array_equal(drawn.image, body.draw(folded, SURE).image)


def test_the_photos_hand_stands_for_the_drivers_ever_less(source: Source) -> None:
    _, hands = made(source, REST)
    shares = [hands.shares((turned((0.0, 1.0, 0.0), d), None))[0] for d in range(0, 92, 2)]
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert np.diff(shares).min() >= 0.0
    assert np.diff(shares).max() < 0.5
    fist = HandPose(SHAPES[0].palm, FIST)
    assert hands.shares((fist, fist)) == (1.0, 1.0)  # of the right one the photo says nothing
    faded = HandPose(SHAPES[0].palm, FIST, 0.0, 0.2)
    assert hands.shares((faded, None))[0] == pytest.approx(0.4)


def test_a_body_without_hands_is_made_once(source: Source) -> None:
    body, hands = made(source, REST)
    whole = body.photo.picture[..., 3].copy()
    gone = hands.without(body, (True, False))
    assert hands.without(body, (True, False)) is gone
    assert hands.without(body, (True, True)) is not gone
    hand = hands.hands[0]
    kept = whole.copy()
    own = hand.pixels[hand.part]
    if hand.own is not None:
        own = np.clip(2.0 * own - 1.0, 0.0, 1.0)
    kept[hand.part] *= 1.0 - own
    assert (kept < whole).any()
    assert gone.photo.picture[..., 3] == pytest.approx(kept, abs=1e-6)
    assert np.array_equal(body.photo.picture[..., 3], whole)
    other, _ = made(source, REST)
    assert hands.without(other, (True, False)) is not gone


def test_what_lies_beside_a_hand_that_goes_keeps_its_own_outline(source: Source) -> None:
    """The grid's cells reach across the border."""
    body, hands = made(source, REST)
    own = hands.hands[0].pixels > 0.9
    beside = own & (np.indices((N, N))[0] > np.argwhere(own)[:, 0].mean())
    members = body.photo.members.copy()
    members[:, beside] = 0.0
    members[Group.LEG_L, beside] = 1.0
    body = replace(body, photo=replace(body.photo, members=members))
    hands = make_hands(body, RIG.at_rest.inverse, REST, (SHAPES[0], SHAPES[1]), IN_VIEW)
    kept = hands.without(body, (True, False)).photo.picture[..., 3]
    assert beside.any()
    assert (kept == body.photo.picture[..., 3])[beside].all()
    assert kept[own & ~beside].max() < 0.2


def test_nothing_of_a_hand_that_goes_is_left_at_its_border_with_other_limbs(source: Source) -> None:
    """Where half a pixel is another limb's the other half went along with the hand, as a thread."""
    body, hands = made(source, REST)
    hangs = hands.hands[0].hangs
    border = (hangs == 1.0) & (np.indices((N, N))[0] > np.argwhere(hangs == 1.0)[:, 0].mean())
    assert border.any()
    members = body.photo.members.copy()
    for group in (Group.HAND_L, Group.LEG_L):
        members[group][border] = 0.5
    body = replace(body, photo=replace(body.photo, members=members))
    own = members[Group.HAND_L]
    left = hands.without(body, (True, False)).photo.members
    assert left[Group.HAND_L][border].max() == 0.0
    kept = (own > 0.0) & (hangs == 0.0)  # at the wrist
    assert np.array_equal(left[Group.HAND_L][kept], own[kept])
    others = [group for group in range(len(left)) if group != Group.HAND_L]
    assert np.array_equal(left[others], members[others])


def test_a_hand_is_drawn_in_the_skins_colour_where_it_is_held(source: Source) -> None:
    body, hands = made(source, REST)
    raised = landmarks()
    raised[[15, 17, 19, 21], :2] += (30.0, -60.0)
    pose: HandPoses = (HandPose(SHAPES[0].palm, FIST), None)
    transforms = RIG.transforms(body.fit.stance, raised, SURE, pose)
    drawn = hands.draw(body, transforms, SURE, pose, HandChoice())
    x, y = raised[[15, 17, 19], :2].mean(0).round().astype(int)
    assert drawn.mask[0, 0, y, x] > 0.95
    assert drawn.trust[0, 0, y, x] < 0.05
    assert np.abs(drawn.image[0, :, y, x] - SKIN).max() < 0.2
    assert drawn.mask.min() >= 0.0
    assert drawn.mask.max() <= 1.0
    shown = drawn.mask[0, 0] > 0.5
    assert (drawn.image[0].min(0)[shown] > 0.02).all()  # no hole is left in it


def test_a_hand_is_as_bright_as_its_tone_whichever_way_it_lies(source: Source) -> None:
    body, hands = made(source, REST)
    raised = landmarks()
    raised[[15, 17, 19, 21], :2] += (30.0, -60.0)
    for pose in (turned((1.0, 0.0, 0.0), 70.0), turned((0.0, 1.0, 0.0), 100.0)):
        transforms = RIG.transforms(body.fit.stance, raised, SURE, (pose, None))
        drawn = hands.draw(body, transforms, SURE, (pose, None), HandChoice())
        own = (drawn.trust[0, 0] < 0.02) & (drawn.mask[0, 0] > 0.98)
        assert own.sum() > 30
        mean = drawn.image[0][:, own].mean(1)
        assert mean == pytest.approx(hands.hands[0].likeness.tones.mean(0), rel=0.06)


def test_hollows_of_a_hand_are_dark_and_not_its_outline(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What turns away from the camera lies behind its surroundings too."""
    body, hands = made(source, REST)
    hand = replace(hands.hands[0], length_px=4.0 * hands.hands[0].length_px)

    def drawn(pose: HandPose, crease: float) -> tuple[Array, Array]:
        """How bright a hand four times as large is, and how much it covers."""
        monkeypatch.setattr(photo_hand, "CREASE", crease)
        transforms = 4.0 * RIG.transforms(body.fit.stance, landmarks(), SURE, (pose, None))
        transforms[..., 3] += 0.5 * N - hand.moved(transforms).mean(0)
        image, mask, trust, warped, flow = (
            np.zeros((1, channels, N, N), np.float32) for channels in (3, 1, 1, 5, 2)
        )
        onto = Drawn(image, mask, trust, warped, flow)
        picture = photo_hand.picture_of(hand, hand.moved(transforms), transforms, N, 1.0)
        assert picture is not None
        HOST.lay(onto, *picture)
        return image[0].mean(0), mask[0, 0]

    def left(pose: HandPose) -> Array:
        """What hollows leave of the light along the outline."""
        (dark, cover), (bright, _) = (drawn(pose, crease) for crease in (0.35, 0.0))
        own = (cover > 0.98).astype(np.uint8)
        rim = (own > 0) & (cv2.erode(own, np.ones((5, 5), np.uint8)) == 0)
        return np.asarray((dark / np.maximum(bright, 1e-6))[rim])

    assert left(turned((1.0, 0.0, 0.0), 160.0)).mean() > 0.97
    assert np.quantile(left(turned((0.0, 1.0, 0.0), 20.0)), 0.05) < 0.9  # between its fingers


def test_a_hand_lies_on_the_trunk_though_the_pose_puts_it_behind(source: Source) -> None:
    body, hands = made(source, REST)
    crossed = landmarks()
    to = crossed[[11, 12, 23, 24], :3].mean(0) + np.array([0.0, 0.0, 15.0], np.float32)
    crossed[[15, 17, 19, 21], :3] += to - crossed[[15, 17, 19], :3].mean(0)
    pose: HandPoses = (HandPose(SHAPES[0].palm, FIST), None)
    drawn = hands.draw(
        body, RIG.transforms(body.fit.stance, crossed, SURE, pose), SURE, pose, HandChoice()
    )
    x, y = crossed[[15, 17, 19], :2].mean(0).round().astype(int)
    red, _, blue = drawn.image[0, :, y, x]
    assert red - blue > 0.15  # skin, and not the grey of the clothes


def test_hands_out_of_the_window_do_no_harm(source: Source) -> None:
    body, hands = made(source, REST)
    away = landmarks()
    away[[13, 15, 17, 19, 21], :2] += 2000.0
    pose: HandPoses = (HandPose(SHAPES[0].palm, FIST), None)
    drawn = hands.draw(
        body, RIG.transforms(body.fit.stance, away, SURE, pose), SURE, pose, HandChoice()
    )
    assert np.isfinite(drawn.image).all()


def test_a_small_hand_is_moved_as_it_is_or_drawn_anew(source: Source) -> None:
    photo, _ = known(source)
    body, hands = made(source, photo)
    assert hands.hands[0].small
    bends = SHAPES[0].bends.copy()
    bends[1:, 1] += np.deg2rad(12.0)
    bent: HandPoses = (HandPose(SHAPES[0].palm, bends), None)
    assert hands.shares(bent) == (0.0, 0.0)
    transforms = RIG.transforms(body.fit.stance, landmarks(), SURE, bent)
    drawn = hands.draw(body, transforms, SURE, bent, HandChoice())
    plain = body.draw(hands.folded(transforms, (False, False)), SURE)
    assert np.array_equal(drawn.image, plain.image)  # in the photo's own mesh
    bends[1:, 1] += np.deg2rad(28.0)
    assert hands.shares((HandPose(SHAPES[0].palm, bends), None)) == (1.0, 0.0)
    assert hands.shares((turned((0.0, 1.0, 0.0), 35.0), None)) == (1.0, 0.0)


def test_a_small_hand_of_which_the_drivers_is_not_seen_does_not_flicker(source: Source) -> None:
    photo, _ = known(source)
    body, hands = made(source, photo)
    still, choice, anew = (
        RIG.transforms(body.fit.stance, landmarks(), SURE, photo),
        HandChoice(),
        [],
    )
    for time_s, degrees in enumerate((38.0, 41.0, 38.0, 50.0, 41.0, 38.0)):
        moved, bone = still.copy(), HAND_BONES[0]
        moved[bone, :, :3] = (
            about(np.array([(0.0, 1.0, 0.0)]), np.deg2rad([degrees]))[0] @ moved[bone, :, :3]
        )
        drawn = hands.draw(body, moved, SURE, NO_HANDS, choice.at(time_s))
        plain = body.draw(hands.folded(moved, (False, False)), SURE)
        anew.append(not np.array_equal(drawn.image, plain.image))
    assert anew == [False, False, False, True, True, False]


def test_of_a_hand_that_the_photo_does_not_show_nothing_is_cut(source: Source) -> None:
    body, _ = made(source, NO_HANDS)
    view = IN_VIEW.copy()
    view[:, int(landmarks()[15, 0]) :] = False
    members = body.photo.members.copy()
    members[[Group.HAND_L, Group.FOREARM_L]] = 0.0
    body = replace(body, photo=replace(body.photo, members=members))
    hands = make_hands(body, RIG.at_rest.inverse, NO_HANDS, (SHAPES[0], SHAPES[1]), view)
    assert hands.hands[0].cut is None
