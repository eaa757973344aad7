from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError, OutputError
from bunraku.training.people.records import (
    Record,
    check_record,
    compose,
    is_in_order,
    list_records,
    read_header,
    read_record,
    record_path,
    taken_down,
    write_record,
)


@pytest.fixture
def record(rng: np.random.Generator) -> Record:
    rgba = np.zeros((2, 256, 256, 4), np.uint8)
    rgba[:, 64:128, 64:128] = (200, 100, 50, 255)
    rgba[:, 128, 64:128] = (100, 50, 25, 128)
    return Record(
        rgba=rgba,
        iuv=np.zeros((2, 128, 128, 3), np.uint8),
        plate=np.full((256, 256, 3), 80, np.uint8),
        shade=np.full((2, 64, 64), 255, np.uint8),
        landmarks=rng.normal(size=(2, 33, 4)).astype(np.float32),
        yaw=np.array([0.1, -3.0], np.float32),
        half=True,
        seed=3,
        index=41,
    )


def test_records_survive_the_disk(record: Record, tmp_path: Path) -> None:
    path = write_record(tmp_path, record)
    assert path == record_path(tmp_path, 41)
    assert path.name == "person_000041.npz"
    again = read_record(path)
    assert len(again) == 2
    assert (again.half, again.seed, again.index) == (True, 3, 41)
    for name in ("rgba", "iuv", "plate", "shade", "landmarks", "yaw"):
        stored, made = getattr(again, name), getattr(record, name)
        assert np.array_equal(stored, made)
        assert stored.dtype == made.dtype
    assert read_header(path) == (3, 2)
    assert list_records(tmp_path) == [path]


def test_a_record_tells_whether_its_frames_follow_each_other(
    record: Record, tmp_path: Path
) -> None:
    path = write_record(tmp_path, replace(record, in_order=True))
    assert read_record(path).in_order
    assert is_in_order(path)
    with np.load(path) as stored:  # as earlier versions wrote it
        old = {name: stored[name] for name in stored if name != "in_order"}
    np.savez(path, **old)
    assert check_record(path) == 128
    assert not read_record(path).in_order
    assert not is_in_order(path)


def test_person_stands_over_the_shaded_plate(record: Record) -> None:
    record.shade[0, :, :32] = 51
    picture = compose(record, 0)
    assert picture[10, 10].tolist() == [16, 16, 16]
    assert picture[10, 200].tolist() == [80, 80, 80]
    assert picture[100, 100].tolist() == [200, 100, 50]
    assert picture[128, 120, 0] == pytest.approx(100 + 16 * 0.5, abs=1)
    assert compose(record, 1)[10, 10].tolist() == [80, 80, 80]


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "person_000000.npz"
    path.write_bytes(b"nothing")
    assert read_header(path) == (-1, 0)
    with pytest.raises(InputError, match=r"person_000000\.npz is damaged, cut short or"):
        read_record(path)
    with pytest.raises(InputError, match="holds no people to learn from"):
        list_records(tmp_path / "elsewhere")


def test_a_full_or_missing_disk_leaves_nothing_behind(record: Record, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        write_record(tmp_path / "missing", record)
    assert list(tmp_path.iterdir()) == []


def test_surfaces_are_of_one_of_two_sizes(record: Record, tmp_path: Path) -> None:
    assert check_record(write_record(tmp_path, record)) == 128
    finer = replace(record, iuv=record.iuv.repeat(2, 1).repeat(2, 2))
    assert check_record(write_record(tmp_path, finer)) == 256
    odd = write_record(tmp_path, replace(record, iuv=record.iuv[:, :100, :100]))
    told = r"100 x 100 pixels in 'iuv', and training takes 128 x 128 or 256 x 256"
    with pytest.raises(InputError, match=told):
        check_record(odd)


def test_a_surface_taken_down_mixes_no_parts() -> None:
    iuv = np.zeros((1, 4, 4, 3), np.uint8)
    iuv[0, :2, :2] = [[(3, 10, 200), (3, 13, 202)], [(3, 10, 200), (3, 12, 203)]]
    iuv[0, :2, 2:] = [[(7, 250, 250), (3, 10, 20)], [(3, 20, 30), (3, 30, 40)]]
    iuv[0, 2:, :2] = [[(0, 0, 0), (0, 0, 0)], [(7, 90, 90), (0, 0, 0)]]
    iuv[0, 2:, 2:] = [[(24, 8, 8), (9, 80, 80)], [(9, 82, 84), (24, 10, 10)]]
    wanted = [[(3, 11, 201), (3, 20, 30)], [(0, 0, 0), (24, 9, 9)]]
    assert taken_down(iuv, 2)[0].tolist() == [[list(pixel) for pixel in row] for row in wanted]
    assert taken_down(iuv, 4) is iuv


def test_what_was_only_enlarged_comes_back(rng: np.random.Generator) -> None:
    iuv = rng.integers(0, 25, (2, 8, 8, 3), np.uint8)
    iuv[iuv[..., 0] == 0] = 0
    assert np.array_equal(taken_down(iuv.repeat(2, 1).repeat(2, 2), 8), iuv)
