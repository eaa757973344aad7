from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from bunraku.errors import FetchError
from bunraku.runtime.pose.networks import (
    FILES,
    FORMAT,
    MANIFEST,
    PoseNetworks,
    cache_folder,
    pose_folder,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole cache of three small files."""
    files = {}
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
        files[name] = {"sha256": hashlib.sha256(name.encode()).hexdigest()}
    (tmp_path / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}))
    return tmp_path


def test_the_variable_moves_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path
    assert pose_folder() == tmp_path / "pose"
    monkeypatch.setenv("BUNRAKU_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
    monkeypatch.delenv("BUNRAKU_CACHE")
    assert cache_folder().name == "bunraku"


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
