"""Hands of the photo whose own points are known move their fingers, and go over into drawn ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import SURE, N
from tests.runtime.drivers.hands import drawn
from tests.runtime.drivers.hands.drawn import (
    FIST,
    IN_VIEW,
    RIG,
    TIPS,
    _shown,
    known,
    landmarks,
    made,
)
from tests.runtime.drivers.hands.people import SHAPES

from bunraku.runtime.drivers.body.rig import NO_HANDS
from bunraku.runtime.drivers.hands import making
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.likeness import OwnLook
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.source.source import Source


@pytest.fixture(scope="module")
def source() -> Source:
    return drawn.source()


def test_a_hand_whose_pixels_are_known_moves_its_fingers(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "SMALLEST_PX", 0.0)
    photo, place = known(source)
    body, hands = made(source, photo)
    own = hands.hands[0].own
    assert own is not None
    still = RIG.transforms(body.fit.stance, landmarks(), SURE, photo)
    shown = source.mask > 0.9
    for poses in ((None, None), photo):  # as it is, not seen and seen
        drawn = hands.draw(body, still, SURE, poses, HandChoice())
        assert drawn.mask[0, 0][shown & place.flesh].mean() > 0.92
        assert drawn.mask[0, 0][shown & place.flesh].min() > 0.6
        told = drawn.image[0].transpose(1, 2, 0)[shown & place.flesh] * 255.0
        assert np.abs(told - source.window[shown & place.flesh]).mean() < 2.0
    bends = SHAPES[0].bends.copy()
    bends[1:, 1] += np.deg2rad(40.0)
    bent: HandPoses = (HandPose(SHAPES[0].palm, bends), None)
    assert hands.shares(bent) == (0.0, 0.0)
    moved = hands.draw(
        body, RIG.transforms(body.fit.stance, landmarks(), SURE, bent), SURE, bent, HandChoice()
    )
    assert np.abs(moved.flow[0][:, shown & place.flesh]).max() * N / 2 > 0.5
    x, y = place.points[0, :2].round().astype(int)
    assert abs(moved.flow[0, :, y, x]).max() * N / 2 < 0.5  # the wrist stays
    # What is in part another limb's leaves nothing of the hand behind.
    hand = hands.hands[0]
    mixed = PhotoHands((replace(hand, pixels=np.float32(0.7) * hand.hangs), hands.hands[1]))
    left = mixed.without(body, (True, False)).photo.picture[..., 3]
    assert left[hand.hangs >= 1.0].max() < 0.01
    assert left[(hand.hangs > 0.0) & (hand.hangs < 0.7)].max() > 0.9  # but for the wrist


def test_the_photos_hand_goes_over_into_the_bodys_without_a_jump(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "SMALLEST_PX", 0.0)
    photo, _ = known(source)
    body, hands = made(source, photo)
    open_hand: HandPoses = (HandPose(SHAPES[0].palm, SHAPES[0].bends), None)
    fist: HandPoses = (HandPose(SHAPES[0].palm, FIST), None)
    choice, film, fingers = HandChoice(), [], []
    for k, poses in enumerate([open_hand] * 2 + [fist] * 14):
        held = hands.on_the_way(poses, choice.at(k / 60.0))
        moved = RIG.transforms(body.fit.stance, landmarks(), SURE, held)
        film.append(_shown(hands.draw(body, moved, SURE, poses, choice)))
        assert held[0] is not None
        fingers.append(float(held[0].bends[1:, 1:].sum(1).mean()))
    apart = [np.abs(film[2] - film[k]).sum() for k in (1, 6)]  # the own, the body's as that is
    assert min(apart) > 0.3 * np.abs(film[1] - film[6]).sum()  # both are seen
    since = np.diff(np.rad2deg(fingers))
    assert np.all(since >= 0.0)
    assert since.max() < 0.3 * since.sum()
    assert fingers[-1] == pytest.approx(float(FIST[1:, 1:].sum(1).mean()))


def test_the_bodys_hand_takes_the_form_of_the_photos_own(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "SMALLEST_PX", 0.0)
    photo, place = known(source)
    assert photo[0] is not None
    apart = np.array([0.8, 1.4, 1.0], np.float32)  # a short and wide hand
    points = place.points[0] + apart * (place.points - place.points[0])
    wide = replace(photo[0], place=replace(place, points=points))
    body, hands = made(source, (wide, None))
    hand = hands.hands[0]
    still = RIG.transforms(body.fit.stance, landmarks(), SURE, (wide, None))
    far = np.linalg.norm(hand.vertices[:, None] - place.points[TIPS], axis=2)
    plain, formed = (hand.moved(still, as_own)[far.argmin(0)] for as_own in (0.0, 1.0))
    off = [np.abs(tips - points[TIPS])[:, :2].mean() for tips in (plain, formed)]
    assert off[1] < 0.5 * off[0]


def test_the_bodys_hand_looks_as_the_photos_own_before_it(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, place = known(source)
    plain = made(source, photo)[1].hands[0]  # too small to be moved finger by finger
    monkeypatch.setattr(making, "SMALLEST_PX", 0.0)
    lighter = np.clip(source.window * np.where(place.pixels[..., None], 1.15, 1.0), 0, 255)
    shown = replace(source, window=lighter.astype(np.uint8))
    hand = made(shown, photo)[1].hands[0]
    own = np.median(shown.window[place.flesh], axis=0) / 255.0
    assert np.ptp(plain.likeness.tones, axis=0) == pytest.approx(0.0)
    assert hand.likeness.own.min() == 0.0
    beyond = hand.likeness.own > 0.99
    assert hand.likeness.tones[beyond].mean(0) == pytest.approx(own, abs=0.03)
    still = np.tile(np.eye(3, 4, dtype=np.float32), (len(RIG.rest) + 64, 1, 1))
    wide = [float(np.ptp(one.moved(still)[:, 0])) for one in (plain, hand)]
    assert wide[1] / wide[0] == pytest.approx(hand.size.times, rel=0.2)


def test_the_hand_is_told_apart_by_its_points_and_not_by_the_fitted_one(source: Source) -> None:
    photo, place = known(source)
    hands = made(source, photo)[1]
    own = hands.hands[0].pixels > 0.5
    assert (own & place.pixels).sum() > 0.9 * place.pixels.sum()
    assert (own & ~place.pixels & (source.mask > 0.9)).sum() < 0.2 * place.pixels.sum()


def test_a_hand_that_the_photo_cuts_is_the_bodys_where_the_missing_part_would_be_seen(
    source: Source,
) -> None:
    view, knuckles = IN_VIEW.copy(), landmarks()[[17, 19], :2].mean(0)
    view[:, int(knuckles[0]) - 4 :] = False
    body, hands = made(source, NO_HANDS, view)
    aside, still = landmarks(), landmarks()
    aside[[13, 15, 17, 19, 21], 0] -= 30.0
    lost: HandPoses = (HandPose(SHAPES[0].palm, SHAPES[0].bends, 0.2, 0.2, lost=True), None)
    for poses, back in (NO_HANDS, False), (lost, True):  # one that is lost stays what it was
        choice, anew = HandChoice(), []
        for time_s, points in enumerate((still, aside, still)):
            moved = RIG.transforms(body.fit.stance, points, SURE, poses)
            drawn = hands.draw(body, moved, SURE, poses, choice.at(time_s))
            plain = body.draw(hands.folded(moved, (False, False)), SURE)
            anew.append(not np.array_equal(drawn.image, plain.image))
        assert anew == [False, True, back]
    assert hands.hands[1].cut is None
    assert made(source, NO_HANDS)[1].hands[0].cut is None


def test_a_smaller_hand_that_the_photo_cuts_is_the_photos_where_the_photo_has_it(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the other one tells how large hands are, it ends farther within the photo."""
    view, knuckles = IN_VIEW.copy(), landmarks()[[17, 19], :2].mean(0)
    view[:, int(knuckles[0]) - 1 :] = False
    of = OwnLook.of
    monkeypatch.setattr(OwnLook, "of", lambda *args: replace(of(*args), times=0.75))
    body, hands = made(source, NO_HANDS, view)
    assert hands.hands[0].cut is not None
    moved = RIG.transforms(body.fit.stance, landmarks(), SURE, NO_HANDS)
    assert hands.hands[0].missed(moved, 0.0) == 0.0
