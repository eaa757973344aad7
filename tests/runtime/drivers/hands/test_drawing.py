"""A person made by code whose hands are drawn anew, on the shipped template."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.drivers.body.people import silhouette
from tests.runtime.drivers.hands.people import SHAPES, TEMPLATE, points_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import fit_body
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.parting import Group
from bunraku.runtime.drivers.body.pen import HOST
from bunraku.runtime.drivers.body.rig import NO_HANDS, Rig
from bunraku.runtime.drivers.body.turning import about
from bunraku.runtime.drivers.hands import making, photo_hand
from bunraku.runtime.drivers.hands.choosing import HandChoice
from bunraku.runtime.drivers.hands.drawing import PhotoHands
from bunraku.runtime.drivers.hands.likeness import OwnLook
from bunraku.runtime.drivers.hands.making import make_hands
from bunraku.runtime.drivers.hands.region import HandPlace
from bunraku.runtime.drivers.hands.rigging import FINGER_BONES, HAND_BONES
from bunraku.runtime.drivers.hands.shape import HandPose, HandPoses
from bunraku.runtime.drivers.protocol import Drawn
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.region import Region
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import Bone

N = 256
SURE = np.ones(33, np.float32)
SCALE = 110.0
SKIN = np.array([205 / 255, 150 / 255, 120 / 255], np.float32)
RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
REST: HandPoses = (HandPose(SHAPES[0].palm, SHAPES[0].bends), None)
IN_VIEW = np.ones((N, N), np.bool_)
TIPS = [4, 8, 12, 16, 20]
FIST = np.deg2rad([[0, 10, 50, 60], *[[0, 80, 100, 60]] * 4])


def landmarks() -> Array:
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 118.0]) - points[[23, 24], :2].mean(0)
    return np.concatenate([points, np.ones((33, 1), np.float32)], 1).astype(np.float32)


@pytest.fixture(scope="module")
def source() -> Source:
    """A person in grey with bare head and hands."""
    points = landmarks()
    drawn = silhouette(points, (N, N), SCALE).astype(np.float32)
    mask = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.8), np.float32)
    person = np.full((N, N, 3), 110.0, np.float32)
    for place in (*points[[0, 15, 16, 17, 18], :2], points[[9, 10], :2].mean(0)):
        x, y = (int(v) for v in place)
        cv2.circle(person, (x, y), 16, tuple((SKIN * 255).tolist()), -1)
    wall = street((N, N)).astype(np.float32)
    photo = (wall + (person - wall) * mask[..., None]).round().astype(np.uint8)
    pose = Pose(points, points[:, :3] / SCALE, 0.99, mask)
    framing = Framing(Window.of_box(0, 0, N), False, Bone.TORSO)
    return Source(photo, pose, 1, framing, photo, mask, Later.of(Plate(photo)))


def made(source: Source, poses: HandPoses, view: Region = IN_VIEW) -> tuple[Body, PhotoHands]:
    fit = fit_body(TEMPLATE, RIG, landmarks(), source.mask, poses)
    assert fit is not None
    body = make_body(source, fit)
    return body, make_hands(body, RIG.at_rest.inverse, poses, (SHAPES[0], SHAPES[1]), view)


def turned(axis: tuple[float, float, float], degrees: float, lately: float = 1.0) -> HandPose:
    turn = about(np.array([axis]), np.deg2rad([degrees]))[0]
    return HandPose(turn @ SHAPES[0].palm, SHAPES[0].bends, lately, lately)


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


def test_nothing_of_a_hand_that_goes_is_left_at_its_border_with_other_limbs(
    source: Source,
) -> None:
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


def known(source: Source) -> tuple[HandPoses, HandPlace]:
    """The photo's left hand, and where it is."""
    placed = points_of(0) * SCALE
    placed += landmarks()[15, :3] - placed[0]
    place = HandPlace.of(placed.astype(np.float32), source.mask > 0.3, source.window)
    return (HandPose(SHAPES[0].palm, SHAPES[0].bends, place=place), None), place


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


def _shown(drawn: Drawn) -> Array:
    return np.asarray(drawn.image[0] * drawn.mask[0])


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


def test_of_a_hand_that_the_photo_does_not_show_nothing_is_cut(source: Source) -> None:
    body, _ = made(source, NO_HANDS)
    view = IN_VIEW.copy()
    view[:, int(landmarks()[15, 0]) :] = False
    members = body.photo.members.copy()
    members[[Group.HAND_L, Group.FOREARM_L]] = 0.0
    body = replace(body, photo=replace(body.photo, members=members))
    hands = make_hands(body, RIG.at_rest.inverse, NO_HANDS, (SHAPES[0], SHAPES[1]), view)
    assert hands.hands[0].cut is None
