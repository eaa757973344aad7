from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from tests.runtime.fake_device import FakeDevice
from tests.runtime.fakes import (
    WINDOW,
    FakeEstimator,
    engines,
    models,
    puppet,
    street,
    with_person,
)

from bunraku.runtime.paster import Paster
from bunraku.runtime.puppet import Puppet
from bunraku.runtime.source.border import find_border
from bunraku.runtime.source.report import SourceReport
from bunraku.runtime.source.source import make_source
from bunraku.spec.arrays import Picture

CUT = with_person(street(), 100, 60, height=180)
"""The picture ends before the person does."""


def barred(
    picture: Picture, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0, level: int = 0
) -> Picture:
    height, width = picture.shape[:2]
    noise = np.random.default_rng(1).integers(-3, 4, (height + top + bottom, width + left + right))
    photo = np.repeat(np.clip(level + noise, 0, 255).astype(np.uint8)[..., None], 3, 2)
    photo[top : top + height, left : left + width] = picture
    return photo


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom", "level"),
    [
        *[(0, 0, 0, 90, 0), (0, 50, 0, 50, 0), (30, 30, 30, 120, 250), (400, 0, 380, 0, 0)],
        *[(0, 0, 0, 3, 255), (0, 240, 0, 0, 250)],
    ],
)
def test_the_picture_is_found(left: int, top: int, right: int, bottom: int, level: int) -> None:
    photo = barred(CUT, left, top, right, bottom, level)
    border = find_border(photo)
    assert border is not None
    assert (border.left, border.top) == (left, top)
    assert np.array_equal(border.inside(photo), CUT)
    assert np.array_equal(border.around(CUT), photo)


def test_borders_lie_in_borders() -> None:
    photo = barred(barred(CUT, top=40, bottom=40), left=25, right=25, level=250)
    border = find_border(photo)
    assert border is not None
    assert np.array_equal(border.inside(photo), CUT)


def test_an_edge_may_be_soft() -> None:
    soft = cv2.GaussianBlur(barred(CUT, bottom=60, level=250), (5, 5), 0)
    border = find_border(np.asarray(soft, np.uint8))
    assert border is not None
    assert abs(border.bottom - len(CUT)) <= 2


def test_words_may_stand_in_a_border() -> None:
    photo = barred(CUT, top=60, bottom=120, level=250)
    for top in (20, 320, 350):
        photo[top : top + 12, 20:200:3] = 30
    border = find_border(photo)
    assert border is not None
    assert np.array_equal(border.inside(photo), CUT)


def test_what_is_no_border() -> None:
    grey = np.full((240, 320, 3), 200, np.uint8)
    darker = grey.copy()
    darker[120:] = (200 - np.arange(120) / 2).astype(np.uint8)[:, None, None]
    small = barred(street((48, 320)), bottom=192)
    for photo in (CUT, grey, darker, with_person(grey, 100, 60), small):
        assert find_border(photo) is None


def test_who_is_cut_by_a_border_is_cut_by_the_edge() -> None:
    alone = make_source(CUT, FakeEstimator(), None, WINDOW)
    source = make_source(barred(CUT, 20, 30, 20, 90), FakeEstimator(), None, WINDOW)
    assert np.array_equal(source.photo, CUT)
    assert source.framing == alone.framing
    assert np.array_equal(source.plate, alone.plate)
    report, of_alone = SourceReport.of(source), SourceReport.of(alone)
    assert (report.width, report.height) == (320 + 40, 240 + 120)
    left, top, side = of_alone.box
    assert report.box == (left + 20, top + 30, side)
    assert report.notes[-1] == "the photo has a border or bars; the person moves within them"


def test_who_does_not_reach_a_border_may() -> None:
    photo = barred(with_person(street(), 100, 40), bottom=90)
    source = make_source(photo, FakeEstimator(), None, WINDOW)
    assert source.photo is photo
    assert source.border is None


def test_the_border_is_around_every_picture() -> None:
    photo = barred(CUT, 20, 30, 20, 90)
    moved, alone = puppet(), puppet()
    moved.set_source(photo)
    alone.set_source(CUT)
    frame = with_person(street(), 140, 40)
    expected = photo.copy()
    expected[30:270, 20:340] = alone.animate(frame)
    assert np.array_equal(moved.animate(frame), expected)
    window = moved.animate(frame, window_only=True)
    assert np.array_equal(window, alone.animate(frame, window_only=True))


def test_a_gpus_picture_gets_its_border_in_rgb() -> None:
    device = FakeDevice()
    made = replace(models(), device=device, engines=device.engines(engines()))
    there = Puppet(replace(made, paster=Paster(device)))
    there.set_source(barred(CUT, 20, 30, 20, 90))
    frame = with_person(street(), 140, 40)
    assert there.animate(frame, i420=True).ndim == 3
    assert there.animate(frame, i420=True, window_only=True).ndim == 2
    there.set_source(CUT)
    assert there.animate(frame, i420=True).ndim == 2
