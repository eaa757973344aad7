"""What only the pose network takes for a part of half a body: a flag beside the shoulder, or a
hand that the segmentation loses."""

from __future__ import annotations

import numpy as np

from bunraku.runtime.source.denied import without_denied
from bunraku.spec.arrays import Array
from bunraku.spec.landmarks import LANDMARKS, LEFT_ELBOW, LEFT_WRIST

N = 256
FAR = 10.0 / 256.0


def bust() -> Array:
    """A head on shoulders that the window's lower edge cuts."""
    mask = np.zeros((N, N), np.float32)
    mask[100:160, 100:150] = 1.0
    mask[160:, 50:200] = 1.0
    return mask


def landmarks(elbow: tuple[float, float] = (0.7, 0.8), visibility: float = 0.0) -> Array:
    """An arm from an elbow to a wrist beside the shoulder."""
    result = np.zeros((LANDMARKS, 4), np.float32)
    result[LEFT_ELBOW] = (*elbow, 0.0, visibility)
    result[LEFT_WRIST] = (220 / N, 135 / N, 0.0, visibility)
    return result


def with_flag() -> Array:
    mask = bust()
    mask[60:150, 190:256] = 1.0
    mask[140:170, 180:200] = 1.0  # down to the shoulder
    return mask


def with_hand() -> Array:
    mask = bust()
    mask[126:170, 200:226] = 1.0
    return mask


def test_what_the_segmentation_denies_is_not_the_persons() -> None:
    found = without_denied(with_flag(), bust(), landmarks(), FAR)
    assert np.array_equal(found, bust())


def test_a_hand_that_its_arm_leads_to_is_the_persons() -> None:
    raised = with_hand()
    found = without_denied(raised, bust(), landmarks(visibility=1.0), FAR)
    assert np.array_equal(found, raised)


def test_what_is_much_larger_than_the_arm_that_ends_in_it_is_not_the_persons() -> None:
    found = without_denied(with_flag(), bust(), landmarks(visibility=1.0), FAR)
    assert np.array_equal(found, bust())


def test_a_hand_whose_arm_begins_beyond_the_photo_is_a_guess() -> None:
    below = landmarks(elbow=(0.7, 1.02), visibility=0.8)
    found = without_denied(with_hand(), bust(), below, FAR)
    assert np.array_equal(found, bust())


def test_outlines_that_differ_a_little_are_none_of_its_concern() -> None:
    wide = bust()
    wide[160:, 200:208] = 1.0
    assert np.array_equal(without_denied(wide, bust(), landmarks(), FAR), wide)


def test_a_segmentation_without_the_person_denies_nothing() -> None:
    nobody, face = np.zeros((N, N), np.float32), np.zeros((N, N), np.float32)
    face[100:160, 100:150] = 1.0
    for segmentation in (nobody, face):
        found = without_denied(bust(), segmentation, landmarks(), FAR)
        assert np.array_equal(found, bust())
