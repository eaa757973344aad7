"""The process of sound: its end, and how long it is waited for."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.packet import Packet

from bunraku.stream.clip import sound_copy, sound_decoding, sound_probe
from bunraku.stream.clip.audio import AudioMode, AudioTrack
from bunraku.stream.clip.sound_probe import find_sound
from bunraku.stream.clip.sound_process import SoundProcess
from bunraku.stream.core.child_process import ChildProcess


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


def test_a_wait_for_the_sound_can_be_stopped(
    make_clip: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = threading.Event()
    kill = ChildProcess.kill

    def hear(_: ChildProcess) -> bytes:
        assert killed.wait(10)
        return b""

    def end(child: ChildProcess) -> None:
        killed.set()
        kill(child)

    monkeypatch.setattr(ChildProcess, "hear", hear)
    monkeypatch.setattr(ChildProcess, "kill", end)
    asked = iter([False, False, True])
    sound = AudioTrack(make_clip(audio="aac"), ".mp4", should_stop=lambda: next(asked))
    with av.open(str(tmp_path / "out.mp4"), "w") as container:
        sound.attach(container, Fraction(0))
        assert not list(sound.packets(None))
    assert sound.mode is AudioMode.LEFT_OUT
    assert sound.note == (
        "the clip's sound is left out: the run was stopped before it was looked at"
    )
    sound.close()


def test_no_more_is_looked_at_than_is_needed(
    make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[object] = []
    copied: list[object] = []
    packets_to_copy = sound_copy.packets_to_copy

    def decode(packet: Packet[AudioStream]) -> list[AudioFrame]:
        decoded.append(packet)
        return sound_decoding.decode(packet)

    def counted(stream: AudioStream) -> Iterator[Packet[AudioStream]]:
        for packet in packets_to_copy(stream):
            copied.append(packet)
            yield packet

    monkeypatch.setattr(sound_probe, "decode", decode)
    monkeypatch.setattr(sound_copy, "packets_to_copy", counted)
    path = str(make_clip("long.ts", audio="aac", frames=100))
    whole = find_sound(path, ".mp4")
    counts = len(decoded), len(copied)
    decoded.clear()
    copied.clear()
    assert whole is not None
    assert whole.copied
    assert find_sound(path, ".mp4", until_s=0.8) == whole
    assert 0 < len(decoded) < counts[0] / 3
    assert 0 < len(copied) < counts[1] / 3
