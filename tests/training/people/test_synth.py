from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from bunraku.errors import InputError
from bunraku.runtime.cache import cache_folder
from bunraku.training.people.body import BodyModel
from bunraku.training.people.records import read_record, record_path, taken_down
from bunraku.training.people.synth import SynthReport, synthesize

pytestmark = pytest.mark.usefixtures("body")


def run(
    out: Path,
    assets: Path,
    people: int = 3,
    workers: int = 1,
    seed: int = 2,
    surface: int = 128,
) -> SynthReport:
    return synthesize(out, assets, people, 2, workers, seed, progress=False, surface=surface)


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(folder.iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def made(assets: Path, body: BodyModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("people")
    report = run(out, assets)
    assert (report.people, report.frames, report.resumed) == (3, 6, 0)
    assert report.samples_per_s > 0
    return out


def test_the_number_of_workers_changes_no_byte(made: Path, assets: Path, tmp_path: Path) -> None:
    run(tmp_path, assets, workers=2)
    assert hashes(tmp_path) == hashes(made)
    assert sorted(hashes(made)) == [f"person_{i:06d}.npz" for i in range(3)]


def test_a_cut_run_goes_on_where_it_stopped(made: Path, assets: Path) -> None:
    before = hashes(made)
    record_path(made, 0).unlink()
    record_path(made, 1).write_bytes(b"torn")
    report = run(made, assets)
    assert (report.people, report.resumed) == (2, 1)
    assert hashes(made) == before
    assert run(made, assets).people == 0


def test_people_of_another_seed_are_not_mixed_in(made: Path, assets: Path) -> None:
    before = hashes(made)
    with pytest.raises(InputError, match="holds people of seed 2 with 2 frames each"):
        run(made, assets, seed=9)
    assert hashes(made) == before


def test_surfaces_of_256_pixels_are_of_the_same_people(
    made: Path, assets: Path, tmp_path: Path
) -> None:
    run(tmp_path, assets, people=1, surface=256)
    before = hashes(tmp_path)
    fine, plain = (read_record(record_path(folder, 0)) for folder in (tmp_path, made))
    assert fine.iuv.shape == (2, 256, 256, 3)
    assert np.array_equal(fine.rgba, plain.rgba)
    assert np.array_equal(fine.landmarks, plain.landmarks)
    seen = fine.iuv[..., 0] > 0
    assert (fine.rgba[..., 3][seen] > 0).all()
    assert seen[fine.rgba[..., 3] == 255].all()
    down = taken_down(fine.iuv, 128)
    assert (down[..., 0] == plain.iuv[..., 0]).mean() > 0.98
    inside = (down[..., 0] == plain.iuv[..., 0]) & (down[..., 0] > 0)
    off = down[..., 1:].astype(int) - plain.iuv[..., 1:]
    assert np.median(np.abs(off)[inside]) <= 2
    with pytest.raises(InputError, match=r"surfaces of 256 pixels\..*--surface 256 to go on"):
        run(tmp_path, assets)
    assert hashes(tmp_path) == before
    assert run(tmp_path, assets, people=1, surface=256).resumed == 1


def test_bad_arguments_are_told_before_anything_starts(assets: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="number of workers must be at least 1, not 0"):
        run(tmp_path, assets, workers=0)
    with pytest.raises(InputError, match="seed must not be negative"):
        run(tmp_path, assets, seed=-1)
    with pytest.raises(InputError, match="Surfaces have 128 or 256 pixels, not 512"):
        run(tmp_path, assets, surface=512)
    with pytest.raises(InputError, match="nowhere does not exist"):
        run(tmp_path, tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_a_worker_reach_the_caller(tmp_path: Path) -> None:
    empty = tmp_path / "assets"
    empty.mkdir()
    before = dict(os.environ)
    with pytest.raises(InputError, match="lacks clothes/male_"):
        run(tmp_path / "out", empty)
    assert dict(os.environ) == before


def test_cache_folder_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("BUNRAKU_CACHE")
    assert cache_folder().name == "bunraku"
