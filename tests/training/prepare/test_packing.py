from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tests.runtime.fakes import street
from tests.training.prepare.people import load, walk

from bunraku.errors import OutputError
from bunraku.runtime.pose.networks import PoseModel
from bunraku.runtime.source.framing import source_framing
from bunraku.runtime.source.window import crop
from bunraku.training.generator_data import GeneratorData, misplaced
from bunraku.training.iuv_data import IuvData
from bunraku.training.observe import DEPTH_OFFSET, DEPTH_SCALE, read_observation
from bunraku.training.people.records import check_record, compose, list_records, read_record
from bunraku.training.prepare.following import Follower
from bunraku.training.prepare.frames import Frame
from bunraku.training.prepare.packing import RECORDS, clear, pack, plate_of, runs_of
from bunraku.training.prepare.quality import Limits
from bunraku.training.prepare.scenes import Scene
from bunraku.training.prepare.surfaces import DriverMapping


@pytest.fixture(scope="module")
def scene() -> Scene:
    """30 shots of somebody who walks 29 pixels."""
    networks = load(PoseModel.FULL, "iuv")
    follower = Follower(networks, DriverMapping(networks.surfaces), Limits())
    pictures = walk(30, step=1)
    (found,) = follower.scenes(Frame(p, i, 0.1 * i) for i, p in enumerate(pictures))
    return found


def test_a_scene_is_dealt_to_records(scene: Scene, tmp_path: Path) -> None:
    assert pack(scene, tmp_path, 2 * RECORDS) == 3
    paths = list_records(tmp_path)
    assert [path.name for path in paths] == [f"person_02000{i}.npz" for i in range(3)]
    assert not list(tmp_path.glob("*partial*"))
    second = read_record(paths[1])
    assert (len(second), second.seed, second.index, second.half) == (10, -1, 20001, False)
    for path in paths:
        check_record(path)
    for place, shot in enumerate(scene.shots[1::3]):
        assert np.array_equal(second.iuv[place], shot.iuv)
        assert second.yaw[place] == shot.yaw


def test_the_picture_comes_back(scene: Scene, tmp_path: Path) -> None:
    pack(scene, tmp_path, 0)
    record = read_record(list_records(tmp_path)[0])
    shot = scene.shots[3]
    apart = np.abs(compose(record, 1).astype(int) - shot.picture)
    person = shot.mask > 0.9
    assert apart[person].max() <= 3 + 25  # a tenth may be of the plate
    assert apart[person].mean() < 1.0
    # Never seen for all 30 frames is only what the person always covers.
    assert apart[~person].mean() < 3.0


def test_landmarks_are_those_that_were_seen(scene: Scene, tmp_path: Path) -> None:
    pack(scene, tmp_path, 0)
    path = list_records(tmp_path)[0]
    record, observed = read_record(path), read_observation(path)
    assert observed.found.all()
    assert np.array_equal(observed.landmarks[2], scene.shots[6].landmarks)
    depth = record.landmarks[..., 2] * DEPTH_SCALE + DEPTH_OFFSET
    assert np.allclose(depth, observed.landmarks[..., 2], atol=1e-6)
    assert set(np.unique(record.landmarks[..., 3])) <= {0.0, 1.0}
    seen, exact = torch.from_numpy(observed.landmarks), torch.from_numpy(record.landmarks)
    assert misplaced(seen, exact).max() < 1e-6
    assert observed.mask.shape == (10, 128, 128)
    alpha = record.rgba[..., 3].reshape(10, 128, 2, 128, 2).mean((2, 4))
    assert np.abs(alpha - observed.mask).max() <= 1.0


def test_training_reads_it(scene: Scene, tmp_path: Path) -> None:
    pack(scene, tmp_path, 0)
    batch = GeneratorData(tmp_path).draw(np.random.default_rng(0), 2, 3)
    assert batch.target.shape == (6, 3, 256, 256)
    assert len(IuvData(tmp_path)) == 30


def test_the_plate_is_what_stands_behind() -> None:
    networks = load(PoseModel.FULL, "iuv")
    follower = Follower(networks, DriverMapping(networks.surfaces), Limits())
    pictures = walk(12, first=100, step=8)
    shots = next(follower.scenes(Frame(p, i, 0.1 * i) for i, p in enumerate(pictures))).shots
    pose = networks.tracker.observe(pictures[0])
    assert pose is not None
    window = source_framing(pose, (240, 320)).window
    truth = np.asarray(crop(street(), window, 256), np.int64)
    apart = np.abs(plate_of(shots) - truth).max(-1)
    covered = np.mean([shot.mask > 0.1 for shot in shots], 0)
    seen = cv2.dilate((covered == 1.0).astype(np.uint8), np.ones((15, 15), np.uint8)) == 0
    assert apart[seen & (covered > 0.5)].max() <= 1
    assert apart.max() < 60  # and never the person's red


def test_a_plate_of_nothing_but_person(scene: Scene) -> None:
    shot = replace(scene.shots[0], mask=np.ones_like(scene.shots[0].mask))
    plate = plate_of([shot])
    assert np.abs(plate.reshape(-1, 3) - shot.picture.reshape(-1, 3).mean(0)).max() <= 1.0


def test_leftovers_are_cleared(tmp_path: Path) -> None:
    names = ("person_000001.npz", "pose_010000.npz", "person_010000.partial-12", "manifest.json")
    for name in (*names, "person_020003.npz", "pose_020003.npz"):
        (tmp_path / name).touch()
    clear(tmp_path, {0, 2})
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {names[0], names[3], "person_020003.npz", "pose_020003.npz"}


def test_a_full_disk_leaves_nothing_behind(
    scene: Scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OutputError, match=r"pose_000000\.npz cannot be written: No space left"):
        pack(scene, tmp_path, 0)
    assert list(tmp_path.iterdir()) == []


def test_some_records_are_of_frames_that_follow_each_other(scene: Scene, tmp_path: Path) -> None:
    shots = [replace(scene.shots[i % 30], index=2 * i + 40 * (i > 20)) for i in range(50)]
    assert pack(replace(scene, shots=shots), tmp_path, 0, runs=True) == 5
    records = [read_record(path) for path in list_records(tmp_path)]
    assert [record.in_order for record in records] == [False] * 4 + [True]
    assert [len(record) for record in records] == [10, 10, 9, 9, 12]
    for place in range(12):
        assert np.array_equal(records[4].iuv[place], shots[place].iuv)
    packed = np.concatenate([record.yaw for record in records]).tolist()
    assert sorted(packed) == sorted(np.float32(shot.yaw) for shot in shots)  # each once


def test_a_run_leaves_no_frame_out() -> None:
    frames = [*range(0, 20, 2), *range(30, 90, 2)]  # ten, a gap, thirty
    assert runs_of(frames, 2) == [range(10, 22), range(22, 34)]
    assert runs_of(frames[:20], 2) == []
    assert runs_of(frames, 0) == runs_of([], 3) == []
