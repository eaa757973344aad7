"""Somebody who sits at a desk: it stays before them, whatever they do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.body.photos import OUTLINE, PERSON, RIG, TEMPLATE, N, source_of
from tests.runtime.drivers.body.standing import HEIGHT, PHOTO, WIDTH, Standing, puppet_of
from tests.runtime.fakes import street

from bunraku.runtime.drivers.body.fit import fit_body
from bunraku.runtime.drivers.body.making import make_body
from bunraku.runtime.drivers.body.outlined import in_view
from bunraku.runtime.drivers.body.subject import BodySubject
from bunraku.runtime.pose import Pose
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.desk import Desk
from bunraku.spec.arrays import Picture
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HIP, LEFT_SHOULDER, LEFT_WRIST
from bunraku.spec.skeleton import BodyBone

EDGE = 180
DESK = (205, 200, 190)


class Sitting(Standing):
    """The same person, whom a network sees down to the desk; they may rise and sink."""

    down = 0.0

    def observe(self, picture: Picture) -> Pose | None:
        pose = super().observe(picture)
        assert pose is not None
        assert pose.mask is not None
        mask, landmarks = pose.mask.copy(), pose.landmarks.copy()
        mask[EDGE + 1 :] = 0.0
        landmarks[:, 1] += self.down
        landmarks[LEFT_HIP:, 3] = 0.1
        return replace(pose, mask=mask, landmarks=landmarks)


def desk_photo() -> Picture:
    """Of wood: a desk of one colour is a border of the picture (``source.border``)."""
    picture = PHOTO.copy()
    grain = np.random.default_rng(0).integers(-18, 19, (HEIGHT - EDGE, WIDTH, 3))
    picture[EDGE:] = np.array(DESK) + grain
    return picture


DESK_PHOTO = desk_photo()


def sitting(down: float) -> tuple[Puppet, Picture]:
    """The photo once its person has sunk by so many pixels."""
    estimator = Sitting()
    puppet = puppet_of(estimator)
    puppet.set_source(DESK_PHOTO)
    puppet.animate(DESK_PHOTO, 0.0)
    estimator.down = down
    return puppet, puppet.animate(DESK_PHOTO, 0.1)


@pytest.mark.parametrize("down", [0.0, 30.0, -15.0])
def test_a_desk_stays_before_who_sinks_or_rises(down: float) -> None:
    puppet, shown = sitting(down)
    source, subject = puppet.identity.source, puppet.identity.subject
    assert source.desk is not None
    assert isinstance(subject, BodySubject)
    assert subject.fitted is not None
    below = shown[EDGE + 4 :].astype(int) - DESK_PHOTO[EDGE + 4 :]
    assert np.abs(below).max() <= 3
    x = source.pose.landmarks[[LEFT_SHOULDER, LEFT_SHOULDER + 1], 0].mean()
    trunk = shown[EDGE - 8 : EDGE - 3, round(float(x)) - 10 : round(float(x)) + 11]
    assert (trunk[..., 0] > 130).mean() > 0.9  # of the person's stripes, and no wall


def test_an_arm_that_lies_on_the_desk_stays_before_it() -> None:
    desk = Desk(float(PERSON[LEFT_HIP, 1]) - 30.0, 0.0)
    below = desk.below(N)
    mask = OUTLINE.astype(np.float32)
    mask[:, : round(float(PERSON[LEFT_SHOULDER, 0])) + 8] *= (1.0 - below)[:, :1]
    source = replace(source_of(street((N, N))), mask=mask, desk=desk)
    fit = fit_body(TEMPLATE, RIG, PERSON, mask, view=in_view(source))
    assert fit is not None
    body = make_body(source, fit)
    lowered = np.repeat(np.eye(4, dtype=np.float32)[None, :3], len(BodyBone), 0)
    lowered[:, 1, 3] = 12.0
    drawn = body.draw(lowered, np.ones(33, np.float32)).mask[0, 0]
    row = round(desk.row) + 6
    assert drawn[row, N // 2 - 6 : N // 2 + 7].max() == 0.0
    assert drawn[row - 12, N // 2 - 6 : N // 2 + 7].min() > 0.9
    x, y = (0.6 * PERSON[LEFT_ELBOW] + 0.4 * PERSON[LEFT_WRIST])[:2].round().astype(int)
    assert drawn[y + 12, x] > 0.9


def test_a_photo_without_one_has_none() -> None:
    puppet = puppet_of(Standing())
    puppet.set_source(PHOTO)
    assert puppet.identity.source.desk is None
    assert puppet.identity.source.front is None
