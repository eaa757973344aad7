"""The parent's end of the process of sound, where the other end is gone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bunraku.stream.clip.sound_process import SoundProcess


def test_one_that_ends_at_once_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    real = subprocess.Popen

    def gone(*_: object, **__: object) -> subprocess.Popen[bytes]:
        process = real(["true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = Path("/dev/full").open("wb")  # noqa: SIM115 - the process closes it
        started.append(process)
        return process

    monkeypatch.setattr(subprocess, "Popen", gone)
    with pytest.raises(OSError, match="No space"):
        SoundProcess("clip.mp4", ".mp4")
    assert [process.returncode is not None for process in started] == [True]
