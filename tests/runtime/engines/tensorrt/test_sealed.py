from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from bunraku.runtime.engines.tensorrt import sealed

KEY = {"model": "abc", "gpu": "RTX 1"}


def test_what_was_sealed_comes_back(tmp_path: Path) -> None:
    path = sealed.path_of(tmp_path / "new", "motion.engine", KEY)
    assert path.name.startswith("motion-")
    assert path.suffix == ".engine"
    assert sealed.read(path, KEY) is None
    sealed.write(path, KEY, b"body\nwith lines\x00")
    assert sealed.read(path, KEY) == b"body\nwith lines\x00"
    assert [p.name for p in path.parent.iterdir()] == [path.name], "nothing is left beside it"


@pytest.mark.parametrize("name", KEY)
def test_every_part_of_the_key_has_a_file_of_its_own(tmp_path: Path, name: str) -> None:
    other = {**KEY, name: "other"}
    paths = {sealed.path_of(tmp_path, "motion.engine", key) for key in (KEY, other)}
    assert len(paths) == 2


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda data: data[:-1], "is damaged"),
        (lambda data: data[:-1] + b"x", "is damaged"),
        (lambda data: data[:40], "is damaged"),
        (lambda data: b"", "is not a file of this cache"),
        (lambda data: b"ptrt" + data, "is not a file of this cache"),
        (lambda data: sealed.MAGIC + b"[]\nbody", "is damaged"),
        (lambda data: sealed.MAGIC + b"{}\nbody", "is damaged"),
        (lambda data: sealed.MAGIC + b"\xff\nbody", "is damaged"),
        (lambda data: data.replace(b"RTX 1", b"RTX 2"), "was made for something else"),
    ],
)
def test_what_is_not_whole_or_foreign_is_told_in_a_line_and_not_used(
    tmp_path: Path,
    spoil: Callable[[bytes], bytes],
    says: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = sealed.path_of(tmp_path, "motion.engine", KEY)
    sealed.write(path, KEY, b"body")
    path.write_bytes(spoil(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert sealed.read(path, KEY) is None
    assert [r.getMessage() for r in caplog.records] == [f"{path} {says}, and is made anew"]
    sealed.write(path, KEY, b"new")
    assert sealed.read(path, KEY) == b"new"


def test_a_folder_that_cannot_be_written_is_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = sealed.path_of(tmp_path, "motion.engine", KEY)

    def full(self: Path, target: Path) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with caplog.at_level(logging.WARNING):
        sealed.write(path, KEY, b"body")
    assert "cannot be kept (No space left on device); it is made anew next time" in caplog.text
    assert not any(tmp_path.iterdir())


def test_a_folder_in_its_place_is_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = sealed.path_of(tmp_path, "motion.engine", KEY)
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        assert sealed.read(path, KEY) is None
        sealed.write(path, KEY, b"body")
    assert "cannot be read" in caplog.text
    assert "cannot be kept" in caplog.text
