"""Where people stand, and the window that matches a driver to a photo."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.drivers.iuv_images.people import facing, in_mirror

from bunraku.runtime.drivers.iuv_images.placing import (
    Place,
    Stance,
    Yardstick,
    driving_window,
    stance_of_image,
    stance_of_surface,
)
from bunraku.runtime.drivers.iuv_images.surface import sample
from bunraku.runtime.source.framing import LIFT_MAX
from bunraku.runtime.source.window import Window


def test_a_person_is_measured_by_the_trunk_and_the_head() -> None:
    stance = stance_of_image(facing())
    assert stance is not None
    torso, head = stance.places[Yardstick.TORSO], stance.places[Yardstick.HEAD]
    # V of the torso is 0.99 - 1.11 U, and U runs over the 60 rows from 40 on.
    assert torso.length == pytest.approx(60 / 1.11, rel=0.01)
    assert torso.x == pytest.approx(49.5, abs=0.1)
    assert torso.y == pytest.approx(39.5 + 60 * 0.49 / 1.11, abs=0.3)
    assert head.length == pytest.approx(30 / 0.79, rel=0.02)
    assert stance.ground == 189.5


def test_a_picture_that_cuts_the_trunk_measures_alike() -> None:
    whole, cut = stance_of_image(facing()), stance_of_image(facing()[:75])
    assert whole is not None
    assert cut is not None
    for name in Yardstick:
        there, here = whole.places[name], cut.places[name]
        assert (here.x, here.y, here.length) == pytest.approx(
            (there.x, there.y, there.length), rel=0.02
        )
    assert cut.ground is None


def test_nobody_stands_nowhere() -> None:
    assert stance_of_image(np.zeros((60, 80, 3), np.uint8)) is None
    nobody = np.zeros((1, 73, 16, 16), np.float32)
    nobody[:, 0] = 1
    assert stance_of_surface(nobody) is None


def test_a_hand_alone_measures_nobody() -> None:
    iuv = np.zeros((60, 80, 3), np.uint8)
    iuv[10:30, 10:30] = (3, 128, 128)
    assert stance_of_image(iuv) is None


def test_a_few_wrong_pixels_do_not_matter() -> None:
    iuv = facing()
    iuv[45:50, 36:40] = (2, 250, 10)
    stance, right = stance_of_image(iuv), stance_of_image(facing())
    assert stance is not None
    assert right is not None
    assert stance.places[Yardstick.TORSO].length == pytest.approx(
        right.places[Yardstick.TORSO].length, rel=0.02
    )


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_window_shows_the_driver_where_the_photo_has_its_person(mirrored: bool) -> None:
    window = Window.of_box(-20, 5, 220)
    photo = facing(left=40, shape=(200, 180))
    driver = facing(scale=2, left=30, top=12, shape=(420, 300))
    source = stance_of_surface(sample(photo, window, 128))
    stance = stance_of_image(in_mirror(driver) if mirrored else driver)
    assert source is not None
    assert stance is not None
    found = driving_window(source, stance, mirror_width=300 if mirrored else None)
    assert found is not None
    # A pixel of the photo is two of the driver's.
    assert found.side == pytest.approx(2 * window.side, rel=0.02)
    assert found.cx == pytest.approx(2 * (window.cx - 40 + 0.5) - 0.5 + 30, abs=4)
    assert found.cy == pytest.approx(2 * (window.cy + 0.5) - 0.5 + 12, abs=4)


def stance(length: float = 0.3, ground: float | None = None, y: float = 0.4) -> Stance:
    return Stance({Yardstick.TORSO: Place(0.5, y, length)}, ground)


def test_a_driver_stands_on_the_photos_ground() -> None:
    window = driving_window(stance(ground=0.9), stance(30.0, 93.0, 40.0))
    assert window is not None
    assert (93.0 - window.cy) / window.side + 0.5 == pytest.approx(0.9)


def test_a_driver_in_the_air_stays_there() -> None:
    level = driving_window(stance(), stance(30.0, None, 40.0))
    window = driving_window(stance(ground=0.9), stance(30.0, 60.0, 40.0))
    assert level is not None
    assert window is not None
    assert window.cy == pytest.approx(level.cy - LIFT_MAX * level.side)


def test_without_a_common_yardstick_there_is_no_window() -> None:
    head = Stance({Yardstick.HEAD: Place(0.5, 0.2, 0.2)}, None)
    assert driving_window(head, stance()) is None
