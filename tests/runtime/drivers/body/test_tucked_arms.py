"""What of an arm of the template the photo's person hides until it is let out."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.drivers.body.arm_shape import hidden_while_in
from bunraku.runtime.drivers.body.binding import Binding
from bunraku.spec.skeleton import BODY_BONES, BodyBone

N = 40


def bent_arm() -> tuple[Binding, np.ndarray]:
    """A trunk at the left, an arm that goes to the right and up, background in its crook."""
    bone = np.full((N, N), -1, np.int32)
    bone[:, :10] = BodyBone.CHEST
    bone[26:36, 10:36], bone[6:26, 26:36] = BodyBone.UPPER_ARM_L, BodyBone.FOREARM_L
    inside = bone >= 0
    nothing = np.zeros((N, N), np.float32)
    weights = np.zeros((N, N, BODY_BONES), np.float32)
    return Binding(inside, weights, bone, bone, nothing, nothing), inside


def hidden(*triangle: tuple[float, float], loose: float = 1.0) -> bool:
    binding, inside = bent_arm()
    behind = np.array([(*place, 0.0) for place in triangle], np.float32)
    share = np.full((3, 1), loose, np.float32)
    return bool(hidden_while_in(np.arange(3)[None], behind, share, binding, inside, 0)[0])


def test_what_lies_behind_the_photo_s_arm_is_hidden() -> None:
    assert hidden((14, 29), (20, 29), (16, 33))


def test_what_reaches_across_the_crook_of_the_arm_is_not() -> None:
    assert not hidden((14, 29), (31, 10), (31, 29))


def test_what_lies_at_the_arm_s_outline_is_not_but_beside_the_trunk() -> None:
    assert not hidden((14, 26), (20, 26), (16, 33))
    assert hidden((14, 26), (20, 26), (16, 33), loose=0.5)
    assert not hidden((14, 24), (20, 24), (16, 33), loose=0.5)
