from __future__ import annotations

import cv2
import numpy as np
import pytest
from tests.runtime.source.hanging import GAP, SHIRT, WALL, hanging

from bunraku.runtime.source.narrow_gaps import without_narrow_gaps
from bunraku.spec.landmarks import LEFT_ELBOW, LEFT_WRIST


def test_wall_that_networks_take_for_the_person_beside_a_hanging_arm_is_let_go() -> None:
    window, person, landmarks = hanging()
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    found = without_narrow_gaps(window, mask, landmarks)
    assert found[132:160, GAP[1]].max() < 0.5
    assert found[person].mean() > 0.99


def test_clothes_that_networks_leave_out_beside_a_hanging_arm_are_the_persons() -> None:
    window, person, landmarks = hanging()
    mask = person.astype(np.float32)
    window[GAP], mask[GAP] = SHIRT, 1.0
    mask[125:145, 153:158] = 0.0
    found = without_narrow_gaps(window, mask, landmarks)
    assert found[127:143, 154:157].min() > 0.5
    person[GAP] = True
    assert found[~person].max() < 0.5


@pytest.mark.parametrize("colour", [SHIRT, (66, 72, 78)])
def test_a_strip_of_the_persons_colours_stays_the_persons(colour: tuple[int, int, int]) -> None:
    window, person, landmarks = hanging()
    window[GAP] = colour
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    assert (without_narrow_gaps(window, mask, landmarks) == mask).all()


def test_a_print_of_the_walls_colour_amid_the_person_stays_theirs() -> None:
    window, person, landmarks = hanging()
    window[125:140, 150:153] = WALL
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    window[GAP] = SHIRT
    assert (without_narrow_gaps(window, mask, landmarks) == mask).all()


@pytest.mark.parametrize("place", [(0.9, 0.4), (0.6, 0.3)])
def test_only_arms_that_hang_are_looked_at(place: tuple[float, float]) -> None:
    window, person, landmarks = hanging()
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    landmarks[LEFT_WRIST, :2] = place
    assert (without_narrow_gaps(window, mask, landmarks) == mask).all()


def test_an_arm_that_is_not_seen_is_left_alone() -> None:
    window, person, landmarks = hanging()
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    landmarks[LEFT_ELBOW, 3] = 0.2
    assert (without_narrow_gaps(window, mask, landmarks) == mask).all()


def test_a_finer_window_is_looked_at_as_finely() -> None:
    window, person, landmarks = hanging()
    mask = person.astype(np.float32)
    mask[GAP] = 1.0
    fine, large = (np.asarray(cv2.resize(one, (640, 640))) for one in (window, mask))
    found = without_narrow_gaps(fine.astype(np.uint8), large.astype(np.float32), landmarks)
    assert found.shape == (640, 640)
    assert found[335:395, 394:401].max() < 0.5


def test_landmarks_far_outside_do_no_harm() -> None:
    window, person, landmarks = hanging()
    landmarks[:, :2] = 1e6
    mask = person.astype(np.float32)
    assert without_narrow_gaps(window, mask, landmarks) is mask
