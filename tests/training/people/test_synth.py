from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from bunraku.errors import InputError
from bunraku.runtime.cache import cache_folder
from bunraku.training.people.body import BodyModel
from bunraku.training.people.records import record_path
from bunraku.training.people.synth import SynthReport, synthesize

pytestmark = pytest.mark.usefixtures("body")


def run(out: Path, assets: Path, people: int = 3, workers: int = 1, seed: int = 2) -> SynthReport:
    return synthesize(out, assets, people, 2, workers, seed, progress=False)


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


def test_bad_arguments_are_told_before_anything_starts(assets: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="number of workers must be at least 1, not 0"):
        run(tmp_path, assets, workers=0)
    with pytest.raises(InputError, match="seed must not be negative"):
        run(tmp_path, assets, seed=-1)
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
