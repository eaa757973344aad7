from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest

from bunraku.stream.clip.animate import animate_clip
from bunraku.stream.clip.options import AnimateOptions

MakeClip = Callable[..., Path]
MakePuppet = Callable[..., Any]


@pytest.fixture
def options(tmp_path: Path, make_clip: MakeClip, make_photo: MakeClip) -> AnimateOptions:
    return AnimateOptions(make_photo(), make_clip(), tmp_path / "out.mp4")


def _ends_s(path: Path) -> tuple[float, float]:
    """Where the pictures and the sound of a file end, in seconds."""
    with av.open(str(path)) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        ends = {pictures.index: 0.0, sound.index: 0.0}
        for packet in container.demux():
            if packet.pts is not None:
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                ends[packet.stream.index] = max(ends[packet.stream.index], end)
        return ends[pictures.index], ends[sound.index]


@pytest.mark.parametrize("codec", ["aac", "mp2"])
@pytest.mark.parametrize("offset_s", [0, 600])
def test_joined_parts_play_at_their_own_length_with_their_sound(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet, codec: str, offset_s: int
) -> None:
    first = make_clip("a.ts", frames=50, audio=codec)
    second = make_clip(
        "b.ts", frames=50, audio=codec, options={"output_ts_offset": str(offset_s)}
    ).read_bytes()
    joined = first.with_name("joined.ts")
    joined.write_bytes(first.read_bytes() + second)
    summary = animate_clip(make_puppet, replace(options, clip=joined))
    assert summary.frames == 100
    assert summary.notes == []
    assert summary.audio == ("copied" if codec == "aac" else "encoded")
    pictures_s, sound_s = _ends_s(options.out)
    assert pictures_s == pytest.approx(4.0, abs=0.06)
    assert sound_s == pytest.approx(4.0, abs=0.1)
    # And from one part into the other.
    animate_clip(make_puppet, replace(options, clip=joined, start=40, stop=60))
    pictures_s, sound_s = _ends_s(options.out)
    assert pictures_s == pytest.approx(0.8, abs=0.06)
    assert sound_s == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("name", ["long.mp4", "long.mkv", "long.ts"])
def test_sound_that_outlasts_the_pictures_goes_on(
    options: AnimateOptions, make_clip: MakeClip, make_puppet: MakePuppet, name: str
) -> None:
    clip = make_clip(name, frames=10, audio="aac", audio_s=2.0)
    summary = animate_clip(make_puppet, replace(options, clip=clip))
    assert summary.notes == []
    assert _ends_s(options.out)[1] == pytest.approx(2.0, abs=0.1)
