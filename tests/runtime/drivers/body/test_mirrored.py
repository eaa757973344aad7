"""An arm that the photo hides comes out as the other one looks in a mirror."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import (
    OUTLINE,
    PERSON,
    SCALE,
    SURE,
    TEMPLATE,
    N,
    fitted_to,
    posed,
    source_of,
)

from bunraku.runtime.drivers.body.drawing import Body
from bunraku.runtime.drivers.body.fit import Fit
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.regions import grown
from bunraku.runtime.drivers.body.rig import Rig
from bunraku.runtime.source.source import Source
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import (
    LEFT_ELBOW,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)
from bunraku.spec.skeleton import BodyBone
from bunraku.spec.surface import BACKGROUND

RIG = Rig(TEMPLATE.landmarks, TEMPLATE.fingers)
ARM = [RIGHT_ELBOW, RIGHT_WRIST, *RIGHT_HAND]
CUFF = (220, 40, 40)


def hiding() -> Array:
    """``[33, 4]``: the person, the right arm held behind the trunk."""
    result = PERSON.copy()
    shoulder = PERSON[RIGHT_SHOULDER, :3]
    mirrored = (PERSON[ARM, :3] - shoulder) * np.array([-0.6, 1.0, 1.0])
    result[ARM, :3] = shoulder + mirrored + np.array([0.0, 0.0, 0.15 * SCALE])
    result[ARM, 3] = 0.2
    return result


PHOTO = hiding()


@pytest.fixture(scope="module")
def source() -> Source:
    """The photo: without the right arm; the left forearm has a red band before the wrist."""
    y, x = np.mgrid[:N, :N]
    outline = OUTLINE * ((x > PERSON[RIGHT_SHOULDER, 0] - 8) | (y < PERSON[RIGHT_SHOULDER, 1]))
    window = np.where(outline[..., None] > 0, np.array([200, 170, 150]), 90).astype(np.uint8)
    elbow, wrist = PERSON[LEFT_ELBOW, 1], PERSON[LEFT_ELBOW + 2, 1]
    band = (y > elbow + 0.55 * (wrist - elbow)) & (y < elbow + 0.85 * (wrist - elbow))
    window[band & (x > PERSON[LEFT_ELBOW, 0] - 6) & (outline > 0)] = CUFF
    standing = source_of(window)
    pose = replace(standing.pose, landmarks=PHOTO)
    return replace(standing, window=window, mask=outline.astype(np.float32), pose=pose)


@pytest.fixture(scope="module")
def fit(source: Source) -> Fit:
    return fitted_to(PHOTO, source.mask, RIG)


@pytest.fixture(scope="module")
def body(source: Source, fit: Fit) -> Body:
    return make_body(source, fit)


def test_an_arm_that_the_photo_hides_stays_hidden_as_long_as_nothing_moves(
    source: Source, fit: Fit, body: Body
) -> None:
    assert fit.unseen == (BodyBone.FOREARM_R, BodyBone.HAND_R)
    assert [form.side for form in body.layer.free] == [1]
    assert body.layer.arms == ()
    drawn = body.draw(posed(fit, PHOTO, RIG), SURE)
    still = np.transpose(source.window / 255.0, (2, 0, 1))
    inside = source.mask > 0
    assert np.abs(drawn.image[0] - still)[:, inside].mean() < 0.01
    assert drawn.mask[0, 0][~grown(inside, 3)].max() < 0.01


def test_it_comes_out_with_the_other_one_s_colours_where_that_has_them(
    fit: Fit, body: Body
) -> None:
    drawn = body.draw(posed(fit, PERSON, RIG), SURE)
    elbow, wrist = PERSON[RIGHT_ELBOW, :2], PERSON[RIGHT_WRIST, :2]

    def colour(share: float) -> Array:
        x, y = np.rint(elbow + share * (wrist - elbow)).astype(int)
        assert drawn.mask[0, 0, y, x] > 0.95
        return np.asarray(drawn.image[0, :, y, x])

    plain, band = colour(0.3), colour(0.7)
    assert plain[1] > 0.45
    assert band[0] > 3.0 * band[1]
    x, y = np.rint(PERSON[list(RIGHT_HAND), :2].mean(0)).astype(int)
    assert drawn.mask[0, 0, y, x] > 0.95  # with a hand on it


def test_it_has_a_light_and_a_dark_side(fit: Fit, body: Body) -> None:
    (form,) = body.layer.free
    moved = form.moved(posed(fit, PERSON, RIG))
    assert moved is not None
    _, shade = moved
    fingers = form.bones.max(1) > BodyBone.FOOT_R
    assert fingers.any()
    for part in (fingers, form.loose[:, 0] == 1.0):
        assert shade[part].min() < 0.1
        assert shade[part].max() > 0.9


def test_where_the_driver_does_not_show_it_none_is_made_up(fit: Fit, body: Body) -> None:
    unseen = SURE.copy()
    unseen[RIGHT_WRIST] = 0.0
    drawn = body.draw(posed(fit, PERSON, RIG), unseen)
    elbow, wrist = PERSON[RIGHT_ELBOW, :2], PERSON[RIGHT_WRIST, :2]
    x, y = np.rint(0.5 * (elbow + wrist)).astype(int)
    assert drawn.mask[0, 0, y, x] < 0.05
    surface = body.surface(posed(fit, PERSON, RIG), unseen, N)[0]
    assert surface[BACKGROUND, y, x] == 1.0
    assert body.surface(posed(fit, PERSON, RIG), SURE, N)[0, BACKGROUND, y, x] == 0.0
