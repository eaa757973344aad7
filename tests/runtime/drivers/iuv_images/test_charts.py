"""DensePose's charts in the project's terms."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.iuv_images.people import TURNS

from bunraku.runtime.drivers.iuv_images.charts import Turned, convert
from bunraku.spec.surface import MIRROR, REVERSE


def one(part: int, u: float, v: float, turned: Turned | None = None) -> tuple[int, float, float]:
    pixel = np.array([[part, round(255 * u), round(255 * v)]], np.uint8)
    parts, us, vs = convert(pixel, turned)
    return int(parts[0]), float(us[0]), float(vs[0])


def test_the_background_stays_background() -> None:
    parts, u, v = convert(np.zeros((4, 5, 3), np.uint8))
    assert parts.shape == (4, 5)
    assert not parts.any()
    assert not u.any()
    assert not v.any()


@pytest.mark.parametrize(
    ("part", "u", "v", "expected"),
    [
        (2, 0.2, 0.5, (2, 0.5, 0.768)),  # the chest: V of the project runs upwards
        (2, 0.8, 0.8, (2, 0.197, 0.102)),  # the person's right hip
        (9, 0.8, 0.5, (9, 0.582, 0.33)),  # below the hip: V runs from hip to knee
        (9, 0.2, 0.5, (9, 0.408, 0.90)),
        (13, 0.1, 0.5, (9, 0.427, 0.979)),  # below DensePose's knee, above the project's
        (13, 0.9, 0.5, (13, 0.451, 0.783)),
        (16, 0.3, 0.8, (16, 0.621, 0.303)),  # the inner side of the upper arm, its front half
        (18, 0.3, 0.8, (16, 0.784, 0.151)),  # the outer side's
        (20, 0.3, 0.3, (20, 0.357, 0.822)),
        (20, 0.3, 0.7, (22, 0.643, 0.822)),  # the inner side of the lower arm, its back half
        (23, 1.0, 0.5, (23, 1.0, 0.425)),  # the middle of the face
        (24, 0.0, 0.5, (24, 0.0, 0.425)),
    ],
)
def test_points_of_the_body(
    part: int, u: float, v: float, expected: tuple[int, float, float]
) -> None:
    assert one(part, u, v) == pytest.approx(expected, abs=0.006)


def test_left_mirrors_right() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (6000, 3)).astype(np.uint8)
    pixels[:, 0] = rng.integers(3, 25, 6000)
    # A point where a chart is divided belongs to one half, its mirror image to the other.
    pixels = pixels[(np.abs(pixels[:, 1:].astype(int) - 127.5) > 1).all(1)]
    other = pixels.copy()
    other[:, 0] = np.array(MIRROR)[pixels[:, 0]]
    turns = np.isin(pixels[:, 0], TURNS)
    other[turns, 1] = 255 - pixels[turns, 1]
    parts, u, v = convert(pixels)
    other_parts, other_u, other_v = convert(other)
    assert (other_parts == np.array(MIRROR)[parts]).all()
    np.testing.assert_allclose(other_u, 1 - u, atol=1e-5)
    np.testing.assert_allclose(other_v, v, atol=1e-5)


def test_the_torso_mirrors_itself() -> None:
    for part in (1, 2):
        _, u, v = one(part, 0.4, 0.2)
        assert one(part, 0.4, 0.8) == pytest.approx((part, 1 - u, v), abs=1e-5)


@pytest.mark.parametrize("front", [2, 9, 10, 13, 14])
def test_a_back_is_the_front_seen_through_the_body(front: int) -> None:
    part, u, v = one(front, 0.6, 0.3)
    assert one(REVERSE[front], 0.6, 0.3) == pytest.approx((REVERSE[part], 1 - u, v))


def test_unseen_charts_can_be_turned() -> None:
    turned = Turned(u=frozenset({1}), v=frozenset({7, 8}))
    assert one(1, 0.2, 0.3, turned) == pytest.approx(one(1, 0.8, 0.3), abs=0.01)
    assert one(7, 0.2, 0.3, turned) == pytest.approx(one(7, 0.2, 0.7), abs=0.01)
    assert one(11, 0.2, 0.3, turned) == one(11, 0.2, 0.3)


def test_an_arm_goes_on_over_its_front_seam() -> None:
    """Neighbours across the seam in an official image lie close to each other."""
    part, u, v = one(16, 0.27, 0.75)
    assert one(18, 0.43, 0.82) == pytest.approx((part, u, v), abs=0.12)
    part, u, v = one(20, 0.64, 0.17)
    assert one(22, 0.43, 0.81) == pytest.approx((part, u, v), abs=0.12)


def test_the_head_goes_on_at_the_ear() -> None:
    assert one(23, 0.499, 0.5) == pytest.approx(one(23, 0.503, 0.5), abs=0.02)
