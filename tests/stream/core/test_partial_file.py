from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bunraku.stream.core.partial_file import PartialFile


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_is_a_hidden_neighbour_until_it_is_kept(tmp_path: Path) -> None:
    partial = PartialFile(tmp_path / "o.mp4")
    (name,) = _names(tmp_path)
    assert partial.path == tmp_path / name
    assert name.startswith(".o.")
    assert name.endswith(".part.mp4")
    partial.path.write_text("whole")
    partial.keep()
    partial.discard()
    assert _names(tmp_path) == ["o.mp4"]
    assert (tmp_path / "o.mp4").read_text(encoding="utf-8") == "whole"


def test_nothing_stays_of_what_is_discarded(tmp_path: Path) -> None:
    PartialFile(tmp_path / "o.mp4").discard()
    assert _names(tmp_path) == []


@pytest.mark.parametrize("stem", ["x" * 251, "日本語の動画" * 13 + "abcdefgh", "é" * 125 + "x"])
def test_long_names_have_a_short_neighbour(tmp_path: Path, stem: str) -> None:
    target = tmp_path / f"{stem}.mp4"
    target.touch()
    partial = PartialFile(target)
    assert len(os.fsencode(partial.path.name)) <= 255
    partial.path.name.encode()  # no character is cut in two
    partial.keep()
    assert _names(tmp_path) == [target.name]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    target = tmp_path / os.fsdecode(b"caf\xe9.mp4")
    partial = PartialFile(target)
    assert b"caf\xe9" in os.fsencode(partial.path)
    partial.keep()
    assert _names(tmp_path) == [target.name]


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
@pytest.mark.parametrize("stem", ["o", "x" * 251])
def test_what_a_killed_process_left_is_cleared(tmp_path: Path, stem: str) -> None:
    target = tmp_path / f"{stem}.mp4"
    code = """
import os, signal, sys
from pathlib import Path
from bunraku.stream.core.partial_file import PartialFile
PartialFile(Path(sys.argv[1]))
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    command = [sys.executable, "-P", "-c", code, str(target)]
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    assert len(_names(tmp_path)) == 1

    PartialFile(target).keep()
    assert _names(tmp_path) == [target.name]


@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_what_is_being_written_stays(tmp_path: Path) -> None:
    first = PartialFile(tmp_path / "o.mp4")
    second = PartialFile(tmp_path / "o.mp4")
    assert sorted([first.path.name, second.path.name]) == _names(tmp_path)
    second.keep()
    first.keep()
    assert _names(tmp_path) == ["o.mp4"]


def test_what_belongs_to_others_stays(tmp_path: Path) -> None:
    others = [".o.0123456.part.mp4", ".o.01234567.part.mkv", ".oo.01234567.part.mp4", "o.part.mp4"]
    others += [".o.2.01234567.part.mp4", f".{'x' * 200}~{'0' * 16}.01234567.part.mp4"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".o.89abcdef.part.mp4").symlink_to(tmp_path / "o.part.mp4")
    PartialFile(tmp_path / "o.mp4").discard()
    PartialFile(tmp_path / f"{'x' * 251}.mp4").discard()
    assert set(others) <= set(_names(tmp_path))


def test_a_place_lost_before_the_lock_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bunraku.stream.core import partial_file

    lost: list[Path] = []

    def lose_once(descriptor: int) -> None:
        if not lost:
            lost.extend(tmp_path.iterdir())
            lost[0].unlink()

    monkeypatch.setattr(partial_file, "lock", lose_once)
    partial = PartialFile(tmp_path / "o.mp4")
    assert _names(tmp_path) == [partial.path.name] != [lost[0].name]
    partial.discard()
