"""Long hair hangs on the head and the chest, a head that turns takes its throat along and has a
back."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.runtime.drivers.body.people import silhouette, with_arm_raised
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.bound import Bound, bind_photo
from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit, fit_body
from bunraku.runtime.drivers.body.groups import ARMS, Group
from bunraku.runtime.drivers.body.head import Head
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.parts import HAIR
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.drivers.body.template import load_template
from bunraku.runtime.later import Later
from bunraku.runtime.pose import Pose
from bunraku.runtime.source.framing import Framing
from bunraku.runtime.source.plate import Plate
from bunraku.runtime.source.source import Source
from bunraku.runtime.source.window import Window
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import Bone
from bunraku.spec.skeleton import BodyBone

N = 256
SCALE = 240.0
TEMPLATE = load_template()
RIG = Rig(TEMPLATE.landmarks)
SURE = np.ones(33, np.float32)
SHIRT, SKIN, BROWN, TANNED = (40, 70, 160), (225, 170, 140), (90, 50, 30), (125, 75, 45)


def _person() -> Array:
    points = TEMPLATE.landmarks * SCALE
    points[:, :2] += np.array([128.0, 215.0]) - points[[23, 24], :2].mean(0)
    return np.concatenate([points, np.ones((33, 1))], 1).astype(np.float32)


PERSON = _person()
FACE = PERSON[0, :2].round().astype(int)
EAR = PERSON[7, :2].round().astype(int)
SHOULDER, ELBOW = PERSON[11, :2].round().astype(int), PERSON[13, :2].round().astype(int)
TIP = (SHOULDER + 0.45 * (ELBOW - SHOULDER)).round().astype(int)
LOCK_PX = 15


def painted(
    hair: tuple[int, int, int], shirt: tuple[int, int, int], *, short: bool = False
) -> tuple[Source, Picture]:
    """A photo of someone with a lock over the left shoulder and arm, and where it is, in 0 or 1.

    :param short: without the lock, and hair down to the brows alone.
    """
    outline = silhouette(PERSON, (N, N), SCALE)
    locks = np.zeros((N, N), np.uint8)
    width = int(1.5 * abs(int(EAR[0]) - int(FACE[0])))
    cv2.ellipse(locks, (int(FACE[0]), int(FACE[1]) - 8), (width, 32), 0, 0, 360, 1, -1)
    for start, end in ((EAR, SHOULDER), (SHOULDER, TIP)):
        cv2.line(locks, start.tolist(), end.tolist(), 1, LOCK_PX)
    if short:
        outline |= locks
        locks[int(FACE[1]) - 8 :] = 0
    face = np.zeros((N, N), np.uint8)
    cv2.ellipse(face, (int(FACE[0]), int(FACE[1]) + 2), (width - 9, 26), 0, 0, 360, 1, -1)
    outline |= locks | face
    locks[face > 0] = 0
    rows = np.arange(N)[:, None, None]
    photo = np.where(outline[..., None] > 0, np.where(rows < SHOULDER[1] - 12, SKIN, shirt), 200)
    photo = np.where(locks[..., None] > 0, hair, photo)
    grain = np.random.default_rng(3).normal(0.0, 4.0, (N, N, 3))
    photo = np.clip(photo + grain * (outline[..., None] > 0), 0, 255).astype(np.uint8)
    mask = outline.astype(np.float32)
    pose = Pose(PERSON, PERSON[:, :3] / SCALE, 0.99, mask)
    framing = Framing(Window.of_box(0, 0, N), True, Bone.TORSO)
    return Source(photo, pose, 1, framing, photo, mask, Later.of(Plate(street((N, N))))), locks


def fitted(source: Source) -> Fit:
    fit = fit_body(TEMPLATE, RIG, source.pose.landmarks, source.mask)
    assert fit is not None
    return fit


LONG, LOCKS = painted(BROWN, SHIRT)
INNER: NDArray[np.bool_] = cv2.erode(LOCKS, np.ones((3, 3), np.uint8)) > 0


@pytest.fixture(scope="module")
def fit() -> Fit:
    return fitted(LONG)


@pytest.fixture(scope="module")
def bound(fit: Fit) -> Bound:
    return bind_photo(fit, LONG.window)


@pytest.fixture(scope="module")
def body(fit: Fit) -> Body:
    return make_body(LONG, fit)


def turned(angle_deg: float) -> Array:
    """The person with a head turned about its middle, to the person's left."""
    result = PERSON.copy()
    angle = np.deg2rad(angle_deg)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    middle = PERSON[[7, 8]].mean(0)[[0, 2]]
    result[:11][:, [0, 2]] = (PERSON[:11][:, [0, 2]] - middle) @ turn.T + middle
    return result


def brown(picture: Array) -> NDArray[np.bool_]:
    """``[n, n]``: what is nearest to the hair's colour."""
    apart = [np.abs(picture - np.array(c) / 255.0).sum(-1) for c in (BROWN, SKIN, SHIRT)]
    return np.asarray(np.argmin(apart, 0) == 0)


def test_hair_is_found_down_to_its_tips(bound: Bound, fit: Fit) -> None:
    found = bound.hair & fit.inside
    assert (found & (LOCKS > 0)).sum() / (found | (LOCKS > 0)).sum() > 0.9


def test_hair_over_an_arm_hangs_on_head_and_chest(bound: Bound) -> None:
    whole = bound.whole
    arms = whole.weights[..., BodyBone.UPPER_ARM_L : BodyBone.HAND_R + 1].sum(-1)
    assert arms[INNER].max() < 1e-6
    assert (whole.part[INNER] == HAIR).mean() > 0.98
    assert not np.isin(whole.group[INNER], ARMS).any()
    (x, y), (x_tip, y_tip) = EAR, TIP
    assert whole.weights[y - 10, x, BodyBone.HEAD] > 0.95
    assert whole.weights[y_tip, x_tip, BodyBone.CHEST] > 0.7
    middle = whole.weights[int(0.5 * (y + SHOULDER[1])), int(0.5 * (x + SHOULDER[0]))]
    assert 0.2 < middle[BodyBone.HEAD] < 0.95


def test_hair_stays_when_the_arm_below_it_is_raised(body: Body, fit: Fit) -> None:
    raised = with_arm_raised(PERSON, 50.0)
    drawn = body.draw(RIG.transforms(fit.stance, raised, SURE), SURE)
    shown = brown(drawn.image[0].transpose(1, 2, 0)) & (drawn.mask[0, 0] > 0.9)
    assert shown[INNER].mean() > 0.97


@pytest.mark.parametrize(
    ("hair", "shirt"), [(SKIN, SHIRT), (BROWN, BROWN)], ids=["bald", "in hair's colour"]
)
def test_what_cannot_be_told_from_hair_stays_what_it_is(
    hair: tuple[int, int, int], shirt: tuple[int, int, int]
) -> None:
    source, _ = painted(hair, shirt)
    fit = fitted(source)
    found = bind_photo(fit, source.window)
    below = Head.of(fit).below_shoulders > 0.0
    assert not (found.hair & below).any()
    x, y = TIP
    assert found.whole.group[y, x] == Group.UPPER_ARM_L


@pytest.mark.parametrize(("ends", "brown_to"), [(0.25, 1.0), (0.42, 0.33)])
def test_clothes_that_the_photo_cuts_off_above_the_chest_are_no_hair(
    ends: float, brown_to: float
) -> None:
    """Where it shows a row or two of the chest, these may be hands, or a print."""
    source, _ = painted(BROWN, BROWN)
    end, other = (int(SHOULDER[1] + s * (215 - SHOULDER[1])) for s in (ends, brown_to))
    mask, view = source.mask.copy(), np.ones((N, N), np.bool_)
    source.window[other:end] = SHIRT
    mask[end:], view[end:] = 0.0, False
    fit = fit_body(TEMPLATE, RIG, PERSON, mask, view=view)
    assert fit is not None
    found = bind_photo(fit, source.window)
    below = Head.of(fit).below_shoulders > 0.0
    assert (fit.inside & below).sum() > 1000
    assert not (found.hair & below).any()


def test_raised_sleeves_of_hair_s_colour_are_no_hair() -> None:
    source, locks = painted(BROWN, BROWN)
    raised = with_arm_raised(PERSON, 150.0)
    outline = silhouette(raised, (N, N), SCALE) > 0
    sleeve = outline & (locks == 0) & (np.arange(N)[None] > SHOULDER[0] - 6)
    window = source.window.copy()
    window[sleeve] = BROWN
    mask = np.maximum(source.mask, outline.astype(np.float32))
    fit = fit_body(TEMPLATE, RIG, raised, mask)
    assert fit is not None
    found = bind_photo(fit, window)
    for share in (0.4, 0.7):
        x, y = (raised[11, :2] + share * (raised[13, :2] - raised[11, :2])).round().astype(int)
        assert y < SHOULDER[1] - 10
        assert found.whole.group[y, x] == Group.UPPER_ARM_L
    x, y = FACE
    assert found.hair[y - 25, x]


def test_what_stands_dark_beside_a_head_is_no_hair_of_it() -> None:
    source, _ = painted(BROWN, SHIRT, short=True)
    beside = np.zeros((N, N), np.bool_)
    x, y = FACE
    beside[y - 6 : int(SHOULDER[1]), x - 62 : x - 42] = True
    window = np.where(beside[..., None], np.array(BROWN, np.uint8), source.window)
    mask = np.maximum(source.mask, beside.astype(np.float32))
    fit = fit_body(TEMPLATE, RIG, PERSON, mask)
    assert fit is not None
    hair = bind_photo(fit, window).hair
    assert hair[y - 25, x]
    assert not hair[y - 6 : y + 6, x - 62 : x - 42].any()


def test_who_looks_away_has_no_hair_that_is_told_by_the_face(fit: Fit) -> None:
    frames = fit.stance.frames.copy()
    frames[BodyBone.HEAD, :3, [0, 2]] *= -1.0
    away = replace(fit, stance=replace(fit.stance, frames=frames))
    found = bind_photo(away, LONG.window)
    assert not found.hair.any()
    assert found.skull is None


def test_the_throat_goes_along_with_the_head_by_degrees(bound: Bound, fit: Fit) -> None:
    x, y = FACE
    share = bound.whole.weights[y : int(SHOULDER[1]) + 30, x, BodyBone.HEAD]
    assert share[0] > 0.99
    assert share[-1] < 0.01
    assert np.diff(share).max() < 1e-3
    assert -np.diff(share).min() < 0.12


def test_a_head_that_turns_shows_hair_at_its_back(body: Body, fit: Fit) -> None:
    drawn = body.draw(RIG.transforms(fit.stance, turned(40.0), SURE), SURE)
    row = int(FACE[1]) - 12
    wide = float(drawn.mask[0, 0, row].sum())
    assert wide > 0.74 * LONG.mask[row].sum()
    assert brown(drawn.image[0].transpose(1, 2, 0))[row].sum() > 0.4 * wide


def test_the_photo_as_it_is_stays_as_it_is(body: Body, fit: Fit) -> None:
    drawn = body.draw(RIG.transforms(fit.stance, PERSON, SURE), SURE)
    inside = LONG.mask > 0.5
    away = np.abs(drawn.image[0].transpose(1, 2, 0) - LONG.window / np.float32(255.0))
    assert away[inside].mean() < 0.003
    assert (drawn.mask[0, 0] > 0.9)[INNER].all()


def test_a_bare_arm_that_is_much_like_hair_is_none() -> None:
    source, locks = painted(BROWN, SHIRT)
    arm = np.zeros((N, N), np.uint8)
    wrist = PERSON[15, :2].round().astype(int)
    for start, end in ((SHOULDER, ELBOW), (ELBOW, wrist)):
        cv2.line(arm, start.tolist(), end.tolist(), 1, 28)
    bare = (arm > 0) & (locks == 0) & (source.mask > 0.5)
    photo = source.photo.copy()
    photo[bare] = np.clip(photo[bare].astype(int) - SHIRT + np.array(TANNED), 0, 255)
    source = replace(source, photo=photo, window=photo)
    fit = fitted(source)
    hair = bind_photo(fit, source.window).hair
    below = bare & (np.arange(N)[:, None] > TIP[1] + LOCK_PX)
    assert hair[below].mean() < 0.02
    assert hair[INNER].mean() > 0.9
