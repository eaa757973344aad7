"""Where one looks next for who is cut off by the picture."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from bunraku.runtime.pose.carried import CarriedCrop
from bunraku.runtime.pose.landmarks import Landmarks, next_roi
from bunraku.runtime.pose.roi import Roi
from bunraku.spec.arrays import Exact
from bunraku.spec.landmarks import (
    HEAD,
    LANDMARKS,
    LEFT_ANKLE,
    LEFT_SHOULDER,
    RIGHT_ANKLE,
    RIGHT_SHOULDER,
)

HEIGHT, WIDTH = 480, 640
DETECTED = Roi(320.0, 460.0, 900.0, 0.0)


def sitting(hips: tuple[float, float] = (320.0, 470.0), feet: float = 900.0) -> Exact:
    """Landmarks ``[39, 3]`` of head and shoulders in the picture, guessed hips and feet below."""
    points = np.zeros((39, 3))
    points[:LANDMARKS, :2] = 320.0, 700.0
    for k, one in enumerate(HEAD):
        points[one, :2] = 290.0 + 6 * k, 120.0 + 30.0 * (k % 3)
    points[LEFT_SHOULDER, :2], points[RIGHT_SHOULDER, :2] = (420.0, 300.0), (220.0, 300.0)
    points[[LEFT_ANKLE, RIGHT_ANKLE], 1] = feet
    points[33, :2], points[34, :2] = hips, (hips[0], hips[1] - 360.0)
    return points


def found(points: Exact, roi: Roi) -> Landmarks:
    nothing = np.zeros((LANDMARKS, 3))
    return Landmarks(points, np.ones(LANDMARKS), nothing, 0.95, None, roi)


def carrying() -> tuple[CarriedCrop, Roi]:
    """After the detector's crop and one that the network has placed."""
    crops = CarriedCrop()
    first = crops.after(found(sitting(), DETECTED), HEIGHT, WIDTH, 0.0)
    assert first == next_roi(sitting()), "the detector's crop is not kept"
    again = crops.after(found(sitting(), first), HEIGHT, WIDTH, 0.0)
    assert astuple(again) == pytest.approx(astuple(first))
    return crops, first


def test_the_crop_of_who_sits_still_stays_wherever_the_hips_are_guessed() -> None:
    crops, roi = carrying()
    for k in range(1, 5):
        guessed = sitting(hips=(320.0 + 10.0 * k, 470.0 + 15.0 * k))
        now = crops.after(found(guessed, roi), HEIGHT, WIDTH, 0.0)
        assert astuple(now) == pytest.approx(astuple(roi))


def test_the_crop_goes_nearer_and_turns_with_head_and_shoulders() -> None:
    crops, roi = carrying()
    points = sitting()
    turn, times, at = np.deg2rad(10.0), 1.1, np.array([300.0, 250.0])
    c, s = times * np.cos(turn), times * np.sin(turn)
    points[:, :2] = (points[:, :2] - at) @ np.array([[c, s], [-s, c]]) + at + (4.0, -3.0)
    now = crops.after(found(points, roi), HEIGHT, WIDTH, 0.0)
    centre = np.array([[c, -s], [s, c]]) @ (np.array([roi.x, roi.y]) - at) + at + (4.0, -3.0)
    assert (now.x, now.y) == pytest.approx(tuple(centre))
    assert (now.side, now.angle) == pytest.approx((times * roi.side, turn))


def test_the_crop_does_not_tremble_as_what_is_seen_does() -> None:
    crops, roi = carrying()
    went = []
    for k in range(1, 30):
        points = sitting()
        points[:, :2] += 3.0 * (-1) ** k
        now = crops.after(found(points, roi), HEIGHT, WIDTH, k / 25)
        went.append((now.x - roi.x, now.y - roi.y))
    assert np.abs(went[10:]).max() < 2.0


def test_the_network_places_the_crop_of_who_shows_a_foot() -> None:
    crops, roi = carrying()
    stands = sitting(hips=(350.0, 450.0), feet=470.0)
    assert crops.after(found(stands, roi), HEIGHT, WIDTH, 0.0) == next_roi(stands)


def test_a_crop_that_is_quite_another_one_is_the_networks() -> None:
    """Of who is no longer where the crop was carried to, or much nearer than one thought."""
    crops, roi = carrying()
    other = sitting(hips=(620.0, 470.0))
    anew = crops.after(found(other, roi), HEIGHT, WIDTH, 0.0)
    assert anew == next_roi(other)
    for _ in range(2):  # it is followed once more, and carried from there
        anew = crops.after(found(other, anew), HEIGHT, WIDTH, 0.0)
    stays = crops.after(found(sitting(hips=(600.0, 450.0)), anew), HEIGHT, WIDTH, 0.0)
    assert astuple(stays) == pytest.approx(astuple(anew))


def test_without_head_and_shoulders_in_the_picture_nothing_is_carried() -> None:
    crops, roi = carrying()
    beyond = sitting(hips=(330.0, 470.0))
    beyond[[*HEAD, LEFT_SHOULDER, RIGHT_SHOULDER], 1] -= 900.0
    assert crops.after(found(beyond, roi), HEIGHT, WIDTH, 0.0) == next_roi(beyond)
