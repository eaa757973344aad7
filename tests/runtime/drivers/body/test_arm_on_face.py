"""A body that is fitted to a profile has its far arm where the photo shows the chin."""

from __future__ import annotations

from dataclasses import replace

from tests.runtime.drivers.body.test_hair import BROWN, FACE, SHIRT, fitted, painted

from bunraku.runtime.drivers.body.bound import bind_photo
from bunraku.runtime.drivers.body.groups import Group
from bunraku.runtime.drivers.body.head import Head
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_HAND, LEFT_SHOULDER, MOUTH

SHORT, _ = painted(BROWN, SHIRT, short=True)


def test_a_face_reaches_from_the_forehead_to_the_chin() -> None:
    face = Head.of(fitted(SHORT)).face
    x, y = FACE
    assert face[y - 12 : y + 14, x].all()
    assert not face[y + 45, x]
    assert not face[y, x - 40]
    assert not face[y, x + 40]


def test_an_upper_arm_is_nowhere_in_the_face() -> None:
    landmarks = SHORT.pose.landmarks.copy()
    mouth = landmarks[list(MOUTH), :3].mean(0)
    landmarks[LEFT_SHOULDER, :3] = mouth + (-5.0, 12.0, -60.0)
    landmarks[LEFT_ELBOW, :3] = mouth + (25.0, 8.0, -60.0)
    landmarks[list(LEFT_HAND), :3] = mouth + (65.0, 70.0, -60.0)
    fit = fitted(replace(SHORT, pose=replace(SHORT.pose, landmarks=landmarks)))
    group = bind_photo(fit, SHORT.window).whole.group
    face = Head.of(fit).face & fit.inside
    assert face.sum() > 500
    assert (group[face] == Group.TRUNK).mean() > 0.99
