from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.runtime.drivers.face.faces import Made, made

from bunraku.spec.arrays import Array, Picture
from bunraku.training.distances import FEWEST
from bunraku.training.features import Features
from bunraku.training.likeness import LikenessMatch, Look, NetworkLikeness, cut_out
from bunraku.training.metrics import Score


def look(x: float, y: float, identity: Array | None = None) -> Look:
    """A picture of one pixel that is (x, y) to the network, and so is the person."""
    row = np.array([x, y], np.float32)
    return Look(Features((row[:, None, None],)), row, identity)


def test_frames_by_hand() -> None:
    match = LikenessMatch()
    match.add(look(0.6, 0.8), look(1, 0))
    match.add(look(1, 0), look(1, 0))
    means = match.means()
    assert means["perceptual"] == pytest.approx((0.16 + 0.64) / 2)
    assert means["look"] == pytest.approx(0.8**0.5 / 2)
    assert means["aed"] is None
    assert means["fed"] is None  # of two frames
    assert replace(Score(2, 0, 0, None, None, None, None), **means).look == means["look"]


def test_given_networks_are_told_by_their_own_names() -> None:
    match = LikenessMatch()
    row, other = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    match.add(replace(look(1, 0, row), inception=row), replace(look(1, 0, other), inception=row))
    means = match.means()
    assert means["aed"] == pytest.approx(2**0.5)
    assert means["look"] == 0.0
    assert len(match.inception) == 1


def test_frechet_is_of_all_frames_together() -> None:
    parts = []
    for shift in (0.0, 1.0):
        part = LikenessMatch()
        for i in range(FEWEST // 2):
            part.add(look(i + shift, 1), look(i, 1))
        parts.append(part)
    assert all(part.means()["fed"] is None for part in parts)
    together = LikenessMatch.total(parts)
    assert len(together.pooled) == FEWEST
    assert (together.means()["fed"] or 0.0) >= 0.25  # half a unit to the right in the mean


def test_faces_count_where_all_are_seen() -> None:
    match = LikenessMatch()
    one, other = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)
    match.add_faces(one, other, (one, one))
    match.add_faces(one, one, (one, None))
    match.add_faces(one, None, (one, other))
    assert match.face == pytest.approx([2**0.5])
    assert match.face_true == [0.0]


def test_the_person_is_cut_out() -> None:
    picture = np.arange(6 * 5 * 3, dtype=np.uint8).reshape(6, 5, 3)
    alpha = np.zeros((6, 5), np.float32)
    assert cut_out(picture, None) is picture
    assert cut_out(picture, alpha) is picture
    alpha[1:4, 2:4] = 1.0
    assert np.array_equal(cut_out(picture, alpha), picture[1:4, 2:4])


class Mean:
    """Tells of a picture by its mean colour."""

    name = "mean.onnx"

    def embed(self, picture: Picture) -> Array:
        return np.asarray(picture.mean((0, 1)) / 255, np.float32)


def test_the_networks() -> None:
    likeness = NetworkLikeness(identity=Mean(), inception=Mean())
    assert set(likeness.names) == {"perceptual", "FED", "look", "face", "AED", "FID"}
    assert likeness.names["AED"] == "mean.onnx"
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 255, (64, 64, 3)).astype(np.uint8)
    alpha = np.zeros((64, 64), np.float32)
    alpha[16:48, 16:48] = 1.0
    seen = likeness.look(picture, alpha)
    assert seen.features.pooled.shape == (320,)
    assert np.linalg.norm(seen.person) == pytest.approx(1.0, abs=1e-4)
    assert seen.identity == pytest.approx(picture[16:48, 16:48].mean((0, 1)) / 255, abs=1e-4)
    assert seen.inception == pytest.approx(picture.mean((0, 1)) / 255, abs=1e-4)
    again = likeness.look(picture, alpha)
    match = LikenessMatch()
    match.add(again, seen)
    assert match.means()["perceptual"] == match.means()["look"] == 0.0


def test_faces() -> None:
    picture = np.random.default_rng(2).integers(0, 255, (400, 400, 3)).astype(np.uint8)
    points = made(Made()).points
    row = NetworkLikeness().face(picture, points)
    assert row is not None
    assert np.linalg.norm(row) == pytest.approx(1.0, abs=1e-4)
    given = NetworkLikeness(faces=Mean())
    assert given.names["face"] == "mean.onnx"
    mean = given.face(picture, points)
    assert mean is not None
    assert mean.shape == (3,)
    assert NetworkLikeness().face(picture, points * 0.05) is None  # too small
