from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bunraku.errors import FetchError, InputError
from bunraku.runtime.pose.networks import (
    FILES,
    FORMAT,
    MANIFEST,
    PoseModel,
    PoseNetworks,
    pose_folder,
)


def fill(folder: Path, names: tuple[str, ...]) -> None:
    """Small files, and a manifest that knows them."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name in names:
        (folder / name).write_bytes(name.encode())
        files[name] = {"sha256": hashlib.sha256(name.encode()).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole cache of three small files."""
    fill(tmp_path, FILES)
    return tmp_path


def test_they_lie_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert pose_folder() == tmp_path / "pose"


def test_a_whole_cache_is_found(folder: Path) -> None:
    networks = PoseNetworks.find(folder)
    assert networks.landmarks == folder / "pose_landmark_full.onnx"
    assert [networks.detector.name, networks.landmarks.name, networks.segmentation.name] == [*FILES]


def test_an_empty_cache_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    with pytest.raises(FetchError, match=r"not there yet.*bunraku fetch"):
        PoseNetworks.find()


@pytest.mark.parametrize("name", FILES)
def test_a_missing_or_changed_file_is_noticed(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"something else")
    with pytest.raises(FetchError, match=rf"{name} is missing or damaged"):
        PoseNetworks.find(folder)
    (folder / name).unlink()
    with pytest.raises(FetchError, match=rf"{name} is missing or damaged"):
        PoseNetworks.find(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "damaged"),
        ("\udcff", "damaged"),
        ("[]", "another version"),
        ('{"format": 0}', "another version"),
        (f'{{"format": {FORMAT}}}', "damaged"),
        (f'{{"format": {FORMAT}, "files": 3}}', "damaged"),
        (f'{{"format": {FORMAT}, "files": {{"pose_detection.onnx": 3}}}}', "damaged"),
    ],
)
def test_a_broken_manifest_is_noticed(folder: Path, text: str, message: str) -> None:
    (folder / MANIFEST).write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(FetchError, match=message):
        PoseNetworks.find(folder)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache whose pose networks are whole, without other models."""
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    fill(pose_folder(), FILES)
    return tmp_path


def test_another_model_lies_in_a_folder_of_its_own(cache: Path) -> None:
    with pytest.raises(FetchError, match=r"heavy pose networks are not .*fetch --pose heavy"):
        PoseNetworks.find(model=PoseModel.HEAVY)
    fill(cache / "pose-heavy", ("pose_landmark_heavy.onnx",))
    full, heavy = PoseNetworks.find(), PoseNetworks.find(model=PoseModel.HEAVY)
    assert heavy.landmarks == cache / "pose-heavy" / "pose_landmark_heavy.onnx"
    assert (heavy.detector, heavy.segmentation) == (full.detector, full.segmentation)
    heavy.landmarks.write_bytes(b"something else")
    with pytest.raises(FetchError, match=r"damaged.*fetch --pose heavy"):
        PoseNetworks.find(model=PoseModel.HEAVY)


def test_auto_is_heavy_where_it_was_fetched_and_nobody_waits(cache: Path) -> None:
    assert PoseModel.choose("auto", live=False) is PoseModel.FULL
    fill(cache / "pose-heavy", ("pose_landmark_heavy.onnx",))
    assert PoseModel.choose("auto", live=False) is PoseModel.HEAVY
    assert PoseModel.choose("auto", live=True) is PoseModel.FULL
    assert PoseModel.choose("lite", live=True) is PoseModel.LITE
    with pytest.raises(InputError, match=r"no pose network 'best'.*lite, full, heavy or auto"):
        PoseModel.choose("best", live=True)
