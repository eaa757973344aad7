"""Real renders: what is stored of a person fits together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.training.people.acting import pick_yaws
from bunraku.training.people.anatomy import LANDMARK_PARTS
from bunraku.training.people.records import IUV_SIZE, SIZE, Record, compose
from bunraku.training.people.studio import MotionLibrary, Studio, _cast
from bunraku.training.people.wardrobe import Wardrobe


def test_arrays_have_their_shapes(records: list[Record]) -> None:
    record = records[0]
    assert record.rgba.shape == (3, SIZE, SIZE, 4)
    assert record.iuv.shape == (3, IUV_SIZE, IUV_SIZE, 3)
    assert record.landmarks.shape == (3, 33, 4)
    assert record.yaw.shape == (3,)
    assert {record.rgba.dtype, record.iuv.dtype, record.plate.dtype} == {np.dtype(np.uint8)}
    assert compose(record, 0).shape == (SIZE, SIZE, 3)


def test_same_arguments_give_the_same_record(studio: Studio, records: list[Record]) -> None:
    again = studio.photograph(5, 3, 3)
    for name in ("rgba", "iuv", "plate", "shade", "landmarks", "yaw"):
        assert np.array_equal(getattr(again, name), getattr(records[3], name)), name


def test_people_differ(records: list[Record]) -> None:
    pictures = np.array([compose(record, 0) for record in records], float)
    for i in range(len(pictures)):
        for j in range(i):
            assert np.abs(pictures[i] - pictures[j]).mean() > 10


def test_mask_and_parts_agree(records: list[Record]) -> None:
    for record in records:
        for alpha, iuv in zip(record.rgba[..., 3], record.iuv, strict=True):
            seen = iuv[..., 0] > 0
            assert iuv[..., 0].max() <= 24
            blocks = alpha.reshape(IUV_SIZE, 2, IUV_SIZE, 2)
            assert (blocks.max((1, 3))[seen] > 0).all()
            assert seen[blocks.min((1, 3)) == 255].all()
            assert not iuv[~seen].any()
            assert ((alpha > 0) & (alpha < 255)).sum() > 100  # soft edges
        premultiplied = record.rgba[..., :3] <= record.rgba[..., 3:]
        assert premultiplied.all()


def test_framing(records: list[Record]) -> None:
    halves = [record for record in records if record.half]
    assert 2 <= len(halves) <= 9
    for record in records:
        for i in range(len(record)):
            rows = np.nonzero((record.rgba[i, ..., 3] > 127).any(1))[0]
            filled = (np.ptp(rows) + 1) / SIZE
            if record.half:
                assert rows[-1] >= SIZE - 2
                assert filled > 0.5
            else:
                assert 0.45 <= filled <= 0.96
                assert rows[0] > 0
                assert rows[-1] < SIZE - 1
        assert record.half == bool((record.shade == 255).all())


def test_visible_landmarks_lie_on_their_parts(records: list[Record]) -> None:
    hits = checked = 0
    for record in records:
        for i in range(len(record)):
            for index, parts in LANDMARK_PARTS.items():
                x, y, _, visible = record.landmarks[i, index]
                if visible:
                    column, row = int(x * IUV_SIZE), int(y * IUV_SIZE)
                    box = record.iuv[i, max(row - 3, 0) : row + 4, max(column - 3, 0) : column + 4]
                    checked += 1
                    hits += bool(np.isin(box[..., 0], parts).any())
    assert checked > 600
    assert hits > 0.99 * checked  # the maps here are coarser than what decided the visibility


def test_left_and_right_in_the_picture(records: list[Record]) -> None:
    """Of people who face the camera, the left half of the body is on the picture's right."""
    seen = 0
    for record in records:
        for i, yaw in enumerate(record.yaw):
            if abs(yaw) > 0.5:
                continue
            seen += 1
            left_eye, right_eye = record.landmarks[i, [2, 5], 0]
            left_hip, right_hip = record.landmarks[i, [23, 24], 0]
            assert left_hip > right_hip
            columns = [np.nonzero(record.iuv[i, ..., 0] == part)[1] for part in (23, 24)]
            if min(map(len, columns)) > 10 and left_eye > right_eye:
                assert columns[1].mean() > columns[0].mean()
    assert seen >= 8


def test_depth_is_negative_towards_the_camera(records: list[Record]) -> None:
    for record in records:
        for i, yaw in enumerate(record.yaw):
            hips = record.landmarks[i, 23:25, 2]
            assert hips.mean() == pytest.approx(0, abs=1e-4)
            if abs(yaw) < 0.6:
                nose, ears = record.landmarks[i, 0, 2], record.landmarks[i, 7:9, 2].mean()
                assert nose < ears + 0.02
            # Positive: turned to the person's own right, so the left hip comes closer.
            if 0.3 < yaw < 2.8:
                assert hips[0] < hips[1]
            if -2.8 < yaw < -0.3:
                assert hips[0] > hips[1]


def test_most_people_face_the_camera() -> None:
    yaws = np.array([pick_yaws(np.random.default_rng(seed), 6) for seed in range(400)])
    assert np.abs(yaws).max() <= np.pi
    assert 0.55 < np.mean(np.abs(yaws[:, 0]) < 0.6) < 0.8
    assert np.mean(np.abs(yaws) > 2) > 0.08
    spread = np.abs(np.diff(np.unwrap(yaws, axis=1), axis=1)).max(1)
    assert 0.05 < np.mean(spread > 1.5) < 0.3  # those who turn


def test_who_is_taken_in_order_moves_little_from_frame_to_frame(studio: Studio) -> None:
    def strides(in_order: bool, index: int) -> float:
        rng, half, person = _cast(studio.tailor, 5, index)
        take = studio._takes_in_order if in_order else studio._takes
        joints = np.stack([one.joints for one in take(rng, person, half, 4)])
        return float(np.linalg.norm(np.diff(joints, axis=0), axis=-1).mean())

    steady, wild = (np.mean([strides(kind, i) for i in range(3)]) for kind in (True, False))
    assert steady < 0.05  # metres
    assert steady < 0.3 * wild


def test_incomplete_assets_are_named(tmp_path: Path, studio: Studio) -> None:
    with pytest.raises(InputError, match=r"lacks clothes/male_\*, clothes/female_\*"):
        Wardrobe(studio.anatomy, tmp_path)
    with pytest.raises(InputError, match="holds no motion"):
        MotionLibrary(tmp_path)
