"""The overlay: what it shows, that it fits every picture, and that the picture is left alone."""

from __future__ import annotations

import time
from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from bunraku.runtime.drivers.protocol import Driving
from bunraku.runtime.later import Later
from bunraku.spec.arrays import Array, Picture
from bunraku.stream.core.controls import Controls
from bunraku.stream.core.frame import LiveFrame
from bunraku.stream.core.overlay import draw_overlay, draw_skeleton, plain
from bunraku.stream.core.stats import Percentiles, Stats

SIZES = [(512, 512), (256, 256), (2000, 2000), (1920, 1080), (90, 640), (40, 30), (1, 1)]


def spread(ms: float) -> Percentiles:
    return Percentiles(ms, ms * 1.2, ms * 1.5, 100)


STATS = Stats(
    elapsed_s=12.0,
    fps_in=29.9,
    fps_out=24.8,
    frames_in=300,
    frames_out=280,
    dropped={"densepose": 12},
    lost=3,
    faults={"motion": 1},
    stages_ms={"densepose": spread(18.2), "motion": spread(9.1), "blend": spread(22.0)},
    age_ms=spread(62.0),
)


def points() -> Array:
    landmarks = np.zeros((33, 4), np.float32)
    landmarks[:, 0] = np.linspace(100.0, 500.0, 33)
    landmarks[:, 1] = np.linspace(50.0, 400.0, 33)
    landmarks[:, 3] = 1.0
    return landmarks


def driving() -> Driving:
    surface = np.zeros((1, 73, 128, 128), np.float32)
    surface[0, 0] = 0.5
    surface[0, 3, 40:90, 50:70] = 1.0  # part 3, in the middle
    return Driving(Later.of(surface), points())


def live_frame(found: Driving | None = None) -> LiveFrame:
    camera = np.full((480, 640, 3), 90, np.uint8)
    return LiveFrame(camera, 0, Fraction(1, 25), 0.0, driving=found)


def grey(size: tuple[int, int]) -> Picture:
    return np.full((*size, 3), 128, np.uint8)


@pytest.mark.parametrize("size", SIZES)
def test_it_fits_every_picture_and_leaves_the_given_one_alone(size: tuple[int, int]) -> None:
    picture = grey(size)
    controls = Controls(overlay=True, help_shown=True, recording=True, mirror=True)
    drawn = draw_overlay(picture, live_frame(driving()), STATS, controls, said="Photo 2: a.jpg.")
    assert drawn.shape == picture.shape
    assert drawn.dtype == np.uint8
    assert (picture == 128).all()
    assert (drawn != 128).any()


def test_nothing_switched_on_draws_nothing() -> None:
    picture = grey((512, 512))
    drawn = draw_overlay(picture, live_frame(driving()), STATS, Controls())
    assert np.array_equal(drawn, picture)


def changed(picture: Picture, controls: Controls) -> NDArray[np.bool_]:
    drawn = draw_overlay(picture, live_frame(driving()), STATS, controls)
    return np.asarray((drawn != picture).any(2))


def test_numbers_stand_left_insets_right_and_the_help_in_the_middle() -> None:
    picture = grey((512, 512))
    overlay = changed(picture, Controls(overlay=True))
    assert overlay[:150, :150].mean() > 0.5
    assert overlay[:200, -105:].mean() > 0.8
    assert not overlay[300:].any()
    help_box = changed(picture, Controls(help_shown=True))
    assert help_box[200:300, 200:300].mean() > 0.9
    assert not help_box[:, :60].any()


def test_messages_stand_at_the_lower_edge_and_wrap_when_long() -> None:
    picture = grey((256, 256))
    short = draw_overlay(picture, live_frame(), STATS, Controls(), said="Stopping.")
    long = draw_overlay(picture, live_frame(), STATS, Controls(), said="The disk is full. " * 9)
    rows = [np.flatnonzero((drawn != picture).any((1, 2))) for drawn in (short, long)]
    assert rows[0].min() > 220
    assert rows[1].min() < rows[0].min()
    assert rows[1].min() > 128


def test_the_recording_is_shown_in_red() -> None:
    drawn = draw_overlay(
        grey((512, 512)), live_frame(), STATS, Controls(overlay=True, recording=True)
    )
    red = (drawn[:, :, 0] > 200) & (drawn[:, :, 1] < 100)
    assert red.any()


def test_the_font_has_no_accents() -> None:
    assert plain("Zoë Müller 李.jpg") == "Zoe Muller ?.jpg"


def test_the_skeleton_goes_through_the_landmarks_that_are_seen() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    landmarks = points()
    landmarks[13, 3] = 0.0  # the left elbow
    draw_skeleton(picture, landmarks)
    on = np.asarray(picture.any(2))
    for seen in (12, 14, 16, 23, 24, 25):
        x, y = landmarks[seen, :2].round().astype(int)
        assert on[y, x], seen
    alone = np.zeros_like(picture)
    landmarks[:, 3] = 0.0
    landmarks[[11, 13, 15], 3] = (1.0, 0.0, 1.0)
    draw_skeleton(alone, landmarks)
    assert not alone.any()


def test_landmarks_from_nowhere_do_no_harm() -> None:
    found = driving()
    landmarks = points()
    landmarks[11], landmarks[12] = (np.nan, np.inf, 0.0, 1.0), (-1e30, 1e30, 0.0, 1.0)
    odd = Driving(found.surface_later, landmarks)
    draw_overlay(grey((64, 64)), live_frame(odd), STATS, Controls(overlay=True))


def test_it_is_quick() -> None:
    picture, controls = grey((512, 512)), Controls(overlay=True)
    frame = live_frame(driving())
    took_s = []
    for _ in range(9):
        start_s = time.process_time()
        draw_overlay(picture, frame, STATS, controls, said="Photo 2: a.jpg.")
        took_s.append(time.process_time() - start_s)
    assert min(took_s) < 0.01  # of the processor; 2 ms where nothing else runs
