from __future__ import annotations

import numpy as np
import pytest

from bunraku.runtime.source.shoes import with_soles
from bunraku.spec.arrays import Array, Picture
from bunraku.spec.landmarks import LEFT_ANKLE, LEFT_FOOT, LEFT_KNEE

N = 256
FLOOR, SHADOW, SHOE, SOLE = (176, 150, 122), (97, 83, 67), (40, 42, 40), (226, 218, 204)
ALL_OF_IT = slice(196, 228), slice(112, 144)
LOST = slice(216, 228), slice(112, 120)


def _standing() -> tuple[Picture, Array, Array, Array]:
    """A dark shoe with a white sole on a light floor: window, mask with half of the sole, the pose
    network's mask with all of it, and landmarks."""
    window = np.full((N, N, 3), FLOOR, np.uint8)
    window[100:200, 116:140] = SHOE
    window[ALL_OF_IT] = SHOE
    window[214:228, 112:144] = SOLE
    body = np.zeros((N, N), np.float32)
    body[100:200, 116:140] = 1.0
    body[ALL_OF_IT] = 1.0
    mask = body.copy()
    mask[LOST] = 0.0
    landmarks = np.zeros((33, 4), np.float32)
    at = {LEFT_KNEE: 110, LEFT_ANKLE: 195, LEFT_FOOT[0]: 200, LEFT_FOOT[1]: 222}
    for landmark, row in at.items():
        landmarks[landmark] = 0.5, row / N, 0.0, 1.0
    return window, mask, body, landmarks


def test_a_sole_that_goes_to_the_floor_by_its_edge_is_the_shoes() -> None:
    window, mask, body, landmarks = _standing()
    found = with_soles(window, mask, body, landmarks)
    assert found[217:227, 113:120].min() > 0.5
    assert (found >= mask).all()
    assert found[230:, :].max() < 0.1
    assert found[216:, :110].max() < 0.1


@pytest.mark.parametrize("colour", [FLOOR, SHADOW])
def test_floor_in_light_and_shadow_is_not_the_shoes(colour: tuple[int, int, int]) -> None:
    window, mask, body, landmarks = _standing()
    window[LOST] = colour
    assert (with_soles(window, mask, body, landmarks) == mask).all()


def test_a_sole_that_no_network_sees_is_the_shoes_if_an_edge_parts_it_from_the_floor() -> None:
    window, _, body, landmarks = _standing()
    window[196:200, 116:140] = SOLE  # laces
    window[204:209, 116:140] = SOLE
    body[214:228] = 0.0
    found = with_soles(window, body, body, landmarks)
    assert found[215:227, 114:142].min() > 0.5
    assert found[231:].max() < 0.1


def test_a_line_on_the_floor_is_not_the_shoes() -> None:
    window, _, body, landmarks = _standing()
    window[204:209, 116:140] = SOLE
    window[214:228] = SOLE
    body[214:228] = 0.0
    assert (with_soles(window, body, body, landmarks) == body).all()


def test_a_shadow_under_a_shoe_is_not_the_shoes() -> None:
    window, _, body, landmarks = _standing()
    window[214:228, 112:144] = SHOE
    body[214:228] = 0.0
    assert (with_soles(window, body, body, landmarks) == body).all()


@pytest.mark.parametrize("hidden", [LEFT_ANKLE, LEFT_FOOT[1]])
def test_feet_that_are_not_seen_are_left_alone(hidden: int) -> None:
    window, mask, body, landmarks = _standing()
    landmarks[hidden, 3] = 0.2
    assert (with_soles(window, mask, body, landmarks) == mask).all()


def test_a_heel_that_the_foot_hides_does_not_hide_the_foot() -> None:
    window, mask, body, landmarks = _standing()
    landmarks[LEFT_FOOT[0], 3] = 0.2
    assert with_soles(window, mask, body, landmarks)[217:227, 113:120].min() > 0.5
