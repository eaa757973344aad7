"""Whole animations, without networks."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from tests.runtime.fakes import FakeEstimator, engines, puppet, red, street, with_person

from bunraku.errors import EngineError, InputError, NoPersonError
from bunraku.runtime.options import PuppetOptions
from bunraku.spec.stages import Step

BACKGROUND = street()
PHOTO = with_person(BACKGROUND, 100, 60)


def test_the_photo_as_its_own_driver_gives_the_photo_back() -> None:
    p = puppet()
    p.set_source(PHOTO)
    out = p.animate(PHOTO, 0.0)
    assert out.shape == PHOTO.shape
    assert out.dtype == np.uint8
    difference = np.abs(out.astype(int) - PHOTO)
    assert difference[red(PHOTO) > 0].mean() < 8.0  # the outline is soft
    assert difference[80:200, 108:132].max() <= 2  # away from the outline, to the rounding
    away = np.ones(PHOTO.shape[:2], bool)
    away[40:, 80:160] = False
    assert not difference[away].any()


def test_the_person_moves_as_the_driver_does() -> None:
    p = puppet()
    p.set_source(PHOTO)
    p.animate(PHOTO, 0.0)
    out = p.animate(with_person(BACKGROUND, 130, 50), 0.1)
    moved = with_person(BACKGROUND, 130, 50)
    inner = np.s_[70:190, 138:162]
    assert np.abs(out[inner].astype(int) - moved[inner]).mean() < 3.0
    assert not red(out)[:, 100:124].any()  # gone from where it stood


def test_a_driver_of_another_camera_is_matched_at_the_first_frame() -> None:
    p = puppet()
    p.set_source(PHOTO)
    camera = street((480, 640))
    out = p.animate(with_person(camera, 400, 100, 80, 320), 0.0)
    assert p.driving_window is not None
    assert p.driving_window.side == pytest.approx(
        2 * p.identity.source.framing.window.side, rel=0.03
    )
    inner = np.s_[80:200, 108:132]
    assert np.abs(out[inner].astype(int) - PHOTO[inner]).mean() < 3.0


def test_calibration_starts_anew_on_demand() -> None:
    p = puppet()
    p.set_source(PHOTO)
    p.animate(PHOTO, 0.0)
    first = p.driving_window
    assert p.animate(with_person(BACKGROUND, 130, 50), 0.1) is not None
    assert p.driving_window == first
    p.calibrate()
    out = p.animate(with_person(BACKGROUND, 130, 50), 0.2)
    assert p.driving_window != first
    inner = np.s_[80:200, 108:132]
    assert np.abs(out[inner].astype(int) - PHOTO[inner]).mean() < 3.0


def test_a_frame_of_another_size_or_an_earlier_time_starts_anew() -> None:
    estimator = FakeEstimator()
    p = puppet(estimator)
    p.set_source(PHOTO)
    p.animate(PHOTO, 5.0)
    resets = estimator.resets
    p.animate(PHOTO, 1.0)
    assert estimator.resets == resets + 1
    window = p.driving_window
    p.animate(with_person(street((480, 640)), 300, 100, 80, 320), 2.0)
    assert estimator.resets == resets + 2
    assert p.driving_window != window


def test_the_last_good_picture_stands_in_while_nobody_is_seen() -> None:
    p = puppet()
    p.set_source(PHOTO)
    assert np.array_equal(p.animate(BACKGROUND, 0.0), PHOTO)
    good = p.animate(with_person(BACKGROUND, 120, 60), 0.1)
    kept = good.copy()
    good[:] = 0  # pictures are the caller's own
    assert np.array_equal(p.animate(BACKGROUND, 0.2), kept)
    assert (p.frames, p.lost, p.faults) == (3, 2, 0)


def test_an_engine_fault_is_survived_after_the_first_picture(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = engines()
    p = puppet(made=made)
    p.set_source(PHOTO)
    made["blend"].failing = True
    with pytest.raises(EngineError, match="told to"):
        p.animate(PHOTO, 0.0)
    made["blend"].failing = False
    good = p.animate(PHOTO, 0.1)
    made["blend"].failing = True
    with caplog.at_level(logging.WARNING):
        for i in range(3):
            assert np.array_equal(p.animate(PHOTO, 0.2 + i), good)
    assert p.faults == 3
    assert len(caplog.records) == 1


def test_a_new_source_forgets_the_last_picture() -> None:
    p = puppet()
    p.set_source(PHOTO)
    p.animate(PHOTO, 0.0)
    other = with_person(street((200, 200)), 80, 20)
    p.set_source(other)
    assert np.array_equal(p.animate(BACKGROUND, 0.0), other)


def test_the_window_alone_is_at_the_networks_size() -> None:
    p = puppet()
    p.set_source(PHOTO)
    assert p.animate(BACKGROUND, 0.0, window_only=True).shape == (128, 128, 3)
    window = p.animate(PHOTO, 0.1, window_only=True)
    assert window.shape == (128, 128, 3)
    assert red(window).mean() > 0.05


def test_without_detail_the_person_is_as_sharp_as_the_window() -> None:
    sharp, soft = puppet(), puppet(options=PuppetOptions(detail=False))
    inner = np.s_[80:200, 108:132]
    errors = []
    for p in (sharp, soft):
        p.set_source(PHOTO)
        out = p.animate(PHOTO, 0.0)
        errors.append(np.abs(out[inner].astype(int) - PHOTO[inner]).mean())
    assert errors[0] < 0.5 < errors[1]


def test_stages_are_timed_and_can_be_forgotten() -> None:
    p = puppet()
    p.set_source(PHOTO)
    p.animate(PHOTO, 0.0)
    assert list(p.stats()) == [s for s in Step if not s.endswith((".face", ".hands"))]
    assert all(s.count == 1 for s in p.stats().values())
    p.reset_stats()
    assert not p.stats()
    assert p.frames == 0


def test_the_retargeted_driver_keeps_the_sources_build() -> None:
    p = puppet()
    p.set_source(PHOTO)
    p.animate(PHOTO, 0.0)
    assert p.driving is not None
    assert p.driving.surface.shape == (1, 73, 64, 64)
    assert np.array_equal(p.driving.surface, p.identity.subject.surface)


def test_mistakes_of_the_caller_are_named() -> None:
    p = puppet()
    with pytest.raises(InputError, match="set_source"):
        p.animate(PHOTO)
    p.set_source(PHOTO)
    with pytest.raises(InputError, match=r"\[height, width, 3\]"):
        p.animate(PHOTO[..., 0])
    with pytest.raises(InputError, match="uint8"):
        p.animate((PHOTO / 255.0).astype(np.float32))
    with pytest.raises(NoPersonError, match="No person"):
        p.set_source(BACKGROUND)
    assert p.animate(PHOTO).shape == PHOTO.shape  # the old source is still there


def test_several_people_are_said_so() -> None:
    report = puppet(FakeEstimator(people=3)).set_source(PHOTO)
    assert report.people == 3
    assert any("3 people" in note for note in report.notes)
    assert not puppet().set_source(PHOTO).notes
